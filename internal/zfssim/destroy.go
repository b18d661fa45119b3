package zfssim

import (
	"slices"
	"strings"
)

// destroyArgs is a parsed `zfs destroy`.
type destroyArgs struct {
	recurse, clones, deferred, dryRun, verbose, parse, force bool
}

// destroy is `zfs destroy`.
func (c *call) destroy() int {
	opts, rest, ok := c.options("vpndfrR", nil)
	if !ok {
		return badUse
	}
	var a destroyArgs
	for _, o := range opts {
		switch o.letter {
		case 'v':
			a.verbose = true
		case 'p':
			a.verbose, a.parse = true, true
		case 'n':
			a.dryRun = true
		case 'd':
			a.deferred = true
		case 'f':
			a.force = true
		case 'r':
			a.recurse = true
		case 'R':
			a.recurse, a.clones = true, true
		}
	}
	if !c.operands(rest, "missing dataset argument") {
		return badUse
	}
	switch name := rest[0]; {
	case strings.Contains(name, "@"):
		return c.destroySnapshots(name, a)
	case strings.Contains(name, "#"):
		return c.destroyBookmark(name, a)
	default:
		return c.destroyTree(name, a)
	}
}

// destroyBookmark destroys one bookmark.
func (c *call) destroyBookmark(name string, a destroyArgs) int {
	for _, bad := range []struct {
		set  bool
		word string
	}{{a.dryRun, "dryrun"}, {a.deferred, "defer destroy"}, {a.recurse, "recursive"}} {
		if bad.set {
			c.errorf("%s is not supported with bookmark\n", bad.word)
			return minus1
		}
	}
	b := c.lookupMark(name)
	if b == nil {
		c.errorf("bookmark '%s' does not exist.\n", name)
		return failed
	}
	if e := c.mayChange(b.ds.pool); e != eok {
		c.std("cannot destroy bookmark", e)
		return failed
	}
	c.tick(b.ds.pool)
	b.ds.removeMark(b)
	return done
}

func (d *dataset) removeMark(b *bookmark) {
	d.marks = slices.DeleteFunc(slices.Clone(d.marks), func(x *bookmark) bool { return x == b })
}

// announce prints what destroy -v says of one thing.
func (a destroyArgs) announce(c *call, name string) {
	switch {
	case !a.verbose:
	case a.parse:
		c.printf("destroy\t%s\n", name)
	case a.dryRun:
		c.printf("would destroy %s\n", name)
	default:
		c.printf("will destroy %s\n", name)
	}
}

// destroySnapshots destroys a list of snapshots of a dataset ("fs@a,b%c"), and with -r those of the same names below it.
func (c *call) destroySnapshots(name string, a destroyArgs) int {
	fs, spec, _ := strings.Cut(name, "@")
	o, ok := c.open(fs, kindHead)
	if !ok {
		return failed
	}
	list := []*dataset{o.ds}
	if a.recurse {
		list = nil
		o.ds.walk(func(d *dataset) { list = append(list, d) })
	}
	var snaps []*snapshot
	for _, d := range list {
		chosen := d.match(spec)
		for _, s := range chosen {
			if !a.clones && !a.deferred && !c.checkClones(s, a) {
				return failed
			}
		}
		for _, s := range d.snaps {
			if slices.Contains(chosen, s) {
				a.announce(c, s.full())
			}
		}
		snaps = append(snaps, chosen...)
	}
	if len(snaps) == 0 {
		c.errorf("could not find any snapshots to destroy; check snapshot names.\n")
		return failed
	}
	c.reclaim(snaps, a)
	if a.dryRun {
		return done
	}
	if a.clones && !c.destroyClonesOf(snaps, a) {
		return failed
	}
	if !c.removeSnapshots(snaps, a.deferred) {
		return failed
	}
	return done
}

// checkClones complains about the clones of a snapshot to be destroyed.
func (c *call) checkClones(s *snapshot, a destroyArgs) bool {
	if len(s.clones) == 0 {
		return true
	}
	c.errorf("cannot destroy '%s': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\n", s.full())
	for _, n := range dependents(s) {
		c.errorf("%s\n", n)
	}
	return false
}

// dependents are the names of everything that lives on clones of a snapshot.
func dependents(s *snapshot) []string {
	var names []string
	for _, k := range s.clones {
		k.walk(func(d *dataset) {
			for _, t := range d.snaps {
				names = append(names, t.full())
			}
			names = append(names, d.name)
		})
	}
	return names
}

// match resolves a snapshot list: names and ranges, separated by commas.
func (d *dataset) match(spec string) []*snapshot {
	var list []*snapshot
	for _, part := range strings.Split(spec, ",") {
		first, last, isRange := strings.Cut(part, "%")
		if !isRange {
			if s := d.snap(part); s != nil && !slices.Contains(list, s) {
				list = append(list, s)
			}
			continue
		}
		if last != "" && d.snap(last) == nil {
			continue
		}
		in := first == ""
		for _, s := range d.snaps {
			in = in || s.name == first
			if in && !slices.Contains(list, s) {
				list = append(list, s)
			}
			if s.name == last {
				break
			}
		}
	}
	return list
}

// reclaim prints how much space -v expects back.
func (c *call) reclaim(snaps []*snapshot, a destroyArgs) {
	if !a.verbose {
		return
	}
	var n uint64
	for _, s := range snaps {
		n += s.unique()
	}
	switch {
	case a.parse:
		c.printf("reclaim\t%d\n", n)
	case a.dryRun:
		c.printf("would reclaim %s\n", niceBytes(n))
	default:
		c.printf("will reclaim %s\n", niceBytes(n))
	}
}

// removeSnapshots destroys all of them or, when one cannot be, none.
func (c *call) removeSnapshots(snaps []*snapshot, deferred bool) bool {
	if len(snaps) == 0 {
		return true
	}
	if e := c.mayChange(snaps[0].ds.pool); e != eok {
		c.std("cannot destroy snapshots", e)
		return false
	}
	ok := true
	for _, s := range snaps {
		action := "cannot destroy snapshot " + s.full()
		switch e := s.destroyable(deferred); {
		case e == eok:
			continue
		case e == eexist:
			c.say(action, "snapshot is cloned")
		case e == ebusy && len(s.holds) > 0:
			c.say(action, "it's being held. Run 'zfs holds -r "+s.full()+"' to see holders.")
		default:
			c.std(action, e)
		}
		ok = false
	}
	if !ok {
		return false
	}
	c.tick(snaps[0].ds.pool)
	for _, s := range snaps {
		if deferred && (len(s.holds) > 0 || len(s.clones) > 0) {
			s.deferred = true
			continue
		}
		c.removeSnapshot(s)
	}
	return true
}

// destroyable is the kernel's check of one snapshot.
func (s *snapshot) destroyable(deferred bool) errno {
	switch {
	case s.sending > 0:
		return ebusy
	case deferred:
		return eok
	case len(s.holds) > 0:
		return ebusy
	case len(s.clones) > 0:
		return eexist
	}
	return eok
}

func (m *Machine) removeSnapshot(s *snapshot) {
	s.ds.snaps = slices.DeleteFunc(slices.Clone(s.ds.snaps), func(x *snapshot) bool { return x == s })
	s.ds.snapsChanged = m.now()
	m.gen++
}
