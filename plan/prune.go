package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// prune plans what retention lets go, on both sides, after all transfers. Whatever the policy says, these stay:
// the newest common version, what has not arrived where it should, what is held or has clones; and a dataset with a
// conflict loses nothing at all.
func (c *compiler) prune() {
	bySource := map[string][]*pair{}
	c.pairs(func(p *pair) {
		bySource[p.source] = append(bySource[p.source], p)
		p.noteClones()
	})
	c.pairs(func(p *pair) {
		if p.conflict != nil || p.src == nil || p.common == nil {
			return
		}
		if policy := p.job.Retention.Target; policy != nil {
			p.pruneTarget(*policy, c)
		}
		if policy := p.job.Retention.Source; policy != nil && !p.job.source.Pools[zfs.Pool(p.source)].Readonly {
			p.pruneSource(*policy, c, bySource[p.source])
		}
	})
}

func (p *pair) pruneTarget(policy retention.Policy, c *compiler) {
	snaps := make([]zfs.Snapshot, len(p.final))
	for i, a := range p.final {
		snaps[i] = a.Snapshot
	}
	step := DestroySnapshots{Side: Target, Dataset: p.place}
	var expect []Expect
	var why reasons
	for _, v := range p.judged("retention.target", policy, snaps, c.now) {
		s := v.Snapshot
		if v.Keep || !v.Matched || s.GUID == p.common.GUID || s.Holds > 0 || s.Clones > 0 || slices.Contains(p.cloned, s.GUID) {
			continue
		}
		step.Names = append(step.Names, s.Name)
		expect = append(expect, expectGUID(Target, p.place+"@"+s.Name, s.GUID), Expect{Target, p.place + "@" + s.Name, "userrefs", "0"})
		why.add(v)
	}
	if len(step.Names) > 0 {
		expect = append(expect, expectGUID(Target, p.place+"@"+p.common.onTarget, p.common.GUID))
		p.addPruning(step, "retention.target: "+why.String(), expect, []*pair{p})
	}
}

func (p *pair) pruneSource(policy retention.Policy, c *compiler, sharers []*pair) {
	for _, q := range sharers {
		if q.conflict != nil || q.common == nil {
			p.warn("retention.source prunes nothing of %s: job %s still has to replicate it", p.source, q.job.Name)
			return
		}
	}
	if j := c.unseenNeeds(p.source); j != nil {
		p.warn("retention.source prunes nothing of %s: what job %s has of it was not seen", p.source, j.Name)
		return
	}
	if sharers[0] != p && sharers[0].job.Retention.Source != nil {
		return // the first job's policy speaks for a dataset that several jobs replicate
	}
	step := DestroySnapshots{Side: Source, Dataset: p.source}
	var expect []Expect
	var why reasons
	for _, v := range p.judged("retention.source", policy, p.src.Snapshots, c.now) {
		s := v.Snapshot
		if v.Keep || !v.Matched || s.Holds > 0 || s.Clones > 0 || stillNeeded(s, sharers) {
			continue
		}
		step.Names = append(step.Names, s.Name)
		expect = append(expect, expectGUID(Source, p.source+"@"+s.Name, s.GUID), Expect{Source, p.source + "@" + s.Name, "userrefs", "0"})
		why.add(v)
	}
	if len(step.Names) > 0 {
		for _, q := range sharers {
			if q.job == p.job { // another job's target cannot be asked from this one's actions
				expect = append(expect, expectGUID(Target, q.place+"@"+q.common.onTarget, q.common.GUID))
			}
		}
		p.addPruning(step, "retention.source: "+why.String(), expect, sharers)
	}
}

// judged is what a policy says about each snapshot, and warns where dates or clocks are in doubt.
func (p *pair) judged(option string, policy retention.Policy, snaps []zfs.Snapshot, now time.Time) []retention.Verdict {
	r := policy.Apply(snaps, retention.Clock{Now: now})
	for _, doubt := range r.Doubts {
		p.warn("%s of %s: %s", option, p.source, doubt)
	}
	return r.Verdicts
}

// stillNeeded says that a source snapshot must stay for some target: it is the newest that the target has, or it has
// yet to arrive there.
func stillNeeded(s zfs.Snapshot, sharers []*pair) bool {
	for _, q := range sharers {
		if s.GUID == q.common.GUID || s.CreateTXG > q.common.CreateTXG && q.job.Snapshots.Matches(s.Name) {
			return true
		}
	}
	return false
}

