package zfssim

import "slices"

// destroyTree destroys a filesystem or volume, with -r everything below it, with -R the clones as well.
func (c *call) destroyTree(name string, a destroyArgs) int {
	want := kindDataset
	if a.deferred {
		want = kindSnapshot
	}
	o, ok := c.open(name, want)
	if !ok {
		return failed
	}
	d := o.ds
	if !a.recurse && d.parent == nil {
		c.errorf("cannot destroy '%s': operation does not apply to pools\n"+
			"use 'zfs destroy -r %s' to destroy all datasets in the pool\n"+
			"use 'zpool destroy %s' to destroy the pool itself\n", name, name, name)
		return failed
	}
	if !c.checkDependents(d, a) {
		return failed
	}
	ok = true
	for _, e := range below(d) {
		if e.partial != nil {
			a.announce(c, e.partial.name)
		}
		for _, s := range e.snaps {
			a.announce(c, s.full())
		}
		a.announce(c, e.name)
	}
	if a.dryRun {
		return done
	}
	for _, e := range below(d) {
		if a.clones && !c.destroyClonesOf(e.snaps, a) {
			return failed
		}
		if e.partial != nil && !c.destroyHead(e.partial) {
			ok = false
			continue
		}
		if len(e.snaps) > 0 && !c.removeSnapshots(slices.Clone(e.snaps), a.deferred) {
			ok = false
			continue
		}
		if e.parent == nil {
			continue
		}
		if !c.unmountOne(e) || !c.destroyHead(e) {
			ok = false
		}
	}
	if !ok {
		return failed
	}
	return done
}

// below is a dataset's tree, children first.
func below(d *dataset) []*dataset {
	var list []*dataset
	d.walk(func(e *dataset) { list = append(list, e) })
	slices.Reverse(list)
	return list
}

// checkDependents complains about what would have to go with the dataset.
func (c *call) checkDependents(d *dataset, a destroyArgs) bool {
	first := true
	complain := func(what, flag, name string) {
		if first {
			c.errorf("cannot destroy '%s': %s has %s\nuse '%s' to destroy the following datasets:\n", d.name, d.kind, what, flag)
		}
		first = false
		c.errorf("%s\n", name)
	}
	tree := map[*dataset]bool{}
	d.walk(func(e *dataset) { tree[e] = true })
	if !a.recurse {
		for _, e := range below(d) {
			for _, s := range e.snaps {
				complain("children", "-r", s.full())
			}
			if e != d {
				complain("children", "-r", e.name)
			}
		}
		return first
	}
	if a.clones {
		return true
	}
	for _, e := range below(d) {
		for _, s := range e.snaps {
			for _, k := range s.clones {
				if !tree[k] && k.base() != recvName {
					complain("dependent clones", "-R", k.name)
				}
			}
		}
	}
	return first
}

// destroyClonesOf destroys the clones of snapshots and all they hold.
func (c *call) destroyClonesOf(snaps []*snapshot, a destroyArgs) bool {
	for _, s := range slices.Clone(snaps) {
		for _, k := range slices.Clone(s.clones) {
			if c.destroyTree(k.name, destroyArgs{recurse: true, clones: true, verbose: a.verbose, parse: a.parse}) != done {
				return false
			}
		}
	}
	return true
}

// destroyHead destroys one dataset without snapshots, with the leftovers of a receive.
func (c *call) destroyHead(d *dataset) bool {
	action := "cannot destroy '" + d.name + "'"
	e := c.mayChange(d.pool)
	switch {
	case e != eok:
	case d.recv != nil && d.recv.live:
		e = ebusy
	case d.partial != nil && d.partial.recv.live:
		e = ebusy
	case len(d.snaps) > 0:
		e = ebusy
	case len(d.children) > 0:
		e = eexist
	}
	if e != eok {
		c.std(action, e)
		return false
	}
	c.tick(d.pool)
	if d.partial != nil {
		c.removeHead(d.partial)
	}
	c.removeHead(d)
	return true
}

// removeHead takes a dataset out of the pool: everything has been checked.
func (m *Machine) removeHead(d *dataset) {
	d.unlink()
	if o := d.origin; o != nil {
		o.clones = slices.DeleteFunc(slices.Clone(o.clones), func(x *dataset) bool { return x == d })
		if o.deferred && len(o.clones) == 0 && len(o.holds) == 0 {
			m.removeSnapshot(o)
		}
	}
	m.gen++
}
