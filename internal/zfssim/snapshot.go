package zfssim

import "strings"

// snapshot is `zfs snapshot`: all of them in one transaction group, or none.
func (c *call) snapshot() int {
	opts, rest, ok := c.options("ro:", nil)
	if !ok {
		return badUse
	}
	recurse := false
	var props []pair
	for _, o := range opts {
		switch o.letter {
		case 'r':
			recurse = true
		case 'o':
			if props, ok = c.parsePair(props, o.arg); !ok {
				return failed
			}
		}
	}
	if len(rest) == 0 {
		return c.usage("missing snapshot argument")
	}
	var names []string
	for _, arg := range rest {
		fs, short, ok := strings.Cut(arg, "@")
		if !ok {
			return c.usage("")
		}
		o, ok := c.open(fs, kindHead)
		if !ok {
			return c.usage("")
		}
		if !recurse {
			names = append(names, fs+"@"+short)
			continue
		}
		o.ds.walk(func(d *dataset) {
			if !d.inconsistent {
				names = append(names, d.name+"@"+short)
			}
		})
	}
	if !c.takeSnapshots(names, props) {
		if recurse || len(rest) > 1 {
			c.errorf("no snapshots were created\n")
		}
		return failed
	}
	return done
}

// takeSnapshots makes snapshots of any number of datasets of one pool, or says why it makes none.
func (c *call) takeSnapshots(names []string, props []pair) bool {
	const action = "cannot create snapshots "
	for _, n := range names {
		if why := checkName(n, kindSnapshot, true); why != "" {
			c.say("cannot create snapshot '"+n+"'", why)
			return false
		}
	}
	if len(names) == 0 {
		return false // -r, and everything is being received
	}
	for _, p := range props {
		if _, _, bad := normalize(p.key, p.value, kindSnapshot, true, false); bad != nil {
			c.say(action, bad.text())
			return false
		}
	}
	pool := c.pools[poolName(names[0])]
	if e := c.mayChange(pool); e != eok {
		c.std(action, e)
		return false
	}
	seen := map[string]bool{}
	for _, n := range names {
		fs := n[:strings.IndexByte(n, '@')]
		if seen[fs] {
			c.say(action, "multiple snapshots of same fs not allowed")
			return false
		}
		seen[fs] = true
		if poolName(n) != pool.name {
			c.say(action, "multiple snapshots of same fs not allowed")
			return false
		}
	}
	if !c.checkSnapshots(names) {
		return false
	}
	c.tick(pool)
	for _, n := range names {
		fs, short, _ := strings.Cut(n, "@")
		s := c.addSnapshot(c.lookup(fs), short)
		for _, p := range props {
			s.setUser(p.key, p.value, true)
		}
	}
	return true
}

// checkSnapshots says, for each snapshot that cannot be made, why.
func (c *call) checkSnapshots(names []string) bool {
	ok, reserved := true, uint64(0)
	for _, n := range names {
		fs, short, _ := strings.Cut(n, "@")
		d := c.lookup(fs)
		e := eok
		need, have := c.snapshotRoom(d)
		switch {
		case d.snap(short) != nil:
			e = eexist
		case d.inconsistent:
			e = ebusy
		case need > sub(have, reserved):
			e = enospc
		default:
			reserved += need
		}
		if e != eok {
			c.std("cannot create snapshot '"+n+"'", e)
			ok = false
		}
	}
	return ok
}

// addSnapshot puts a snapshot of the head. The caller has begun the change with tick.
func (m *Machine) addSnapshot(d *dataset, name string) *snapshot {
	d.pool.objects += 7
	s := &snapshot{
		ds: d, name: name, guid: m.random(), txg: d.pool.txg, objset: d.pool.objects, creation: m.now(), content: d.head,
		features: d.features,
	}
	if d.kind == kindVolume {
		s.volsize = d.str("volsize")
	}
	if d.crypt != nil {
		s.ivset = m.random()
	}
	d.snaps = append(d.snaps, s)
	d.snapsChanged = m.now()
	return s
}
