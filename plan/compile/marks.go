package compile

import (
	"fmt"
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// marks leaves a bookmark on the source of the newest version that each replica has, heals missing ones and removes
// the ones that newer ones replace. A mark that is not this job's and pool's own is never touched.
func (c *compiler) marks() {
	sharers := map[string][]*pair{}
	for _, p := range c.ordered {
		sharers[p.source] = append(sharers[p.source], p)
	}
	c.each(func(p *pair) {
		marked := p.job.Bookmarks && p.job.here.writable(p.source) && p.job.here.pools[zfs.Pool(p.source)].Has("bookmarks")
		if p.conflict == nil && p.common != nil && marked {
			p.mark(sharers[p.source], c.unseenReader(p.source) != nil)
		}
	})
}

// ownFamily is how the pair's new marks are called. Without the pool's GUID they are told apart as well as it goes.
func (p *pair) ownFamily(shared bool) family {
	switch f := p.family(); {
	case f.pool != 0:
		return f
	case shared:
		return p.oldFamily()
	}
	return family{}
}

func (p *pair) mark(sharers []*pair, unseen bool) {
	own := p.ownFamily(len(sharers) > 1 || unseen)
	name := own.name(p.common.GUID)
	if len(p.source)+1+len(name) > zfs.MaxName {
		p.warn("%s is too long a name for a bookmark beside it (%s would pass %d bytes): none is made, so @%s must stay on this machine until the next one has arrived",
			p.source, name, zfs.MaxName, p.common.Name)
		return
	}
	present := false
	for _, b := range p.src.Bookmarks {
		switch {
		case b.Name == name && b.GUID != p.common.GUID:
			p.warn("the bookmark %s#%s belongs to another snapshot than its name says: it is left alone, and none is made", p.source, name)
			return
		case b.Name == name, p.common.bookmark && b.GUID == p.common.GUID:
			present = true // of a bookmark there is no other one to be made
		}
	}
	old, taken := p.replaced(own, sharers, unseen)
	if first, made := p.announce(own); made {
		old = append(old, first) // it has done its work by then
	}
	var made *node
	if !present {
		made = p.makeMark(name, p.common)
	}
	p.removeMarks(old, made, sharers, fmt.Sprintf("replaced by the one of @%s", p.commonName()))
	p.removeMarks(taken, made, sharers, "taken over: the new one also names the pool that has it")
}

// replaced are the marks that may go now: older ones of the same replica, and of names that do not tell replicas apart
// only the one that this pair started from, for any other may be what a disk that is away today starts from.
func (p *pair) replaced(own family, sharers []*pair, unseen bool) (old, taken []zfs.Bookmark) {
	for _, b := range p.src.Bookmarks {
		m, ours := readMark(b)
		if !ours || m.Name == own.name(p.common.GUID) {
			continue
		}
		passed := b.GUID != p.common.GUID && b.CreateTXG < p.common.CreateTXG
		switch {
		case p.common.bookmark && m.Name == p.common.Name:
			// all that is left of the version, and nothing can be made that replaces it
		case p.clungTo(m, sharers):
			// another job starts from it
		case own.pool != 0 && m.family == own:
			if passed || m.first {
				old = append(old, b)
			}
		case m.pool != 0 || m.tag != "" && m.family != p.oldFamily():
			// somebody else's
		case m.tag == "" && len(sharers) > 1 && !p.closes(b, sharers), m.tag == "" && unseen:
			// from when there was one job only, and another one may still need it
		case !p.startedFrom(b) && !(own.pool != 0 && b.GUID == p.common.GUID && len(p.data) == 0):
			// perhaps that of a disk that is away today
		case own.pool != 0:
			taken = append(taken, b)
		case passed:
			old = append(old, b)
		}
	}
	return old, taken
}

// closes says that the pair is the last one of the dataset in the plan, and that all have moved past the bookmark.
func (p *pair) closes(b zfs.Bookmark, sharers []*pair) bool {
	for _, q := range sharers {
		if q.conflict != nil || q.common == nil || q.common.CreateTXG <= b.CreateTXG {
			return false
		}
	}
	return sharers[len(sharers)-1] == p
}

// startedFrom says that the version of the bookmark is the newest that the replica has as things are.
func (p *pair) startedFrom(b zfs.Bookmark) bool {
	base := p.startingPoint()
	return base != nil && base.GUID == b.GUID
}

// startingPoint is the newest common version as things are.
func (p *pair) startingPoint() *common {
	if p.base == nil && p.src != nil && p.dst != nil {
		p.base = findCommon(p.src, p.dst)
	}
	return p.base
}

// clungTo says that another pair of the dataset starts from the mark, or may have to once a person has decided its
// conflict (to bring a renamed replica back, say). A pair that has marks of its own does not need this one.
func (p *pair) clungTo(m mark, sharers []*pair) bool {
	return slices.ContainsFunc(sharers, func(q *pair) bool {
		switch {
		case q == p:
			return false
		case q.conflict != nil || q.common == nil:
			return !q.hasOwnMark()
		}
		return q.common.bookmark && q.common.GUID == m.GUID && q.common.Name == m.Name
	})
}

func (p *pair) hasOwnMark() bool {
	return p.src != nil && slices.ContainsFunc(p.src.Bookmarks, func(b zfs.Bookmark) bool {
		m, ours := readMark(b)
		return ours && m.tag != "" && (m.family == p.family() || m.pool == 0 && m.family == p.oldFamily())
	})
}

// ownMark is the bookmark of a version that this pair made, if there is one: another job's may go with that job's
// progress.
func (p *pair) ownMark(v zfs.Version) zfs.Version {
	best, rank := v, 0
	for _, b := range p.src.Bookmarks {
		m, ours := readMark(b)
		if !ours || b.GUID != v.GUID || b.IvsetGUID != v.IvsetGUID {
			continue
		}
		r := 0
		switch m.family {
		case p.family():
			r = 3
		case p.oldFamily():
			r = 2
		case family{}:
			r = 1
		}
		if r > rank {
			best, rank = b.Version, r
		}
	}
	return best
}

// commonName is the name of the newest common snapshot, as people know it.
func (p *pair) commonName() string {
	if p.common.onTarget != "" {
		return p.common.onTarget
	}
	return p.common.Name
}

// makeMark bookmarks a version once it has arrived.
func (p *pair) makeMark(name string, of *common) *node {
	why := "so that the chain survives if the snapshot is pruned here"
	if len(p.data) == 0 {
		why = "the bookmark of the newest common snapshot is missing"
	}
	n := p.node(plan.Bookmark{Side: plan.Source, Dataset: p.source, Snapshot: of.Name, Bookmark: name}, why,
		plan.ExpectGUID(plan.Source, p.source+"@"+of.Name, of.GUID), plan.ExpectAbsent(plan.Source, p.source+"#"+name))
	if last := p.lastData(); last != nil {
		n.needs = []*node{last}
	}
	p.keep = append(p.keep, n)
	return n
}

// removeMarks takes marks away, after what replaces them is there, and after the other jobs that start from them.
func (p *pair) removeMarks(old []zfs.Bookmark, made *node, sharers []*pair, why string) {
	if len(old) == 0 {
		return
	}
	step := plan.DestroyBookmarks{Side: plan.Source, Dataset: p.source}
	n := p.node(nil, why)
	for _, b := range old {
		step.Names = append(step.Names, b.Name)
		n.Expect = append(n.Expect, plan.ExpectGUID(plan.Source, p.source+"#"+b.Name, b.GUID))
	}
	n.Do = step
	if made != nil {
		n.needs = []*node{made}
	} else if last := p.lastData(); last != nil {
		n.needs = []*node{last}
	}
	late := false
	for _, q := range sharers {
		untagged := slices.ContainsFunc(old, func(b zfs.Bookmark) bool { m, _ := readMark(b); return m.tag == "" })
		if last := q.lastData(); q != p && last != nil && (untagged || slices.ContainsFunc(old, q.sendsFrom)) {
			n.needs, late = append(n.needs, last), true
		}
	}
	if late {
		p.late = append(p.late, n)
	} else {
		p.keep = append(p.keep, n)
	}
}

// sendsFrom says that the pair's transfers start from the bookmark.
func (p *pair) sendsFrom(b zfs.Bookmark) bool {
	for _, n := range p.data {
		if s, ok := n.Do.(plan.Send); ok && s.From != nil && s.From.Name == "#"+b.Name {
			return true
		}
	}
	return false
}

// announce tells whoever prunes the source, before a first transfer to a pool begins, from where on everything is still
// wanted there. The marks of other replicas say that it has arrived; the transfer may take many nights, in which this
// disk may be away and others here; and until its last stream is through nothing else says what it has. A single stream
// says so itself, and where nobody has left a mark nobody prunes.
func (p *pair) announce(own family) (first zfs.Bookmark, made bool) {
	sends := p.sends()
	if own.pool == 0 || len(sends) == 0 || p.base != nil {
		return first, false
	}
	others := false
	for _, b := range p.src.Bookmarks {
		m, ours := readMark(b)
		if ours && m.family == own {
			return first, false
		}
		others = others || ours
	}
	to := sends[0].To
	name := own.name(to.GUID) + firstSuffix
	if !others && len(sends) == 1 || len(p.source)+1+len(name) > zfs.MaxName {
		return first, false
	}
	n := p.node(plan.Bookmark{Side: plan.Source, Dataset: p.source, Snapshot: to.Name[1:], Bookmark: name},
		"so that nothing from here on is pruned on this machine before it has arrived",
		plan.ExpectGUID(plan.Source, p.source+to.Name, to.GUID), plan.ExpectAbsent(plan.Source, p.source+"#"+name))
	p.ahead = append(p.ahead, n)
	return zfs.Bookmark{Version: zfs.Version{Name: name, GUID: to.GUID}}, true
}

// sends are the pair's transfers.
func (p *pair) sends() []plan.Send {
	var all []plan.Send
	for _, n := range p.data {
		if s, ok := n.Do.(plan.Send); ok {
			all = append(all, s)
		}
	}
	return all
}
