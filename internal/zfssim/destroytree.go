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
	set := closure([]*dataset{d}, a.clones)
	for _, e := range set {
		a.announceAll(c, e)
	}
	if a.dryRun {
		return done
	}
	if !c.destroyAll(set, a) {
		return failed
	}
	return done
}

// announceAll prints what -v says of a dataset and all it has.
func (a destroyArgs) announceAll(c *call, d *dataset) {
	if d.partial != nil {
		a.announce(c, d.partial.name)
	}
	for _, s := range d.snaps {
		a.announce(c, s.full())
	}
	a.announce(c, d.name)
}

// closure is the trees of datasets, children first, and with clones also everything that lives on their snapshots.
func closure(roots []*dataset, clones bool) []*dataset {
	var list []*dataset
	seen := map[*dataset]bool{}
	for i := 0; i < len(roots); i++ {
		for _, e := range below(roots[i]) {
			if seen[e] || e.base() == recvName {
				continue
			}
			seen[e] = true
			list = append(list, e)
			for _, s := range e.snaps {
				if clones {
					roots = append(roots, s.clones...)
				}
			}
		}
	}
	return list
}

// destroyAll destroys datasets, each one when nothing hangs on it any more. What cannot be destroyed is complained about.
func (c *call) destroyAll(set []*dataset, a destroyArgs) bool {
	ok := true
	for len(set) > 0 {
		i := slices.IndexFunc(set, free)
		if i < 0 {
			i = 0 // nothing is free: this one says why
		}
		if set[i].parent != nil || len(set[i].snaps) > 0 {
			ok = c.destroyOne(set[i], a) && ok
		}
		set = slices.Delete(set, i, i+1)
	}
	return ok
}

// free reports whether nothing but its own snapshots hangs on a dataset.
func free(d *dataset) bool {
	for _, s := range d.snaps {
		for _, k := range s.clones {
			if k != d.partial {
				return false
			}
		}
	}
	return len(d.children) == 0
}

// destroyOne destroys a dataset with its snapshots and the leftovers of a receive. Of a pool's root only those.
func (c *call) destroyOne(d *dataset, a destroyArgs) bool {
	if d.partial != nil && !c.destroyHead(d.partial) {
		return false
	}
	if len(d.snaps) > 0 && !c.removeSnapshots(slices.Clone(d.snaps), a.deferred) {
		return false
	}
	return d.parent == nil || c.unmountOne(d) && c.destroyHead(d)
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

// destroyClonesOf destroys the clones of snapshots and all that hangs on them.
func (c *call) destroyClonesOf(snaps []*snapshot, a destroyArgs) bool {
	var roots []*dataset
	ok := true
	for _, s := range snaps {
		for _, k := range s.clones {
			if k.base() == recvName {
				ok = c.destroyHead(k) && ok
			} else {
				roots = append(roots, k)
			}
		}
	}
	set := closure(roots, true)
	for _, e := range set {
		a.announceAll(c, e)
	}
	return c.destroyAll(set, destroyArgs{}) && ok
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
