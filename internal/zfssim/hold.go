package zfssim

import (
	"maps"
	"slices"
	"strings"
	"time"
)

func (c *call) hold() int    { return c.holdRelease(true) }
func (c *call) release() int { return c.holdRelease(false) }

// holdRelease is `zfs hold` and `zfs release`.
func (c *call) holdRelease(hold bool) int {
	opts, rest, ok := c.options("rt", nil)
	if !ok {
		return badUse
	}
	recurse := false
	for _, o := range opts {
		recurse = recurse || o.letter == 'r'
	}
	if len(rest) < 2 {
		return c.usage("")
	}
	tag := rest[0]
	if hold && strings.HasPrefix(tag, ".") {
		return c.usage("tag may not start with '.'")
	}
	code := done
	for _, arg := range rest[1:] {
		fs, short, ok := strings.Cut(arg, "@")
		if !ok {
			c.errorf("'%s' is not a snapshot\n", arg)
			code = failed
			continue
		}
		o, ok := c.open(fs, kindHead)
		if !ok {
			code = failed
			continue
		}
		list := []*dataset{o.ds}
		if recurse {
			list = nil
			o.ds.walk(func(d *dataset) { list = append(list, d) })
		}
		if hold && !c.holdAll(list, short, tag) || !hold && !c.releaseAll(list, short, tag) {
			code = failed
		}
	}
	return code
}

func (c *call) holdAll(list []*dataset, short, tag string) bool {
	var snaps []*snapshot
	for _, d := range list {
		if s := d.snap(short); s != nil {
			snaps = append(snaps, s)
		}
	}
	if len(snaps) == 0 {
		c.std("cannot hold snapshot '"+list[0].name+"@"+short+"'", enoent)
		return false
	}
	if e := c.mayChange(list[0].pool); e != eok {
		c.std("cannot hold", e)
		return false
	}
	ok := true
	for _, s := range snaps {
		if _, held := s.holds[tag]; held {
			c.say("cannot hold snapshot '"+s.full()+"'", descTagExists)
			ok = false
		}
	}
	if !ok {
		return false
	}
	c.tick(list[0].pool)
	for _, s := range snaps {
		s.addHold(tag, c.now())
	}
	return true
}

func (s *snapshot) addHold(tag string, when int64) {
	if s.holds == nil {
		s.holds = map[string]int64{}
	}
	s.holds[tag] = when
}

func (c *call) releaseAll(list []*dataset, short, tag string) bool {
	action := "cannot release hold from snapshot '" + list[0].name + "@" + short + "'"
	var snaps []*snapshot
	missing := true
	for _, d := range list {
		s := d.snap(short)
		if s == nil {
			continue
		}
		missing = false
		if _, held := s.holds[tag]; held {
			snaps = append(snaps, s)
		}
	}
	switch {
	case len(snaps) > 0:
	case missing:
		c.std(action, enoent)
		return false
	default:
		c.say(action, descNoTag)
		return false
	}
	if e := c.mayChange(list[0].pool); e != eok {
		c.std("cannot release", e)
		return false
	}
	c.tick(list[0].pool)
	for _, s := range snaps {
		delete(s.holds, tag)
		if s.deferred && len(s.holds) == 0 && len(s.clones) == 0 {
			c.removeSnapshot(s)
		}
	}
	return true
}

// holds is `zfs holds`.
func (c *call) holds() int {
	opts, rest, ok := c.options("rHp", nil)
	if !ok {
		return badUse
	}
	recurse, scripted, literal := false, false, false
	for _, o := range opts {
		recurse = recurse || o.letter == 'r'
		scripted = scripted || o.letter == 'H'
		literal = literal || o.letter == 'p'
	}
	if len(rest) == 0 {
		return c.usage("")
	}
	code := done
	var snaps []*snapshot
	for _, arg := range rest {
		fs, short, ok := strings.Cut(arg, "@")
		if !ok {
			c.errorf("'%s' is not a snapshot\n", arg)
			code = failed
			continue
		}
		if recurse {
			o, ok := c.open(fs, kindHead)
			if !ok {
				code = failed
				continue
			}
			o.ds.walk(func(d *dataset) {
				if s := d.snap(short); s != nil {
					snaps = append(snaps, s)
				}
			})
			continue
		}
		o, ok := c.open(arg, kindSnapshot)
		if !ok {
			code = failed
			continue
		}
		snaps = append(snaps, o.snap)
	}
	c.printHolds(snaps, scripted, literal)
	if len(snaps) == 0 {
		c.errorf("no datasets available\n")
	}
	return code
}

func (c *call) printHolds(snaps []*snapshot, scripted, literal bool) {
	nameWidth, tagWidth := 0, 0
	for _, s := range snaps {
		nameWidth = max(nameWidth, len(s.full()))
		for tag := range s.holds {
			tagWidth = max(tagWidth, len(tag))
		}
	}
	if !scripted {
		c.printf("%-*s  %-*s  TIMESTAMP\n", nameWidth, "NAME", tagWidth, "TAG")
	}
	for _, s := range snaps {
		for _, tag := range slices.Sorted(maps.Keys(s.holds)) {
			when := utoa(uint64(s.holds[tag]))
			if !literal {
				when = time.Unix(s.holds[tag], 0).UTC().Format("Mon Jan _2 15:04 2006")
			}
			if scripted {
				c.printf("%s\t%s\t%s\n", s.full(), tag, when)
			} else {
				c.printf("%-*s  %-*s  %s\n", nameWidth, s.full(), tagWidth, tag, when)
			}
		}
	}
}
