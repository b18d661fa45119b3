package zfssim

import (
	"slices"
	"strings"
)

// checkTarget is what the command checks about the target before it asks the kernel.
func (r *receiver) checkTarget(in *incoming) bool {
	if d := r.lookup(in.fs); d != nil {
		return r.checkExisting(in, d)
	}
	in.newFS = true
	if !in.wantsNew || !strings.Contains(in.fs, "/") {
		r.complain(in.action, "destination '"+in.fs+"' does not exist")
		return false
	}
	parent := parentName(in.fs)
	if r.prefix && !r.tail && !r.dryRun && !r.createAncestors(in.fs) {
		r.complain(in.action, "unable to restore to destination")
		return false
	}
	o, ok := r.open(parent, kindDataset)
	if !ok {
		r.complain(in.action, "unable to restore to destination")
		return false
	}
	if o.kind != kindFilesystem {
		r.complain(in.action, "parent '"+parent+"' is not a filesystem")
		return false
	}
	return true
}

func (r *receiver) checkExisting(in *incoming, d *dataset) bool {
	encrypted, raw := d.crypt != nil, in.has(flagRaw)
	resumingNew := in.has(flagResuming) && (in.fromGUID == 0 || in.has(flagClone))
	why := ""
	if in.wantsNew {
		why = r.checkOverwrite(in, d)
	}
	switch {
	case why != "":
	case resumingNew && !d.inconsistent && !r.force:
		why = "Resuming recv on existing destination '" + d.name + "'\nmust specify -F to overwrite it"
	case in.wantsNew && d.origin != nil:
		why = "destination '" + d.name + "' is a clone\nmust destroy it to overwrite it"
	case !in.wantsNew && !encrypted && raw:
		why = "cannot perform raw receive on top of existing unencrypted dataset"
	case in.wantsNew && r.force && (raw || encrypted):
		why = "zfs receive -F cannot be used to destroy an encrypted filesystem or overwrite an unencrypted one with an encrypted one"
	}
	if why != "" {
		r.complain(in.action, why)
		return false
	}
	if !r.dryRun && d.kind == kindFilesystem && (in.wantsNew || resumingNew) {
		in.remount = mountedBelow(d)
		if !r.unmountTree(d) {
			return false
		}
	}
	in.newFS = in.has(flagResuming) && d.inconsistent
	_, in.hasToken = d.token()
	return true
}

// checkOverwrite is what stands in the way of putting a full stream in the place of a dataset.
func (r *receiver) checkOverwrite(in *incoming, d *dataset) string {
	switch {
	case !r.force:
		return "destination '" + d.name + "' exists\nmust specify -F to overwrite it"
	case len(d.snaps) > 0:
		return "destination has snapshots (eg. " + d.snaps[0].full() + ")\nmust destroy them to overwrite it"
	case in.has(flagVolume) && d.parent == nil:
		return "destination " + d.name + " is the root dataset\ncannot overwrite with a ZVOL"
	case in.has(flagVolume) && len(d.children) > 0:
		return "destination has children (eg. " + d.sorted()[0].name + ")\ncannot overwrite with a ZVOL"
	}
	return ""
}

// beginCheck is what the kernel checks before a receive starts.
func (r *receiver) beginCheck(in *incoming) errno {
	d := r.lookup(in.fs)
	p := r.pools[poolName(in.fs)]
	if e := r.mayChange(p); e != eok {
		return e
	}
	if in.has(flagResuming) {
		return r.checkResume(in, d)
	}
	if e := r.checkFeatures(in, p); e != eok {
		return e
	}
	if d != nil {
		return r.checkInto(in, d)
	}
	return r.checkNew(in)
}

// checkFeatures compares what the stream uses with what the pool has.
func (r *receiver) checkFeatures(in *incoming, p *pool) errno {
	needs := []struct {
		needed  bool
		feature string
	}{
		{in.has(flagCompress), "lz4_compress"}, {in.has(flagEmbed), "embedded_data"}, {in.has(flagLarge), "large_blocks"},
		{in.has(flagRaw), "encryption"}, {r.resume, "extensible_dataset"},
	}
	for _, n := range needs {
		if n.needed && !p.has(n.feature) {
			return enotsup
		}
	}
	return eok
}

// checkInto are the checks for a dataset that exists.
func (r *receiver) checkInto(in *incoming, d *dataset) errno {
	_, short, _ := strings.Cut(in.dest, "@")
	encrypted, raw := d.crypt != nil, in.has(flagRaw)
	switch {
	case !raw && encrypted && !d.keyLoaded():
		return eacces
	case in.has(flagClone) || in.origin != nil:
		return einval
	case d.partial != nil, d.recv != nil && d.recv.resumable:
		return ebusy
	case d.snap(short) != nil:
		return eexist
	case in.has(flagVolume) && len(d.children) > 0:
		return ewrongparent
	}
	if in.fromGUID != 0 {
		return r.checkIncremental(in, d)
	}
	if !r.force {
		return eexist
	}
	if raw || encrypted {
		return einval
	}
	if in.key.encrypts() && in.has(flagEmbed) {
		return einval
	}
	return eok
}

func (r *receiver) checkIncremental(in *incoming, d *dataset) errno {
	encrypted, raw := d.crypt != nil, in.has(flagRaw)
	if raw && !encrypted || encrypted && in.has(flagEmbed) {
		return einval
	}
	i := slices.IndexFunc(d.snaps, func(s *snapshot) bool { return s.guid == in.fromGUID })
	if i < 0 {
		return enodev
	}
	base := d.snaps[i]
	in.base = base
	if !r.force {
		if d.modifiedSince(base) || raw && base != d.latest() {
			return etxtbsy
		}
		in.base = d.latest()
	}
	if base.features["large_blocks"] && !in.has(flagLarge) {
		return elargeblock
	}
	return eok
}

// checkNew are the checks for a dataset to be made.
func (r *receiver) checkNew(in *incoming) errno {
	if in.fromGUID != 0 && in.origin == nil {
		return enoent
	}
	parent := r.lookup(parentName(in.fs))
	if parent == nil {
		return enoent
	}
	if !in.has(flagRaw) && in.origin == nil && in.key.encrypts() {
		if in.key.wrap == 0 && parent.crypt != nil && !parent.keyLoaded() {
			return eacces
		}
		if in.has(flagEmbed) {
			return einval
		}
	}
	switch {
	case parent.kind != kindFilesystem:
		return ewrongparent
	case in.origin == nil:
		return eok
	case in.fromGUID != 0 && in.origin.guid != in.fromGUID:
		return enodev
	case in.origin.ds.crypt != nil && in.has(flagEmbed):
		return einval
	case !in.has(flagRaw) && !in.origin.ds.keyLoaded():
		return eacces
	}
	return eok
}

// checkResume are the checks for going on with a receive.
func (r *receiver) checkResume(in *incoming, d *dataset) errno {
	if d == nil {
		return enoent
	}
	t := d
	if d.partial != nil {
		t = d.partial
		if in.fromGUID == 0 && !r.force {
			return eresumeexists
		}
	}
	switch {
	case !in.has(flagRaw) && !t.keyLoaded():
		return eacces
	case !t.inconsistent, t.recv == nil, !t.recv.resumable, t.recv.toGUID != in.toGUID:
		return einval
	case t.recv.live:
		return ebusy
	case len(t.snaps) > 0, t.recv.fromGUID != in.fromGUID:
		return einval
	case t.features["large_blocks"] && !in.has(flagLarge):
		return elargeblock
	}
	return eok
}
