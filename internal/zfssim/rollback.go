package zfssim

import (
	"slices"
	"strings"
)

const maxYounger = 32 // how many names a refused rollback lists

// rollback is `zfs rollback`.
func (c *call) rollback() int {
	opts, rest, ok := c.options("rRf", nil)
	if !ok {
		return badUse
	}
	recurse, clones := false, false
	for _, o := range opts {
		recurse = recurse || o.letter == 'r' || o.letter == 'R'
		clones = clones || o.letter == 'R'
	}
	if !c.operands(rest, "missing dataset argument") {
		return badUse
	}
	o, ok := c.open(rest[0], kindSnapshot)
	if !ok {
		return failed
	}
	s := o.snap
	if !clones && !c.checkYounger(s, recurse) {
		return failed
	}
	if !c.destroyYounger(s, clones) {
		return failed
	}
	if e := c.rollbackTo(s); e != eok {
		c.sayRollback(s, e)
		return failed
	}
	return done
}

// checkYounger complains about what a rollback would destroy: without -r snapshots and bookmarks, with it clones of them.
func (c *call) checkYounger(s *snapshot, recurse bool) bool {
	var names []string
	for _, y := range s.ds.snaps {
		if y.txg <= s.txg {
			continue
		}
		if recurse {
			names = append(names, dependents(y)...)
		} else {
			names = append(names, y.full())
		}
	}
	if !recurse {
		for _, b := range s.ds.marks {
			if b.txg > s.txg {
				names = append(names, b.full())
			}
		}
	}
	if len(names) == 0 {
		return true
	}
	if recurse {
		c.errorf("cannot rollback to '%s': clones of previous snapshots exist\n"+
			"use '-R' to force deletion of the following clones and dependents:\n%s\n", s.full(), strings.Join(names, "\n"))
		return false
	}
	c.errorf("cannot rollback to '%s': more recent snapshots or bookmarks exist\n"+
		"use '-r' to force deletion of the following snapshots and bookmarks:\n", s.full())
	for i, n := range names {
		c.errorf("%s\n", n)
		if i+1 == maxYounger {
			c.errorf("Output limited to %d snapshots/bookmarks\n", maxYounger)
			break
		}
	}
	return false
}

// destroyYounger destroys the snapshots and bookmarks after s, one by one as ZFS does: what failed stays, what went is gone.
func (c *call) destroyYounger(s *snapshot, clones bool) bool {
	ok := true
	for _, y := range slices.Backward(slices.Clone(s.ds.snaps)) {
		if y.txg <= s.txg {
			continue
		}
		if clones {
			ok = c.destroyClonesOf([]*snapshot{y}, destroyArgs{}) && ok
		}
		e := c.mayChange(s.ds.pool)
		if e == eok {
			e = y.destroyable(false)
		}
		if e != eok {
			c.std("cannot destroy '"+y.full()+"'", e)
			ok = false
			continue
		}
		c.tick(s.ds.pool)
		c.removeSnapshot(y)
	}
	for _, b := range slices.Clone(s.ds.marks) {
		if b.txg <= s.txg {
			continue
		}
		if e := c.mayChange(s.ds.pool); e != eok {
			c.std("cannot destroy '"+b.full()+"'", e)
			ok = false
			continue
		}
		c.tick(s.ds.pool)
		s.ds.removeMark(b)
	}
	return ok
}

// rollbackTo makes the head what the latest snapshot is.
func (c *call) rollbackTo(s *snapshot) errno {
	d := s.ds
	if e := c.mayChange(d.pool); e != eok {
		return e
	}
	switch {
	case d.latest() != s:
		return eexist
	case slices.ContainsFunc(d.marks, func(b *bookmark) bool { return b.txg > s.txg }):
		return eexist
	case d.recv != nil && d.recv.live:
		return ebusy
	case d.busy && !d.mounted:
		return ebusy
	}
	if q := atou(d.str("refquota")); q != 0 && d.referenced(s.content) > q {
		return edquot
	}
	c.tick(d.pool)
	d.head = s.content
	if s.volsize != "" {
		d.setLocal("volsize", s.volsize)
	}
	return eok
}

func (c *call) sayRollback(s *snapshot, e errno) {
	action := "cannot rollback '" + s.ds.name + "'"
	switch e {
	case eexist:
		c.say(action, "there is a snapshot or bookmark more recent than '"+s.full()+"'")
	case esrch:
		c.say(action, "'"+s.full()+"' is not found among snapshots of '"+s.ds.name+"'")
	case einval:
		c.say(action, descBadType)
	default:
		c.std(action, e)
	}
}
