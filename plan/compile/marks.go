package compile

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// markPrefix begins the name of every bookmark that zfsrep makes; the snapshot's GUID follows. Nothing that a person
// may rename (a job, a host) is part of it, so a renamed job finds its marks again.
const markPrefix = "zfsrep_"

// marks leaves a bookmark on the source of the newest version that each replica has, heals missing ones and removes
// the ones that newer ones replace.
func (c *compiler) marks() {
	sharers := map[string][]*pair{}
	c.pairs(func(p *pair) { sharers[p.source] = append(sharers[p.source], p) })
	c.pairs(func(p *pair) {
		pool := p.job.source.Pools[zfs.Pool(p.source)]
		if p.conflict == nil && p.common != nil && p.job.Bookmarks && pool.Has("bookmarks") && !pool.Readonly {
			p.mark(sharers[p.source], c.unseenNeeds(p.source) != nil)
		}
	})
}

// tag tells the marks of several targets of one source dataset apart: it is made of where the replica lies.
func (p *pair) tag() string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s:%d/%s", p.job.RemoteHost, p.job.RemotePort, p.place)
	return fmt.Sprintf("_%08x", h.Sum32())
}

func (p *pair) mark(sharers []*pair, unseen bool) {
	tag, shared := p.tag(), len(sharers) > 1 || unseen
	want := p.common
	name := markPrefix + want.GUID.String()
	if shared {
		name += tag
	}
	present, ours, old := false, true, []zfs.Bookmark{}
	for _, b := range p.src.Bookmarks {
		plain := markPrefix + b.GUID.String()
		switch {
		case b.GUID == want.GUID && (b.Name == name || want.bookmark):
			present = true
		case b.Name == name:
			p.warn("the bookmark %s#%s belongs to another snapshot than its name says: it is left alone, and none is made", p.source, name)
			return
		case b.GUID == want.GUID || b.CreateTXG >= want.CreateTXG:
		case slices.ContainsFunc(sharers, func(q *pair) bool { return q != p && (q.conflict != nil || q.clingsTo(b)) }):
			// another job still starts from it, or its conflict may end in its doing so: the person who decides that
			// (to bring a renamed replica back, say) may need every version that is left
		case b.Name == plain+tag:
			old = append(old, b)
		case b.Name == plain && !unseen && sharers[len(sharers)-1] == p && allBeyond(sharers, b):
			old, ours = append(old, b), false
		}
	}
	var made *node
	if !present {
		made = p.makeMark(name)
	}
	if len(old) > 0 {
		n, late := p.removeMarks(old, made), false
		for _, q := range sharers {
			if k := len(q.data); q != p && k > 0 && (!ours || q.startsFromAny(old)) {
				n.needs, late = append(n.needs, q.data[k-1]), true
			}
		}
		if late {
			p.late = append(p.late, n)
		} else {
			p.keep = append(p.keep, n)
		}
	}
}

// ownMark is the bookmark of a version that this pair made, if there is one: another job's may go with that job's progress.
func (p *pair) ownMark(v zfs.Version) zfs.Version {
	plain := markPrefix + v.GUID.String()
	best := v
	for _, b := range p.src.Bookmarks {
		if b.GUID == v.GUID && (b.Name == plain+p.tag() || b.Name == plain && best.Name != plain+p.tag()) {
			best = b.Version
		}
	}
	return best
}

// startsFrom says that the bookmark is what the pair has in common with its replica, as things are.
func (p *pair) startsFrom(b zfs.Bookmark) bool {
	if p.base == nil && p.src != nil && p.dst != nil {
		if p.base = findCommon(p.src, p.dst); p.base != nil && p.base.bookmark {
			p.base.Version = p.ownMark(p.base.Version)
		}
	}
	return p.base != nil && p.base.bookmark && p.base.Name == b.Name
}

func (p *pair) startsFromAny(all []zfs.Bookmark) bool { return slices.ContainsFunc(all, p.startsFrom) }

// clingsTo says that after this plan, too, the bookmark will be what the pair has in common with its replica.
func (p *pair) clingsTo(b zfs.Bookmark) bool {
	return p.startsFrom(b) && (p.conflict != nil || p.common == nil || p.common.GUID == b.GUID)
}

// allBeyond says that no sharer of the source needs a mark without a tag, made when there was one sharer only. The last
// of them in the order of the plan removes it.
func allBeyond(sharers []*pair, b zfs.Bookmark) bool {
	for _, q := range sharers {
		if q.conflict != nil || q.common == nil || q.common.CreateTXG <= b.CreateTXG {
			return false
		}
	}
	return true
}

func (p *pair) makeMark(name string) *node {
	want := p.common
	why := "so that the chain survives if the snapshot is pruned here"
	if len(p.data) == 0 {
		why = "the bookmark of the newest common snapshot is missing"
	}
	step := plan.Bookmark{plan.Source, p.source, want.Name, name}
	n := &node{Action: plan.Action{Job: p.job.Name, Do: step, Why: why, Commands: step.commands(p.job.via), Expect: []plan.Expect{
		plan.ExpectGUID(plan.Source, p.source+"@"+want.Name, want.GUID), plan.ExpectAbsent(plan.Source, p.source+"#"+name)}}}
	if k := len(p.data); k > 0 {
		n.needs = []*node{p.data[k-1]}
	}
	p.keep = append(p.keep, n)
	return n
}

// removeMarks takes away marks of versions that are older than the newest common one. They go only after that one is
// on the target and marked.
func (p *pair) removeMarks(old []zfs.Bookmark, after *node) *node {
	step := plan.DestroyBookmarks{Side: plan.Source, Dataset: p.source}
	var expect []plan.Expect
	for _, b := range old {
		step.Names = append(step.Names, b.Name)
		expect = append(expect, plan.ExpectGUID(plan.Source, p.source+"#"+b.Name, b.GUID))
	}
	n := &node{Action: plan.Action{Job: p.job.Name, Do: step, Commands: step.commands(p.job.via), Expect: expect,
		Why: fmt.Sprintf("replaced by the one of @%s", strings.TrimPrefix(p.common.Name, markPrefix))}}
	if after != nil {
		n.needs = []*node{after}
	} else if k := len(p.data); k > 0 {
		n.needs = []*node{p.data[k-1]}
	}
	return n
}
