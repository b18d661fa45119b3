package verify

import (
	"maps"
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// set sets a property of a replica, as the config has it.
func (r *replay) set(a *action, s plan.SetProperty) *fault {
	d := a.on
	switch {
	case !d.exists:
		return d.missing()
	case s.Property == "" || !zfs.Applies(s.Property, d.kind == "volume"):
		return wrong("%q cannot be set on a %s", s.Property, d.kind)
	}
	if f := a.job.wants(d, s); f != nil {
		return f
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

// wants judges that the config wants replicas to have the property, and that this is one which nobody has taken over: a
// writable one may be in use since a failover.
func (j *job) wants(d *dataset, s plan.SetProperty) *fault {
	value, given := j.Receive.Properties[s.Property]
	if s.Property == "readonly" && j.Receive.Readonly {
		value, given = "on", true
	}
	switch {
	case !given || value != s.Value:
		return wrong("%s=%s is not what job %s wants of its replicas", s.Property, s.Value, j.Name)
	case d.snaps.empty():
		return drift(d.name+" lost its snapshots on "+d.on.title, "it holds no replica yet")
	case j.Receive.Readonly && d.prop("readonly") == "off" && d.mayBeInUse():
		return drift(d.name+" was made writable on "+d.on.title, "it is writable, and may be in use since a failover")
	}
	return nil
}

// mayBeInUse says that a writable dataset may have been made so by somebody, or can be written into just now.
func (d *dataset) mayBeInUse() bool {
	return d.seen == nil || d.seen.Local == nil || slices.Contains(d.seen.Local, "readonly") || d.prop("mounted") == "yes"
}
