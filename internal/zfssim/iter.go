package zfssim

import (
	"cmp"
	"slices"
	"strings"
)

// selection is what a listing command walks over.
type selection struct {
	types   kind
	hidden  bool // snapshots only where they are named
	recurse bool
	depth   int // -1: no limit
	args    []string
	sort    []sortKey
}

type sortKey struct {
	prop    string
	reverse bool
}

var typeWords = map[string]kind{
	"filesystem": kindFilesystem, "fs": kindFilesystem, "volume": kindVolume, "vol": kindVolume,
	"snapshot": kindSnapshot, "snap": kindSnapshot, "bookmark": kindBookmark, "all": kindAll,
}

// parseTypes reads the argument of -t.
func (c *call) parseTypes(arg string) (kind, bool) {
	var k kind
	for _, w := range strings.Split(arg, ",") {
		t, ok := typeWords[w]
		if !ok {
			c.usage("invalid type '%s'", w)
			return 0, false
		}
		k |= t
	}
	return k, true
}

// gather returns the selected objects in the order they are printed, and a failure for every name that is not there.
func (c *call) gather(s selection) ([]object, int) {
	g := gatherer{selection: s}
	if len(s.args) > 1 {
		g.seen = map[any]bool{}
	}
	code := done
	if len(s.args) == 0 {
		g.recurse = true
		names := make([]string, 0, len(c.pools))
		for n := range c.pools {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			g.visit(object{kind: kindFilesystem, ds: c.pools[n].root}, 0)
		}
	}
	argTypes := s.types
	if s.recurse {
		argTypes |= kindFilesystem
		if s.types&(kindSnapshot|kindBookmark) != 0 {
			argTypes |= kindVolume
		}
	}
	for _, a := range s.args {
		o, ok := c.open(a, argTypes)
		if !ok {
			code = failed
			continue
		}
		g.visit(o, 0)
	}
	c.order(g.found, s.sort)
	return g.found, code
}

type gatherer struct {
	selection
	found []object
	seen  map[any]bool
}

func (g *gatherer) add(o object) {
	if g.seen != nil {
		var key any = o.ds
		switch o.kind {
		case kindSnapshot:
			key = o.snap
		case kindBookmark:
			key = o.mark
		}
		if g.seen[key] {
			return
		}
		g.seen[key] = true
	}
	g.found = append(g.found, o)
}

func (g *gatherer) visit(o object, depth int) {
	if o.kind&g.types != 0 {
		g.add(o)
	}
	if !g.recurse || o.kind&kindHead == 0 || g.depth >= 0 && depth >= g.depth {
		return
	}
	if o.kind == kindFilesystem && (g.depth < 0 || depth+1 < g.depth || g.types&kindHead != 0) {
		for _, child := range o.ds.children {
			g.visit(object{kind: child.kind, ds: child}, depth+1)
		}
	}
	if g.types&kindSnapshot != 0 && !g.hidden {
		for _, s := range o.ds.snaps {
			g.add(object{kind: kindSnapshot, ds: o.ds, snap: s})
		}
	}
	if g.types&kindBookmark != 0 {
		for _, b := range o.ds.marks {
			g.add(object{kind: kindBookmark, ds: o.ds, mark: b})
		}
	}
}

// order sorts objects by the given keys and then as ZFS does by itself: datasets by name, their snapshots by age after them.
func (c *call) order(list []object, keys []sortKey) {
	slices.SortFunc(list, func(a, b object) int {
		for _, k := range keys {
			if r := c.compareBy(a, b, k); r != 0 {
				return r
			}
		}
		return compareObjects(a, b)
	})
}

func compareObjects(a, b object) int {
	an, bn := a.ds.name, b.ds.name
	if a.kind == kindBookmark || b.kind == kindBookmark {
		an, bn = beforeAt(a), beforeAt(b)
	}
	if r := strings.Compare(an, bn); r != 0 {
		return r
	}
	switch {
	case a.kind == kindSnapshot && b.kind == kindSnapshot:
		return cmp.Or(cmp.Compare(a.snap.txg, b.snap.txg), strings.Compare(a.snap.name, b.snap.name))
	case a.kind == kindSnapshot:
		return 1
	case b.kind == kindSnapshot:
		return -1
	}
	return 0
}

// beforeAt is the name up to a snapshot's @: a bookmark's whole name.
func beforeAt(o object) string {
	if o.kind == kindBookmark {
		return o.mark.full()
	}
	return o.ds.name
}

func (c *call) compareBy(a, b object, k sortKey) int {
	p := findProp(k.prop)
	var av, bv string
	var aok, bok bool
	if p == nil {
		av, bv = c.userProp(a, k.prop).text, c.userProp(b, k.prop).text
		aok, bok = av != "-", bv != "-"
	} else {
		var x, y value
		x, aok = c.property(a, p, true)
		y, bok = c.property(b, p, true)
		av, bv = x.text, y.text
	}
	r := 0
	switch {
	case !aok && !bok:
	case !aok:
		return 1
	case !bok:
		return -1
	case p != nil && p.typ == typeNumber:
		r = cmp.Compare(atou(av), atou(bv))
	default:
		r = strings.Compare(av, bv)
	}
	if k.reverse {
		return -r
	}
	return r
}

// userProp is a user property in effect, "-" when there is none.
func (m *Machine) userProp(o object, name string) value {
	switch o.kind {
	case kindBookmark:
		return value{text: "-"}
	case kindSnapshot:
		if p, ok := o.snap.props[name]; ok {
			if p.hasLocal {
				return value{text: p.local, src: srcLocal}
			}
			return value{text: p.received, src: srcReceived}
		}
	}
	text, src, from := o.ds.effective(name, true)
	switch {
	case src == srcNone:
		return value{text: "-"}
	case src == srcInherited || o.kind == kindSnapshot:
		return value{text: text, src: srcInherited, from: from.name}
	}
	return value{text: text, src: src}
}

// written is the property written@snap or written#bookmark of an object.
func (m *Machine) writtenSince(o object, name string) (string, bool) {
	spec := name[len("written@"):]
	if !strings.ContainsAny(spec, "@#") {
		spec = o.ds.name + name[len("written"):]
	}
	since, ok := m.find(spec)
	if !ok || since.kind&(kindSnapshot|kindBookmark) == 0 || o.kind == kindBookmark {
		return "", false
	}
	var base = since.ds.head
	switch since.kind {
	case kindSnapshot:
		base = since.snap.content
	case kindBookmark:
		base = since.mark.content
	}
	if o.kind == kindSnapshot {
		return utoa(o.ds.writtenBetween(o.snap.content, base, since.txg())), true
	}
	return utoa(o.ds.writtenBetween(o.ds.head, base, since.txg())), true
}
