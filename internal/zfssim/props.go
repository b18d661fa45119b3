package zfssim

// prop is what is stored about one property of one dataset. A local value wins over a received one; shadow marks a received
// value that `inherit` put out of effect.
type prop struct {
	local, received       string
	hasLocal, hasReceived bool
	shadow                bool
}

// source says where a value comes from.
type source int

const (
	srcNone source = iota
	srcDefault
	srcLocal
	srcInherited
	srcReceived
	srcTemporary
)

func (d *dataset) setLocal(name, value string) {
	p := d.props[name]
	p.local, p.hasLocal = value, true
	d.props[name] = p
}

// inherit drops the local value. A received one comes back into effect only when revert is set (`inherit -S`).
func (d *dataset) inherit(name string, revert bool) {
	p := d.props[name]
	p.local, p.hasLocal, p.shadow = "", false, p.hasReceived && !revert
	if !p.hasReceived {
		delete(d.props, name)
		return
	}
	d.props[name] = p
}

// clearReceived forgets the received value.
func (d *dataset) clearReceived(name string) {
	p := d.props[name]
	p.received, p.hasReceived, p.shadow = "", false, false
	if !p.hasLocal {
		delete(d.props, name)
		return
	}
	d.props[name] = p
}

// own is the value set on the dataset itself, locally or by a receive.
func (d *dataset) own(name string) (string, source) {
	p, ok := d.props[name]
	switch {
	case !ok:
	case p.hasLocal:
		return p.local, srcLocal
	case p.hasReceived && !p.shadow:
		return p.received, srcReceived
	}
	return "", srcNone
}

// effective is the value in effect, with its source and the dataset it is inherited from.
func (d *dataset) effective(name string, inheritable bool) (value string, src source, from *dataset) {
	if v, s := d.own(name); s != srcNone {
		return v, s, d
	}
	if inheritable {
		for a := d.parent; a != nil; a = a.parent {
			if v, s := a.own(name); s != srcNone {
				return v, srcInherited, a
			}
		}
	}
	return "", srcNone, nil
}

// str is a native property's value in effect or its default.
func (d *dataset) str(name string) string {
	p := findProp(name)
	if v, s, _ := d.effective(p.name, p.inheritable()); s != srcNone {
		return v
	}
	return p.def
}

// mountpoint is where the filesystem belongs.
func (d *dataset) mountpoint() string {
	v, src, from := d.effective("mountpoint", true)
	if src == srcNone {
		return "/" + d.name
	}
	if len(v) == 0 || v[0] != '/' {
		return v
	}
	rel := d.name[len(from.name):]
	if v == "/" && rel != "" {
		return rel
	}
	return v + rel
}

// mountable reports whether mounting the filesystem is what its properties ask for.
func (d *dataset) mountable() bool {
	if d.kind != kindFilesystem || d.str("canmount") != "on" {
		return false
	}
	mp := d.mountpoint()
	return mp != "none" && mp != "legacy"
}