// noteClones tells the origins of new clones which of their snapshots get one on the target.
func (p *pair) noteClones() {
	for _, n := range p.data {
		if s, ok := n.Do.(Send); ok && s.Origin {
			o, _ := p.origin()
			o.cloned = append(o.cloned, s.From.GUID)
		}
	}
}

// addPruning adds a destroy that will wait for everything that the sharers still transfer and mark.
func (p *pair) addPruning(step DestroySnapshots, why string, expect []Expect, sharers []*pair) {
	n := &node{Action: Action{Job: p.job.Name, Do: step, Why: why, Expect: expect, Commands: step.commands(p.job.via)}, after: sharers}
	p.pruning = append(p.pruning, n)
}

// tiePruning makes the destroys wait, once it is settled which transfers and marks there are.
func (p *pair) tiePruning() {
	for _, n := range p.pruning {
		for _, q := range n.after {
			n.needs = append(n.needs, q.keep...)
			if k := len(q.data); k > 0 {
				n.needs = append(n.needs, q.data[k-1])
			}
		}
	}
}

// reasons collects why snapshots go, each reason once.
type reasons struct {
	order []string
	count map[string]int
}

func (r *reasons) add(v retention.Verdict) {
	if r.count == nil {
		r.count = map[string]int{}
	}
	w := v.Why()
	if r.count[w] == 0 {
		r.order = append(r.order, w)
	}
	r.count[w]++
}

func (r *reasons) String() string {
	if len(r.order) == 1 {
		return r.order[0]
	}
	s := ""
	for i, w := range r.order {
		if i > 0 {
			s += "; "
		}
		s += fmt.Sprintf("%d %s", r.count[w], w)
	}
	return s
}

// limitDestroys refuses to destroy anything for a job whose plan would destroy more snapshots than its limit.
func (c *compiler) limitDestroys() {
	for _, j := range c.jobs {
		if j.Limits.Destroy == nil {
			continue
		}
		total := 0
		for _, p := range j.ordered {
			total += p.destroys()
		}
		if total <= *j.Limits.Destroy {
			continue
		}
		for _, p := range j.ordered {
			if n := p.destroys(); n > 0 {
				p.refuse(DestroyLimit, map[string]any{"destroys": n, "jobDestroys": total, "limit": *j.Limits.Destroy},
					fmt.Sprintf("job %s would destroy %s (%d of them of %s), and limits.destroy allows %d", j.Name, count(total, "snapshot"), n, p.source, *j.Limits.Destroy),
					"see what would go with limits.destroy = null and zfsrep plan --dry-run; if that is right, raise limits.destroy for one run")
			}
		}
	}
}

// destroys counts the snapshots that the pair's actions destroy.
func (p *pair) destroys() int {
	n := 0
	for _, nodes := range [][]*node{p.data, p.pruning} {
		for _, x := range nodes {
			switch s := x.Do.(type) {
			case Rollback:
				n += len(s.Destroys)
			case DestroySnapshots:
				n += len(s.Names)
			}
		}
	}
	return n
}

// settle follows up refusals that came after the decisions: what depends on a refused dataset cannot go on as planned.
func (c *compiler) settle() {
	refused := map[string]bool{}
	c.pairs(func(p *pair) {
		if p.conflict == nil && p.makes && !p.parentUnusable() {
			if o, _ := p.origin(); o != nil && o.conflict != nil && p.fromOrigin() {
				p.refuse(o.conflict.Code, map[string]any{"origin": o.source}, fmt.Sprintf("%s is a clone of %s, which has a conflict of its own", p.source, o.source),
					fmt.Sprintf("resolve the conflict of %s; this one goes with it", o.source))
			}
		}
		refused[p.source] = refused[p.source] || p.conflict != nil
	})
	c.pairs(func(p *pair) {
		if refused[p.source] {
			p.pruning = slices.DeleteFunc(p.pruning, func(n *node) bool { return n.Do.(DestroySnapshots).Side == Source })
		}
	})
}

// fromOrigin says that the pair's first send makes a clone.
func (p *pair) fromOrigin() bool {
	for _, n := range p.data {
		if s, ok := n.Do.(Send); ok && s.Origin {
			return true
		}
	}
	return false
}
