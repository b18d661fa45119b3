package verify

import (
	"slices"
	"strconv"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/plan"
)

// rollBack takes a replica back to one of its snapshots, and what is newer with it.
func (r *replay) rollBack(a *action, s plan.Rollback) *fault {
	d := a.on
	to, f := d.snapshot(s.To.Name, s.To.GUID)
	if f != nil {
		return f
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if d.partial != nil {
		return drift("a transfer into "+d.name+" was interrupted on "+d.on.title, "a partial receive is in the way")
	}
	if quota, err := strconv.ParseInt(d.prop("refquota"), 10, 64); err == nil && quota > 0 && d.snaps.at(to).Referenced > quota {
		return drift("a refquota was set for "+d.name+" on "+d.on.title, "its refquota does not allow what %s holds", s.To.Name)
	}
	x, f := d.newer(a, s, to)
	if f != nil {
		return f
	}
	if f := a.job.mayRollBack(d, len(x.snaps)); f != nil {
		return f
	}
	if f := d.aboveStrangers("rolled back"); f != nil {
		return f
	}
	if f := r.losesMarks(a, x); f != nil {
		return f
	}
	if f := r.loses(a, x); f != nil {
		return f
	}
	d.remove(a, x)
	d.written, d.changed = false, true
	return nil
}

// newer is what a rollback takes away, which must be exactly what it lists.
func (d *dataset) newer(a *action, s plan.Rollback, to int) (*removal, *fault) {
	x := &removal{on: d}
	listed := map[string]bool{}
	for _, n := range s.Destroys {
		listed[n] = true
	}
	for pos := to + 1; pos <= d.snaps.top(); pos++ {
		if !d.snaps.has(pos) {
			continue
		}
		if name := d.snaps.at(pos).Name; !listed[name] {
			return nil, d.got(pos, "newer snapshots would be in the way that it does not list: @"+name)
		}
		if f := d.loose(a, pos); f != nil {
			return nil, f
		}
		x.snaps = append(x.snaps, pos)
	}
	if len(listed) != len(s.Destroys) || len(x.snaps) != len(listed) {
		return nil, drift("snapshots of "+d.name+" are gone from "+d.on.title, "it lists snapshots that are not there, or not newer")
	}
	for i := range d.marks {
		if b := &d.marks[i]; !b.gone && b.CreateTXG > d.order(to) {
			if !slices.Contains(s.Bookmarks, b.Name) {
				return nil, drift(d.name+" got #"+b.Name+" on "+d.on.title, "newer bookmarks would be in the way that it does not list: #%s", b.Name)
			}
			x.marks = append(x.marks, b.Name)
		}
	}
	if len(x.marks) != len(s.Bookmarks) {
		return nil, drift("bookmarks of "+d.name+" are gone from "+d.on.title, "it lists bookmarks that are not there, or not newer")
	}
	return x, nil
}

// mayRollBack judges that the config gives up what a rollback takes away.
func (j *job) mayRollBack(d *dataset, snapshots int) *fault {
	switch {
	case snapshots > 0 && j.OnDiverged != config.DivergedRollback:
		return wrong("onDiverged = %q does not give up the replica's own snapshots", j.OnDiverged)
	case !d.written || j.OnModified == config.ModifiedRollback:
		return nil
	case j.OnModified == config.ModifiedAuto && d.prop("readonly") == "on":
		return nil
	}
	return drift(d.name+" was written to on "+d.on.title, "onModified = %q does not undo what was written to it", j.OnModified)
}

// losesMarks judges that bookmarks which go with newer snapshots are not those of a replica that nobody looked at.
func (r *replay) losesMarks(a *action, x *removal) *fault {
	for _, name := range x.marks {
		b := x.on.mark(name)
		m, ours := readMark(b.Name, b.GUID)
		for _, p := range x.on.readers() {
			if own, _ := p.own(); ours && !p.looked() && (m.tag == "" || m.tag == own.tag || m.owner == p.ofOld()) {
				return wrong("#%s may be what %s of job %s starts from", name, p.dst.name, p.of.Name)
			}
		}
	}
	return nil
}

// remove takes versions away.
func (d *dataset) remove(a *action, x *removal) {
	for _, pos := range x.snaps {
		d.snaps.drop(pos)
	}
	for _, name := range x.marks {
		b := d.mark(name)
		for _, p := range d.readers() {
			if l := p.newest(a); l != nil && l.guid != b.GUID && l.order > b.CreateTXG {
				b.passed = append(b.passed, p)
			}
		}
		b.gone = true
	}
}
