package verify

import (
	"maps"
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// mayReceive judges that the replica can take a stream, and that nothing is lost by it.
func (r *replay) mayReceive(a *action, p *pair, s plan.Send, c *cargo) *fault {
	d := p.dst
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if f := d.awaits(p, s, c); f != nil {
		return f
	}
	for _, k := range slices.Sorted(maps.Keys(s.Receive.Set)) {
		if !zfs.Applies(k, p.src.kind == "volume") {
			return wrong("%s cannot be set on a %s", k, p.src.kind)
		}
	}
	if f := d.mayChange(s.Receive.Set); f != nil {
		return f
	}
	return d.mayAdd(c.snaps())
}

// awaits judges that the replica is in the state that the stream was made for.
func (d *dataset) awaits(p *pair, s plan.Send, c *cargo) *fault {
	if s.Mode == plan.Resume {
		if f := d.resumes(s, c); f != nil {
			return f
		}
	} else if d.partial != nil {
		return drift("a transfer into "+d.name+" was interrupted on "+d.on.title, "a partial receive is in the way")
	}
	switch {
	case c.origin != nil && s.Mode == plan.Resume:
		return nil
	case c.origin != nil && d.exists:
		return d.taken()
	case c.full && !d.snaps.empty():
		return d.got(d.snaps.top(), "the replica has snapshots")
	case c.full && d.exists && !d.first:
		return d.replacedBy(p, s)
	case c.full && s.Receive.Force:
		return drift(d.name+" is gone from "+d.on.title, "receive -F is for a dataset that is there to be replaced")
	case !c.full && c.origin == nil:
		return d.continues(c)
	case !d.exists:
		return d.hasParent()
	}
	return nil
}

// continues judges that an increment fits onto the replica.
func (d *dataset) continues(c *cargo) *fault {
	top := d.snaps.top()
	if top < 0 || d.snaps.at(top).GUID != c.base.GUID {
		rule := d.name + " does not have " + c.base.Name + " as its newest snapshot, and the stream starts from that"
		switch at := d.snaps.version(c.base.GUID); {
		case at >= 0:
			return d.got(top, rule)
		default:
			return drift(d.name+"@"+c.base.Name+" is gone from "+d.on.title, "%s", rule)
		}
	}
	if d.written {
		return drift(d.name+" was written to on "+d.on.title, "the replica was written to")
	}
	return nil
}

// resumes judges that the partial receive is there that a stream resumes.
func (d *dataset) resumes(s plan.Send, c *cargo) *fault {
	switch r := d.partial; {
	case r == nil:
		return drift("the interrupted transfer into "+d.name+" is gone from "+d.on.title, "there is nothing to resume")
	case r.Busy:
		return drift("a transfer into "+d.name+" is running on "+d.on.title, "the receive is still running")
	case r.Token != s.Token || r.ToGUID != s.To.GUID || !c.full && r.FromGUID != c.base.GUID:
		return drift("the interrupted transfer into "+d.name+" is another one on "+d.on.title, "the partial receive is of something else")
	}
	return nil
}

// hasParent judges that the dataset can be made: what it lies in is there and can have children.
func (d *dataset) hasParent() *fault {
	up := d.up()
	switch {
	case up == nil:
		return drift("the pool "+d.name+" is gone from "+d.on.title, "a pool is not made by receiving")
	case !up.exists:
		return drift(up.name+" is gone from "+d.on.title, "its parent %s does not exist", up.name)
	case up.kind == "volume":
		return drift(up.name+" is a volume on "+d.on.title, "its parent %s is a volume", up.name)
	}
	return nil
}

// mayAdd judges that names are free for what arrives, and fit.
func (d *dataset) mayAdd(some [][]zfs.Snapshot) *fault {
	if !d.snaps.empty() {
		for _, snaps := range some {
			for i := range snaps {
				if d.snaps.named(snaps[i].Name) >= 0 {
					name := d.name + "@" + snaps[i].Name
					return drift(name+" exists on "+d.on.title, "%s exists on the replica", name)
				}
			}
		}
	}
	return fits(d.name, some)
}
