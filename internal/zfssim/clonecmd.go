package zfssim

import "slices"

// clone is `zfs clone`.
func (c *call) clone() int {
	opts, rest, ok := c.options("o:p", nil)
	if !ok {
		return badUse
	}
	var props []pair
	parents := false
	for _, o := range opts {
		if o.letter == 'p' {
			parents = true
			continue
		}
		if props, ok = c.parsePair(props, o.arg); !ok {
			return failed
		}
	}
	if !c.operands(rest, "missing source dataset argument", "missing target dataset argument") {
		return badUse
	}
	o, ok := c.open(rest[0], kindSnapshot)
	if !ok {
		return failed
	}
	if parents && checkName(rest[1], kindHead, true) == "" {
		if c.lookup(rest[1]) != nil {
			return done
		}
		if !c.createAncestors(rest[1]) {
			return failed
		}
	}
	d := c.cloneTo(o.snap, rest[1], props)
	if d == nil {
		return failed
	}
	return c.mountNew(d)
}

// cloneTo makes a clone or says why not.
func (c *call) cloneTo(s *snapshot, name string, props []pair) *dataset {
	action := "cannot create '" + name + "'"
	why := checkName(name, kindFilesystem, true)
	if why == "" {
		why = c.checkParent(name)
	}
	if why != "" {
		c.say(action, why)
		return nil
	}
	checked, ok := c.checkProps(action, props, s.ds.kind)
	if !ok {
		return nil
	}
	for _, p := range checked {
		if def := findProp(p.key); def != nil && (def.encryptionParam() || p.key == "encryption") {
			c.say(action, "Encryption properties must inherit from origin dataset.")
			return nil
		}
	}
	e := c.mayChange(s.ds.pool)
	switch {
	case e == eok && poolName(name) != s.ds.pool.name:
		c.say(action, "source and target pools differ")
		return nil
	case e == eok && c.lookup(name) != nil:
		e = eexist
	}
	if e != eok {
		c.std(action, e)
		return nil
	}
	c.tick(s.ds.pool)
	d := c.newClone(c.lookup(parentName(name)), name, s)
	for _, p := range checked {
		d.setLocal(p.key, p.value)
	}
	if d.kind == kindVolume {
		d.setLocal("volsize", s.volsize)
	}
	return d
}

// newClone makes a dataset that starts as a snapshot is.
func (m *Machine) newClone(parent *dataset, name string, s *snapshot) *dataset {
	d := m.newDataset(parent.pool, parent, name, s.ds.kind)
	m.graft(d, s)
	return d
}

// graft makes a dataset a clone of a snapshot.
func (m *Machine) graft(d *dataset, s *snapshot) {
	d.origin, d.head, d.features = s, s.content, s.features
	s.clones = append(s.clones[:len(s.clones):len(s.clones)], d)
	if k := s.ds.crypt; k != nil {
		copied := *k
		copied.loaded = 0
		d.crypt = &copied
	}
}

// promote is `zfs promote`: the clone takes over its origin and the snapshots before it.
func (c *call) promote() int {
	_, rest, ok := c.options("", nil)
	if !ok {
		return badUse
	}
	if !c.operands(rest, "missing clone filesystem argument") {
		return badUse
	}
	o, ok := c.open(rest[0], kindHead)
	if !ok {
		return failed
	}
	d := o.ds
	action := "cannot promote '" + d.name + "'"
	if d.origin == nil {
		c.say(action, "not a cloned filesystem")
		return failed
	}
	if e := c.mayChange(d.pool); e != eok {
		c.std(action, e)
		return failed
	}
	old, at := d.origin.ds, d.origin
	if d.crypt != nil && old.crypt != nil && d.crypt.root != old.crypt.root {
		c.say(action, "cannot promote dataset outside its encryption root")
		return failed
	}
	for _, s := range old.snaps {
		if s.txg <= at.txg && d.snap(s.name) != nil {
			c.say(action, "conflicting snapshot '"+s.name+"' from parent '"+at.full()+"'")
			return failed
		}
	}
	c.tick(d.pool)
	c.swapOrigin(d, old, at)
	return done
}

// swapOrigin moves the shared history from old to its clone d.
func (m *Machine) swapOrigin(d, old *dataset, at *snapshot) {
	i := slices.Index(old.snaps, at) + 1
	moved := slices.Clone(old.snaps[:i])
	for _, s := range moved {
		s.ds = d
	}
	d.snaps = append(moved, d.snaps...)
	old.snaps = slices.Clone(old.snaps[i:])
	for _, b := range slices.Clone(old.marks) {
		if b.txg <= at.txg && d.mark(b.name) == nil {
			old.removeMark(b)
			b.ds = d
			d.addMark(b)
		}
	}
	at.clones = slices.DeleteFunc(slices.Clone(at.clones), func(x *dataset) bool { return x == d })
	at.clones = append(at.clones, old)
	d.origin, old.origin = old.origin, at
	if d.origin != nil {
		d.origin.clones = slices.DeleteFunc(slices.Clone(d.origin.clones), func(x *dataset) bool { return x == old })
		d.origin.clones = append(d.origin.clones, d)
	}
	if d.crypt != nil && d.crypt.root == old {
		d.crypt.loaded = old.crypt.loaded
		root := d
		d.pool.root.walk(func(e *dataset) {
			if e.crypt != nil && e.crypt.root == old {
				e.crypt.root = root
			}
		})
	}
	d.snapsChanged, old.snapsChanged = m.now(), m.now()
}
