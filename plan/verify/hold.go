package verify

import (
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// ourTag begins the tags of the holds that zfsrep may take and let go.
const ourTag = "zfsrep"

// hold keeps a snapshot from being destroyed.
func (r *replay) hold(a *action, s plan.Hold) *fault {
	pos, f := a.on.holdable(a, s)
	if f == nil {
		a.on.snaps.use(pos, use{holds: 1})
	}
	return f
}

// release takes a hold back.
func (r *replay) release(a *action, s plan.Release) *fault {
	pos, f := a.on.holdable(a, plan.Hold(s))
	if f == nil && a.on.snaps.held(pos).holds == 0 {
		f = drift(a.on.name+"@"+s.Snapshot+" is not held on "+a.on.on.title, "@%s is not held", s.Snapshot)
	}
	if f == nil {
		a.on.snaps.use(pos, use{holds: -1})
	}
	return f
}

// holdable finds the snapshot of a hold, which must be one of ours.
func (d *dataset) holdable(a *action, s plan.Hold) (int, *fault) {
	if !strings.HasPrefix(s.Tag, ourTag) {
		return -1, wrong("the hold %q is none of zfsrep's", s.Tag)
	}
	pos, f := d.present(s.Snapshot)
	if f != nil {
		return -1, f
	}
	if f := d.on.unfit(d.name); f != nil {
		return -1, f
	}
	return pos, a.after(d.snaps.by(pos), "which brings @"+s.Snapshot)
}

// present finds a snapshot by its name.
func (d *dataset) present(name string) (int, *fault) {
	if !d.exists {
		return -1, d.missing()
	}
	pos := d.snaps.named(name)
	if pos < 0 {
		return -1, drift(d.name+"@"+name+" is gone from "+d.on.title, "@%s is not there", name)
	}
	return pos, nil
}
