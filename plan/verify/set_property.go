package verify

import (
	"maps"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// set sets a property of a replica.
func (r *replay) set(a *action, s plan.SetProperty) *fault {
	d := a.on
	switch {
	case !d.exists:
		return d.missing()
	case s.Property == "" || !zfs.Applies(s.Property, d.kind == "volume"):
		return wrong("%q cannot be set on a %s", s.Property, d.kind)
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if f := d.aboveStrangers("changed"); f != nil {
		return f
	}
	all := map[string]string{s.Property: s.Value}
	maps.Copy(all, d.set)
	all[s.Property] = s.Value
	d.set = all // the map that was there is the plan's
	return nil
}
