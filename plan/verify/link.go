package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// link is a version that a pair has in common: on the source a snapshot or bookmark, on the replica a snapshot.
type link struct {
	guid  zfs.GUID
	order uint64  // among the versions of the source
	by    *action // the transfer that brings it; nil: it was there
}

// removal is versions of one dataset that an action takes away.
type removal struct {
	on    *dataset
	snaps []int    // positions
	marks []string // names
}

func (x *removal) takes(d *dataset, pos int) bool {
	return x != nil && x.on == d && slices.Contains(x.snaps, pos)
}

func (x *removal) takesMark(d *dataset, name string) bool {
	return x != nil && x.on == d && slices.Contains(x.marks, name)
}

// loses judges that no pair, whatever its job, is cut off from its replica. Only what the action waits for counts as
// arrived or marked: anything else may have failed by then.
func (r *replay) loses(a *action, x *removal) *fault {
	for _, p := range x.on.pairs() {
		if !p.looked() {
			continue // its marks speak for it
		}
		l := p.newest(a)
		if l == nil || p.has(l, a, x) || p.outran(l, a) {
			continue
		}
		return wrong("%s and %s of job %s would lose the newest version they have in common", p.src.name, p.dst.name, p.of.Name)
	}
	return nil
}

// outran says that the source had the version as a bookmark which went only after something newer had arrived: so
// either the bookmark is still there or the newer version is, whether or not the action waits for that.
func (p *pair) outran(l *link, a *action) bool {
	return slices.ContainsFunc(p.src.marks, func(b bookmark) bool {
		return b.GUID == l.guid && b.gone && a.sees(b.by) && slices.Contains(b.passed, p)
	})
}

// newest is the newest version that the pair has in common once all is done that the action waits for.
func (p *pair) newest(a *action) *link {
	p.know()
	for i := len(p.links) - 1; i >= 0; i-- {
		if l := &p.links[i]; a.tied(l.by) && p.has(l, a, nil) {
			return l
		}
	}
	return nil
}

// know finds what the pair had in common before the plan.
func (p *pair) know() {
	if p.linked {
		return
	}
	p.linked = true
	if l := p.common(); l != nil {
		p.links = slices.Insert(p.links, 0, *l)
	}
}

// arrived notes that a transfer has brought a snapshot of the source.
func (p *pair) arrived(pos int, by *action) {
	p.links = append(p.links, link{p.src.snaps.at(pos).GUID, p.src.order(pos), by})
}

// fed notes what a transfer into the source has brought there that the replica has already.
func (p *pair) fed(by *action) {
	for pos := p.src.snaps.top(); pos >= 0 && p.src.snaps.by(pos) == by; pos-- {
		if p.src.snaps.has(pos) && p.dst.snaps.version(p.src.snaps.at(pos).GUID) >= 0 {
			p.arrived(pos, by)
			return
		}
	}
}

// sees says that the action, or without one the time before the plan, finds what another action does.
func (a *action) sees(by *action) bool { return by == nil || a != nil && a.tied(by) }

// has says that both sides have the version, as the action sees it and apart from what is taken away.
func (p *pair) has(l *link, a *action, x *removal) bool {
	there := p.dst.snaps.version(l.guid)
	if there < 0 || !a.sees(p.dst.snaps.by(there)) || x.takes(p.dst, there) {
		return false
	}
	here := p.src.snaps.version(l.guid)
	if here >= 0 && a.sees(p.src.snaps.by(here)) && !x.takes(p.src, here) {
		return true
	}
	return slices.ContainsFunc(p.src.marks, func(b bookmark) bool {
		return b.GUID == l.guid && !b.gone && a.sees(b.by) && !x.takesMark(p.src, b.Name) && p.serves(b.Version, there)
	})
}

// serves says that a bookmark can be what a stream starts from, onto that snapshot of the replica: a raw one needs its
// IV set (man zfs-send, and dsl_bookmark.c on v1 bookmarks).
func (p *pair) serves(mark zfs.Version, there int) bool {
	raw, _ := p.raw()
	return !raw || mark.IvsetGUID != 0 || p.dst.snaps.at(there).IvsetGUID == 0
}

// common finds the newest version that both sides had before the plan, in the order of the source.
func (p *pair) common() *link {
	var best *link
	try := func(v zfs.Version, order uint64) {
		if l := (&link{guid: v.GUID, order: order}); (best == nil || order > best.order) && p.has(l, nil, nil) {
			best = l
		}
	}
	for pos := p.src.snaps.top(); pos >= 0 && best == nil; pos-- {
		if p.src.snaps.has(pos) && p.src.snaps.by(pos) == nil {
			try(p.src.snaps.at(pos).Version, p.src.order(pos))
		}
	}
	for i := range p.src.marks {
		if b := &p.src.marks[i]; !b.gone && b.by == nil {
			try(b.Version, b.CreateTXG)
		}
	}
	return best
}
