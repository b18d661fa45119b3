package verify

import "github.com/zfsrep/zfsrep/plan"

// create makes an empty parent that is never mounted.
func (r *replay) create(a *action, s plan.CreateDataset) *fault {
	d := a.on
	if d.exists {
		return d.taken()
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if f := d.hasParent(); f != nil {
		return f
	}
	if f := fits(d.name, nil); f != nil {
		return f
	}
	if v := d.vault(); v != nil && s.Set["encryption"] != "off" && v.prop("keystatus") == "unavailable" {
		return drift("the key of "+v.name+" was unloaded on "+v.on.title, "the key of %s above it is not loaded", v.name)
	}
	if s.Set["canmount"] != "off" && !d.unmountable(s.Set["mountpoint"]) {
		return wrong("it could be mounted: canmount is not off, and it has a mountpoint")
	}
	d.make("filesystem", s.Set)
	return nil
}

// unmountable says that a dataset has no mountpoint: by what is set, or by what it inherits.
func (d *dataset) unmountable(mountpoint string) bool {
	for up := d; mountpoint == "" && up.up() != nil; {
		up = up.up()
		mountpoint = up.prop("mountpoint")
	}
	return mountpoint == "none" || mountpoint == "legacy"
}
