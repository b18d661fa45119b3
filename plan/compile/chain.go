package compile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// A dataset may be one job's replica and another's source: tank → backup → a third machine. It is planned in that
// order, and what arrives in it by this plan goes on by this plan.

// feeder is the pair whose replica this pair's source is, nil if it is nobody's.
func (p *pair) feeder() *pair {
	if f := p.job.here.byPlace[p.source]; f != p && f != nil && f.job.Local() {
		return f
	}
	return nil
}

// readers are the pairs that replicate this pair's replica further.
func (p *pair) readers() []*pair {
	if !p.job.Local() {
		return nil
	}
	var all []*pair
	for _, j := range p.job.compiler.jobs {
		if q := j.bySource[p.place]; q != nil && q != p {
			all = append(all, q)
		}
	}
	return all
}

// refuseTorn refuses to roll back a replica beyond what another one goes on from: that would be cut off, and nobody can
// bring it up to date without giving up what it has.
func (p *pair) refuseTorn(base *common) bool {
	if !p.job.Local() {
		return false
	}
	from := p.dst.Snapshots[base.at].CreateTXG
	var looked []*pair
	for _, q := range p.readers() {
		if q.absent() {
			continue
		}
		looked = append(looked, q)
		if q.dst == nil {
			continue
		}
		if c := findCommon(p.dst, q.dst); c != nil && c.CreateTXG > from {
			p.torn(base, "job "+q.job.Name, c.onTarget, "")
			return true
		}
	}
	for _, n := range p.job.compiler.markedNeeds(p.dst, p.place, looked) {
		if n.last != nil && n.last.CreateTXG > from {
			p.torn(base, n.who, snapshotOf(p.dst, n.last), "if that one will never be back, "+p.onTarget(zfs.DestroyBookmark(p.place, n.last.Name)))
			return true
		}
	}
	return false
}

func (p *pair) torn(base *common, who, snapshot, otherwise string) {
	p.refuse(plan.Blocked, map[string]any{"snapshot": snapshot, "who": who},
		fmt.Sprintf("the replica %s must be rolled back to @%s, but %s goes on from its @%s, which that would take away", p.place, base.onTarget, who, snapshot),
		ways(p.putAside(), otherwise))
}

// takeUp lets the pair see its source as it will be when what feeds it has arrived. A source that is not there and
// waits for its feeder has nothing to replicate yet: true.
func (p *pair) takeUp() (waits bool) {
	f := p.feeder()
	switch {
	case f == nil:
		return p.becomesPlace()
	case f.conflict == nil && len(f.data) > 0 && len(f.final) > 0:
		p.upstream, p.src = f, f.after()
	case p.src == nil && f.conflict != nil:
		p.refuse(f.conflict.Code, map[string]any{"feeder": f.source},
			p.source+" is the replica of "+f.source+", which has a conflict of its own and is not there yet",
			"resolve the conflict of "+f.source+", and this one goes with it")
		return true
	case p.src == nil && f.src != nil:
		p.warn("%s is the replica of %s, of which nothing has arrived yet", p.source, f.source)
		return true
	}
	return false
}

// landsBelow are the pairs whose places lie below this pair's source, in order. When the source is not there, they make it.
func (p *pair) landsBelow() []*pair {
	var all []*pair
	for place, q := range p.job.here.byPlace {
		if q.job.Local() && q != p && zfs.Within(place, p.source) {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b *pair) int { return zfs.ComparePaths(a.place, b.place) })
	return all
}

// becomesPlace says that the source is missing so far, and made by this plan as a parent of replicas: it will hold
// nothing that could be replicated.
func (p *pair) becomesPlace() bool {
	return p.src == nil && slices.ContainsFunc(p.landsBelow(), func(q *pair) bool { return q.conflict == nil && q.makes && q.dst == nil })
}

// after is the replica as a source for others once this pair's transfers are done: histories have an order of their
// own on each machine, so what arrives is newer than all that is there.
func (p *pair) after() *observe.Dataset {
	d := &observe.Dataset{Type: p.src.Type, Properties: map[string]string{}}
	if p.dst != nil && !p.gone {
		d.GUID, d.Properties = p.dst.GUID, maps.Clone(p.dst.Properties)
	} else {
		maps.Copy(d.Properties, p.src.Properties)
		d.Properties["origin"] = "-"
		if !p.raw() && !p.vault().encrypted {
			d.Properties["encryption"], d.Properties["keystatus"], d.Properties["encryptionroot"] = "off", "-", "-"
		}
	}
	d.Properties["written"] = "0"
	var txg uint64
	for _, a := range p.final {
		s := a.Snapshot
		if a.sent {
			s.CreateTXG = txg + 1
		}
		txg = max(txg, s.CreateTXG)
		d.Snapshots = append(d.Snapshots, s)
	}
	if p.dst != nil && !p.gone {
		d.Bookmarks = slices.DeleteFunc(slices.Clone(p.dst.Bookmarks), func(b zfs.Bookmark) bool { return b.CreateTXG > txg })
	}
	return d
}
