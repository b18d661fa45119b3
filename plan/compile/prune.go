package compile

import (
	"fmt"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// wish is a policy that some job has for a history.
type wish struct {
	pair   *pair
	side   plan.Side
	policy retention.Policy
}

// prune plans what retention lets go. Whatever the policies say, these stay: the newest common version of every pair,
// what has not arrived where it should, what is held or has clones; and a dataset with a conflict loses nothing.
func (c *compiler) prune() {
	for _, p := range c.ordered {
		p.noteClones()
	}
	for _, h := range c.histories() {
		if wishes := h.wishes(); len(wishes) > 0 {
			c.guard(wishes[0].pair, func() { c.pruneHistory(h, wishes) })
		}
	}
}

func (c *compiler) pruneHistory(h *history, wishes []wish) {
	i := slices.IndexFunc(wishes, func(w wish) bool { return w.pair.conflict == nil })
	if i < 0 {
		return // nobody who prunes can see that what makes the others dispensable is where it should be
	}
	owner := wishes[i]
	if !owner.machine().writable(h.name) || !h.settled(owner.pair) {
		return
	}
	snaps := h.snapshots()
	if len(snaps) == 0 {
		return
	}
	needs := h.needs(c)
	kept := make([]int, len(needs))
	spared := func(s zfs.Snapshot) bool {
		for i, n := range needs {
			if n.spares(s) {
				kept[i]++
				return true
			}
		}
		return h.needed(s)
	}
	going := c.agreed(wishes, snaps, true)
	going = slices.DeleteFunc(going, func(v retention.Verdict) bool { return spared(v.Snapshot) })
	for i, n := range needs {
		n.explain(owner.pair, h, kept[i])
	}
	early := c.surplus(h, wishes, going)
	owner.destroy(h, early, true)
	owner.destroy(h, slices.DeleteFunc(going, func(v retention.Verdict) bool {
		return slices.ContainsFunc(early, func(e retention.Verdict) bool { return e.Snapshot.GUID == v.Snapshot.GUID })
	}), false)
}

// agreed are the snapshots that every policy lets go. tell passes on what the policies doubt.
func (c *compiler) agreed(wishes []wish, snaps []zfs.Snapshot, tell bool) []retention.Verdict {
	var going []retention.Verdict
	for i, w := range wishes {
		r := w.policy.Apply(snaps, c.clock(w.machine(), w.pair.job.there))
		for _, doubt := range r.Doubts {
			if tell {
				w.pair.warn("retention.%s of %s: %s", w.side, w.dataset(), doubt)
			}
		}
		let := map[zfs.GUID]bool{}
		var mine []retention.Verdict
		for _, v := range r.Verdicts {
			if v.Matched && !v.Keep {
				let[v.Snapshot.GUID] = true
				mine = append(mine, v)
			}
		}
		if i == 0 {
			going = mine
		} else {
			going = slices.DeleteFunc(going, func(v retention.Verdict) bool { return !let[v.Snapshot.GUID] })
		}
	}
	return going
}

// surplus are those of the going that go whatever this plan brings: they make room for it. The base of the transfers stays.
func (c *compiler) surplus(h *history, wishes []wish, going []retention.Verdict) []retention.Verdict {
	p := h.replica
	if p == nil || p.upstream != nil || len(h.readers) > 0 || p.dst == nil || p.base == nil || len(p.data) == 0 || len(going) == 0 {
		return nil
	}
	var now []zfs.Snapshot
	for _, a := range p.final {
		if !a.sent {
			now = append(now, a.Snapshot)
		}
	}
	let := map[zfs.GUID]bool{}
	for _, v := range c.agreed(wishes, now, false) {
		let[v.Snapshot.GUID] = v.Snapshot.GUID != p.base.GUID
	}
	for _, s := range p.dst.Snapshots {
		if s.Clones > 0 {
			let[s.GUID] = false // a partial receive hangs on it until that is dropped
		}
	}
	var early []retention.Verdict
	for _, v := range going {
		if let[v.Snapshot.GUID] {
			early = append(early, v)
		}
	}
	return early
}

// destroy adds the destroys of one dataset, before or after the transfers.
func (w wish) destroy(h *history, going []retention.Verdict, early bool) {
	if len(going) == 0 {
		return
	}
	p := w.pair
	step := plan.DestroySnapshots{Side: w.side, Dataset: h.name}
	var expect []plan.Expect
	var why reasons
	for _, v := range going {
		s := v.Snapshot
		step.Names = append(step.Names, s.Name)
		expect = append(expect, plan.ExpectGUID(w.side, h.name+"@"+s.Name, s.GUID), plan.ExpectUnheld(w.side, h.name+"@"+s.Name))
		why.add(v)
	}
	n := p.node(step, fmt.Sprintf("retention.%s: %s", w.side, why.String()))
	n.Expect = append(expect, p.stillCommon(early)...)
	if early {
		n.Why = "to make room for what is sent: " + n.Why
		p.early = append(p.early, n)
		return
	}
	n.after = append(slices.Clone(h.readers), p)
	if h.replica != nil {
		n.after = append(n.after, h.replica)
	}
	p.pruning = append(p.pruning, n)
}

// stillCommon is that the version which makes the others dispensable is on the target, as far as the job can ask there.
func (p *pair) stillCommon(early bool) []plan.Expect {
	c := p.common
	if early {
		c = p.base
	}
	return []plan.Expect{plan.ExpectGUID(plan.Target, p.place+"@"+c.onTarget, c.GUID)}
}

func (w wish) dataset() string {
	if w.side == plan.Source {
		return w.pair.source
	}
	return w.pair.place
}

func (w wish) machine() *machine {
	if w.side == plan.Source {
		return w.pair.job.here
	}
	return w.pair.job.there
}

// clock is the time by which a machine's snapshots are judged. When the clocks of this machine and of the other one are
// far from each other, nobody knows which of the two is right.
func (c *compiler) clock(m, other *machine) retention.Clock {
	clock := retention.Clock{Now: c.now, Witness: m.latest()}
	if skew := other.now.Sub(c.observed).Abs(); !other.now.IsZero() && !c.observed.IsZero() && skew > maxSkew {
		clock.Doubt = fmt.Sprintf("the clocks of the two machines are %d days apart", skew/(24*time.Hour))
	}
	return clock
}

// maxSkew is how far two machines' clocks may differ without casting doubt on the ages of snapshots.
const maxSkew = 24 * time.Hour

// noteClones tells the origins of new clones which of their snapshots get one on the target.
func (p *pair) noteClones() {
	for _, n := range p.data {
		if s, ok := n.Do.(plan.Send); ok && s.Origin {
			o, _ := p.origin()
			o.cloned = append(o.cloned, s.From.GUID)
		}
	}
}
