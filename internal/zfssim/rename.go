package zfssim

import "strings"

// rename is `zfs rename`.
func (c *call) rename() int {
	opts, rest, ok := c.options("pruf", nil)
	if !ok {
		return badUse
	}
	var recurse, parents, noUnmount bool
	for _, o := range opts {
		recurse = recurse || o.letter == 'r'
		parents = parents || o.letter == 'p'
		noUnmount = noUnmount || o.letter == 'u'
	}
	if !c.operands(rest, "missing source dataset argument", "missing target dataset argument") {
		return badUse
	}
	if recurse && !strings.Contains(rest[0], "@") {
		return c.usage("source dataset for recursive rename must be a snapshot")
	}
	want := kindDataset
	switch {
	case noUnmount:
		want = kindFilesystem
	case parents:
		want = kindHead
	}
	o, ok := c.open(rest[0], want)
	if !ok {
		return failed
	}
	if o.name() == rest[1] {
		return done
	}
	if o.kind == kindSnapshot {
		ok = c.renameSnapshot(o.snap, rest[1], recurse)
	} else {
		ok = (!parents || c.createAncestors(rest[1])) && c.renameDataset(o.ds, rest[1], noUnmount)
	}
	if !ok {
		return failed
	}
	return done
}

func (c *call) renameSnapshot(s *snapshot, target string, recurse bool) bool {
	action := "cannot rename to '" + target + "'"
	fs, short, ok := strings.Cut(target, "@")
	switch {
	case !ok:
		fs, short = s.ds.name, target
	case fs == "":
		fs = s.ds.name
	case fs != s.ds.name:
		c.say(action, "snapshots must be part of same dataset")
		return false
	}
	if why := checkName(fs+"@"+short, kindSnapshot, true); why != "" {
		c.say(action, why)
		return false
	}
	action = "cannot rename '" + s.full() + "'"
	if e := c.mayChange(s.ds.pool); e != eok {
		c.std(action, e)
		return false
	}
	list := []*snapshot{s}
	if recurse {
		list = nil
		s.ds.walk(func(d *dataset) {
			if t := d.snap(s.name); t != nil {
				list = append(list, t)
			}
		})
	}
	for _, t := range list {
		if t.ds.snap(short) == nil {
			continue
		}
		if recurse {
			c.say("cannot rename '"+t.full()+"'", "a child dataset already has a snapshot with the new name")
		} else {
			c.std(action, eexist)
		}
		return false
	}
	c.tick(s.ds.pool)
	for _, t := range list {
		t.name = short
		t.ds.snapsChanged = c.now()
	}
	return true
}

func (c *call) renameDataset(d *dataset, target string, noUnmount bool) bool {
	action := "cannot rename to '" + target + "'"
	why := checkName(target, d.kind, true)
	if why == "" {
		why = c.checkParent(target)
		if why == "parent is not a filesystem" || why == "parent does not exist" || strings.HasPrefix(why, "no such pool") || why == "missing dataset name" {
			action = "cannot create '" + target + "'"
		}
	}
	if why == "" && poolName(target) != d.pool.name {
		why = "datasets must be within same pool"
	}
	if why == "" && strings.HasPrefix(target, d.name+"/") {
		why = "New dataset name cannot be a descendant of current dataset name"
	}
	if why != "" {
		c.say(action, why)
		return false
	}
	action = "cannot rename '" + d.name + "'"
	mounted := mountedBelow(d)
	if !noUnmount && !c.unmountTree(d) {
		return false
	}
	parent := c.lookup(parentName(target))
	e := c.mayChange(d.pool)
	switch {
	case e != eok:
	case c.lookup(target) != nil:
		e = eexist
	case d.crypt != nil && !d.isRoot() && !sameRoot(d, parent):
		for _, m := range mounted {
			m.mounted = true
		}
		c.say(action, "cannot move encrypted child outside of its encryption root")
		return false
	}
	if e != eok {
		for _, m := range mounted {
			m.mounted = true
		}
		c.std(action, e)
		return false
	}
	c.tick(d.pool)
	d.move(parent, target)
	for _, m := range mounted {
		m.mounted = m.mountable()
	}
	return true
}

func sameRoot(d, parent *dataset) bool {
	return parent.crypt != nil && parent.crypt.root == d.crypt.root
}

func mountedBelow(d *dataset) []*dataset {
	var list []*dataset
	d.walk(func(e *dataset) {
		if e.mounted {
			list = append(list, e)
		}
	})
	return list
}

// move hangs a dataset under another parent and renames everything below it.
func (d *dataset) move(parent *dataset, name string) {
	d.unlink()
	old := d.name
	d.walk(func(e *dataset) {
		e.name = name + e.name[len(old):]
		if e.partial != nil {
			e.partial.name = e.name + "/" + recvName
		}
	})
	d.parent = parent
	if parent.children == nil {
		parent.children = map[string]*dataset{}
	}
	parent.children[d.base()] = d
}
