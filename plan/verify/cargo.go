package verify

import (
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// cargo is what a stream carries, and what it starts from.
type cargo struct {
	src         *dataset
	first, last int // positions in the history of the source

	full     bool        // it starts from nothing
	base     zfs.Version // what it starts from
	mark     bool        // of which only a bookmark is left
	origin   *dataset    // the replica of the origin, if it brings a clone
	originAt int         // the position of the origin there
}

func (c *cargo) snaps() [][]zfs.Snapshot { return c.src.snaps.span(c.first, c.last) }

// load finds on the source what a send carries.
func (r *replay) load(a *action, p *pair, s plan.Send) (*cargo, *fault) {
	to, f := p.src.snapshot(s.To.Name, s.To.GUID)
	if f != nil {
		return nil, f
	}
	c := &cargo{src: p.src, first: to, last: to, full: s.Mode == plan.Full}
	switch {
	case c.full:
	case s.Origin:
		f = r.loadClone(a, p, c, s.From.Name, s.From.GUID)
	case s.Mode == plan.Resume && s.From == nil:
		f = r.loadFirst(a, p, c)
	default:
		f = p.loadBase(a, c, s)
	}
	if f != nil {
		return nil, f
	}
	for pos := c.first; pos <= c.last; pos++ {
		if f := a.after(p.src.snaps.by(pos), "which brings @"+p.src.snaps.at(pos).Name+" to "+p.src.name); f != nil {
			return nil, f
		}
		if run := p.src.snaps.run(pos); run.by == nil {
			pos = min(c.last, run.start+len(run.snaps)-1) // as one came, all of them came
		}
	}
	return c, nil
}

// loadBase finds the version that an increment starts from.
func (p *pair) loadBase(a *action, c *cargo, s plan.Send) *fault {
	if s.From.Bookmark() {
		name, ok := strings.CutPrefix(s.From.Name, "#")
		b := p.src.mark(name)
		switch {
		case !ok || b == nil || b.GUID != s.From.GUID:
			return drift(p.src.name+s.From.Name+" is gone from "+p.src.on.title, "the source does not have %s", s.From.Name)
		case s.Intermediates:
			return wrong("only one snapshot can be sent from a bookmark")
		case b.CreateTXG >= p.src.order(c.last):
			return wrong("%s is not older than %s", s.From.Name, s.To.Name)
		}
		c.base, c.mark = b.Version, true
		return a.after(b.by, "which leaves the bookmark")
	}
	from, f := p.src.snapshot(s.From.Name, s.From.GUID)
	switch {
	case f != nil:
		return f
	case from >= c.last:
		return wrong("%s is not older than %s", s.From.Name, s.To.Name)
	}
	c.base = p.src.snaps.at(from).Version
	if s.Intermediates {
		c.first = from + 1
	}
	return a.after(p.src.snaps.by(from), "which brings "+s.From.Name+" to "+p.src.name)
}

// loadFirst finds what an interrupted first transfer started from: nothing, or the origin of a clone.
func (r *replay) loadFirst(a *action, p *pair, c *cargo) *fault {
	if p.dst.partial == nil || p.dst.partial.FromGUID == 0 {
		c.full = true
		return nil
	}
	return r.loadClone(a, p, c, p.src.prop("origin"), p.dst.partial.FromGUID)
}

// loadClone finds the origin of a clone, on both sides.
func (r *replay) loadClone(a *action, p *pair, c *cargo, from string, guid zfs.GUID) *fault {
	dataset, _, _ := zfs.SplitVersion(from)
	if origin := p.src.prop("origin"); origin != from {
		return wrong("%s is no clone of %s", p.src.name, from)
	}
	o := r.here.at(dataset)
	pos, f := o.snapshot(from[len(dataset):], guid)
	if f != nil {
		return f
	}
	readers := o.readers()
	own := slices.DeleteFunc(slices.Clone(readers), func(q *pair) bool { return q.of != p.of })
	for _, q := range slices.Concat(own, readers) { // ZFS looks near the place first, which is where the job's own is
		if q.dst.on != p.dst.on || zfs.Pool(q.dst.name) != zfs.Pool(p.dst.name) {
			continue
		}
		if at := q.dst.snaps.version(guid); at >= 0 {
			c.base, c.origin, c.originAt = o.snaps.at(pos).Version, q.dst, at
			return a.after(q.dst.snaps.by(at), "which brings the origin")
		}
	}
	return drift("the origin "+from+" is gone from "+p.dst.on.title, "the origin %s is not on both sides", from)
}
