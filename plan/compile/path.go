package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// path is the sends that lead from a version of the source to the newest wanted snapshot.
type path struct{ steps []hop }

// hop is one incremental send: from is nil for a full one.
type hop struct {
	from          *common
	to            int // position in the source's snapshots
	intermediates bool
}

// pathFrom plans the fewest sends after the base. With intermediates, runs of snapshots that are all wanted travel in
// one send -I; a gap (a snapshot that the filter leaves out, or a base that is a bookmark) needs a send -i across it.
func (p *pair) pathFrom(base *common) path {
	var out path
	all := p.src.Snapshots
	start, last := p.afterBase(base), p.lastWanted()
	if last < start {
		return out
	}
	if !p.job.Intermediates {
		out.steps = append(out.steps, hop{from: base, to: last})
		return out
	}
	barren := p.barren()
	wanted := func(i int) bool { return p.job.Snapshots.Matches(all[i].Name) && (i == last || !barren(i)) }
	from := base
	for i := start; i <= last; {
		if !wanted(i) {
			i++
			continue
		}
		end := i // the last of the wanted ones that follow without a gap
		for end < last && wanted(end+1) {
			end++
		}
		if adjacent := from.index >= 0 && from.index == i-1; !adjacent || end == i {
			out.steps = append(out.steps, hop{from: from, to: i})
			from = p.sourceVersion(i)
			i++
			continue
		}
		out.steps = append(out.steps, hop{from: from, to: end, intermediates: true})
		from = p.sourceVersion(end)
		i = end + 1
	}
	return out
}

// lastWanted is the position of the newest snapshot that the job replicates, -1 if there is none.
func (p *pair) lastWanted() int {
	last := len(p.src.Snapshots) - 1
	for last >= 0 && !p.job.Snapshots.Matches(p.src.Snapshots[last].Name) {
		last--
	}
	return last
}

// firstWanted is the position of the snapshot that a first replication begins with, -1 if there is none. A raw history
// begins after the snapshots from which it could not go on.
func (p *pair) firstWanted() int {
	last := p.lastWanted()
	if p.job.Initial == config.InitialLatest || !p.job.Intermediates {
		return last
	}
	barren, first := p.barren(), last
	for i := last - 1; i >= 0 && !(barren(i) && p.job.Snapshots.Matches(p.src.Snapshots[i].Name)); i-- {
		if p.job.Snapshots.Matches(p.src.Snapshots[i].Name) {
			first = i
		}
	}
	return first
}

// afterBase is the position of the first source snapshot that is newer than the base.
func (p *pair) afterBase(base *common) int {
	if base.origin != nil {
		return 0 // whatever a clone has is newer than its origin
	}
	if base.index >= 0 {
		return base.index + 1
	}
	i := 0
	if base.origin != nil {
		return i // all of a clone's own snapshots are newer than what it was made from
	}
	for i < len(p.src.Snapshots) && p.src.Snapshots[i].CreateTXG <= base.CreateTXG {
		i++
	}
	return i
}

func (p *pair) sourceVersion(i int) *common {
	s := p.src.Snapshots[i]
	return &common{Version: s.Version, index: i, onTarget: s.Name}
}

// send adds the sends of a path, and what the replica has after each.
func (p *pair) send(path path, first zfs.ReceiveOptions) {
	if arriving := p.carried(path); len(arriving) == 0 || p.refuseCollision(arriving) || p.refuseNames(arriving) {
		return
	}
	flags := p.sendFlags()
	for i, h := range path.steps {
		receive := p.incrementalOptions()
		if i == 0 && (h.from == nil || h.from.origin != nil) {
			receive = first
		}
		p.hop(h, flags, receive)
	}
}

func (p *pair) hop(h hop, flags zfs.SendFlags, receive zfs.ReceiveOptions) {
	to := p.src.Snapshots[h.to]
	s := plan.Send{Mode: plan.Full, Dataset: p.source, Target: p.place, To: plan.SnapshotRef(to.Version), Flags: flags, Receive: p.sealed(receive)}
	expect := []plan.Expect{plan.ExpectGUID(plan.Source, p.source+"@"+to.Name, to.GUID)}
	first := h.to
	if h.from != nil {
		ref := h.from.ref()
		s.Mode, s.From, s.Intermediates, s.Origin = plan.Incremental, &ref, h.intermediates, h.from.origin != nil
		expect = append(expect, p.expectBase(h.from)...)
		if h.intermediates {
			first = h.from.index + 1
		}
		s.Bytes = p.estimate(p.afterBase(h.from), h.to)
	} else {
		s.Bytes = known(to.Referenced, to.Referenced)
		expect = append(expect, p.expectPlace()...)
	}
	p.add(s, p.whySend(h), expect...)
	p.arrive(first, h.to)
}

// expectBase is that both sides still have the version that a send starts from.
func (p *pair) expectBase(from *common) []plan.Expect {
	if o := from.origin; o != nil {
		return append(p.expectPlace(), plan.ExpectGUID(plan.Source, o.source+"@"+from.Name, from.GUID), plan.ExpectGUID(plan.Target, o.place+"@"+from.onTarget, from.GUID))
	}
	return []plan.Expect{plan.ExpectGUID(plan.Source, p.source+from.ref().Name, from.GUID), plan.ExpectGUID(plan.Target, p.place+"@"+from.onTarget, from.GUID)}
}

// arrive notes that the source's snapshots first..last are on the replica from now on.
func (p *pair) arrive(first, last int) {
	for _, s := range p.src.Snapshots[first : last+1] {
		s.Holds, s.Clones = 0, 0 // those of the source stay there
		p.final = append(p.final, arrival{s, true})
	}
	p.common = p.sourceVersion(last)
	p.common.at = len(p.final) - 1
}

// whySend says why this send, in words.
func (p *pair) whySend(h hop) string {
	switch absent := p.dst == nil || p.gone; {
	case h.from == nil && absent && h.to == 0:
		return "the target does not have it yet: from its oldest snapshot on, so that its history comes along"
	case h.from == nil && absent:
		return "the target does not have it yet"
	case h.from == nil:
		return "the target's dataset is empty and has no snapshots: it is replaced"
	case h.intermediates:
		return fmt.Sprintf("%s after %s, which both sides have", plan.Count(h.to-h.from.index, "snapshot"), h.from.ref().Name)
	case h.from.origin != nil:
		return fmt.Sprintf("the target does not have it yet; it is a clone of %s, which is there, and becomes one on the target too", h.from.ref().Name)
	case h.from.bookmark:
		return fmt.Sprintf("the newest common snapshot is gone from the source; its bookmark %s carries on from there", h.from.ref().Name)
	case !p.job.Intermediates && h.from.index >= 0 && h.to-h.from.index > 1:
		return fmt.Sprintf("the newest snapshot after %s, which both sides have; intermediates = false leaves out what is between", h.from.ref().Name)
	default:
		return fmt.Sprintf("1 snapshot after %s, which both sides have", h.from.ref().Name)
	}
}

// estimate sums what the source's snapshots first..last wrote, nil if that is not known of all.
func (p *pair) estimate(first, last int) *int64 {
	var sum int64
	for _, s := range p.src.Snapshots[first : last+1] {
		if s.Referenced == 0 {
			return nil
		}
		sum += s.Written
	}
	return &sum
}

func known(n, witness int64) *int64 {
	if witness == 0 {
		return nil
	}
	return &n
}
