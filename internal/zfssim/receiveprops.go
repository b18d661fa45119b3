package zfssim

import (
	"maps"
	"slices"
)

// setupProps works out what -o, -x and the package's properties mean for this stream, or complains.
func (r *receiver) setupProps(in *incoming) bool {
	d := r.lookup(in.fs)
	if r.top == "" {
		r.top = in.fs
	}
	in.rcvProps = in.pkg.propsFor(in.toGUID)
	for _, p := range r.props {
		if !r.setupProp(in, d, p) {
			return false
		}
	}
	checked, ok := r.checkOverrides(in)
	if !ok {
		return false
	}
	parent := r.lookup(parentName(in.fs))
	encryptionGiven := slices.ContainsFunc(r.props, func(p cmdProp) bool { return p.key == "encryption" })
	if in.wantsNew && !in.has(flagRaw) && in.rcvProps != nil && !encryptionGiven {
		checked = append(checked, pair{"encryption", "off"})
	}
	in.key = &newKey{}
	if !in.has(flagRaw) && parent != nil && in.fromGUID == 0 && in.origin == nil && !in.has(flagResuming) {
		key, why := r.newKey(parent, checked, in.fs, nil)
		if why != "" {
			r.complain(in.action, why)
			return false
		}
		in.key = key
	}
	for _, p := range checked {
		if def := findProp(p.key); def == nil || !def.encryptionParam() && p.key != "encryption" {
			in.local = append(in.local, p)
		}
	}
	return true
}

// setupProp takes one -o or -x of the command line.
func (r *receiver) setupProp(in *incoming, d *dataset, p cmdProp) bool {
	def := findProp(p.key)
	encryption := def != nil && (def.encryptionParam() || def.name == "encryption")
	recursive := in.pkg != nil && in.pkg.recursive()
	switch {
	case encryption && in.has(flagRaw):
		r.complain(in.action, "encryption property '"+p.key+"' cannot be set or excluded for raw streams.")
		return false
	case encryption && !in.wantsNew && recursive:
		return true
	case encryption && !in.wantsNew && !p.exclude:
		r.complain(in.action, "encryption property '"+p.key+"' cannot be set for incremental streams.")
		return false
	}
	applies := def == nil || def.kinds&in.kind() != 0
	switch {
	case p.exclude && !applies:
		r.errorf("Warning: %s: property '%s' does not apply to datasets of this type\n", in.fs, p.key)
	case p.exclude:
		name := p.key
		if def != nil {
			name = def.name
		}
		if d != nil && d.props[name].hasLocal {
			return true
		}
		if def != nil && !def.inheritable() {
			delete(in.rcvProps, name)
			return true
		}
		in.exclude = append(in.exclude, name)
	case !applies && !recursive:
		r.complain(in.action, "property '"+p.key+"' does not apply to datasets of this type")
		return false
	}
	return true
}

// checkOverrides normalizes the values of -o.
func (r *receiver) checkOverrides(in *incoming) ([]pair, bool) {
	var checked []pair
	if r.top != in.fs {
		return nil, true
	}
	d := r.lookup(in.fs)
	for _, p := range r.props {
		def := findProp(p.key)
		if p.exclude || def != nil && def.kinds&in.kind() == 0 {
			continue
		}
		name, v, bad := normalize(p.key, p.value, in.kind(), true, true)
		if bad == nil && d != nil {
			bad = d.checkZoned(name, v)
		}
		if bad != nil {
			r.complain(in.action, bad.text())
			r.complain(in.action, descBadProp)
			return nil, false
		}
		checked = append(checked, pair{name, v})
	}
	return checked, true
}

// applyProps sets properties before the data comes, as the kernel does. What cannot be set is remembered, not fatal.
func (r *receiver) applyProps(in *incoming) {
	d := in.ds
	if !in.isNew {
		d = r.lookup(in.fs)
		in.savedProp = maps.Clone(d.props)
	}
	if in.rcvProps != nil {
		if !in.isNew {
			r.clearOld(d, in.rcvProps)
		}
		d.hasReceived = true
		for _, k := range slices.Sorted(maps.Keys(in.rcvProps)) {
			if def := findProp(k); def != nil && def.kinds&in.kind() == 0 || k == "keylocation" {
				continue
			}
			if r.mayReceive(in, d, k, in.rcvProps[k]) {
				p := d.props[k]
				p.received, p.hasReceived = in.rcvProps[k], true
				d.props[k] = p
			}
		}
	}
	for _, p := range in.local {
		if r.mayReceive(in, d, p.key, p.value) {
			d.setLocal(p.key, p.value)
		}
	}
	for _, k := range in.exclude {
		if !r.mayReceive(in, d, k, "") {
			continue
		}
		p := d.props[k]
		p.local, p.hasLocal, p.shadow = "", false, p.hasReceived
		d.props[k] = p
		if !p.hasReceived {
			delete(d.props, k)
		}
	}
}

// clearOld drops received values the new stream does not have. The first time properties are received at all, local values
// go too: ZFS cannot tell them from values received by older software.
func (r *receiver) clearOld(d *dataset, now map[string]string) {
	if !d.hasReceived {
		for k := range d.props {
			if def := findProp(k); def == nil || def.settableLater() && k != "volsize" && k != "keylocation" {
				delete(d.props, k)
			}
		}
		return
	}
	for _, k := range slices.Sorted(maps.Keys(d.props)) {
		if _, still := now[k]; !still {
			d.clearReceived(k)
		}
	}
}

// mayReceive checks one property; a refusal is reported when the receive is over.
func (r *receiver) mayReceive(in *incoming, d *dataset, name, value string) bool {
	why := ""
	if r.deny[name] {
		why = "permission denied" // also to take over the value from above (zfs_ioctl.c, zfs_set_prop_nvlist)
	} else if bad := r.checkSet(object{kind: d.kind, ds: d}, name, value); bad != nil && (name == "quota" || name == "reservation") {
		why = bad.text()
	}
	if why == "" {
		return true
	}
	in.denied = append(in.denied, "cannot receive "+name+" property on "+in.fs+": "+why)
	return false
}

// afterwards is what the command does when the kernel has the snapshot.
func (r *receiver) afterwards(in *incoming) {
	for _, line := range in.denied {
		r.errorf("%s\n", line)
	}
	s := r.lookupSnap(in.dest)
	if s == nil || in.pkg == nil || in.pkg.header == nil {
		return
	}
	for _, d := range in.pkg.header.Datasets {
		for name, guid := range d.Snapshots {
			if guid != in.toGUID {
				continue
			}
			for k, v := range d.SnapProps[name] {
				s.setUser(k, v, false)
			}
			if r.noHolds {
				continue
			}
			for _, tag := range d.Holds[name] {
				s.addHold(tag, r.now())
			}
		}
	}
}
