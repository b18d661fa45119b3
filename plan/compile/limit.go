package compile

import (
	"fmt"
	"slices"

	"github.com/zfsrep/zfsrep/plan"
)

// limitDestroys withholds what a job would destroy when that is more than its limit. Whatever needs no destroying goes
// on: only a replica that would have to be rolled back waits with it.
func (c *compiler) limitDestroys() {
	for _, j := range c.jobs {
		if j.Limits.Destroy == nil {
			continue
		}
		total, most := 0, (*pair)(nil)
		for _, p := range slices.Concat(j.pairs, j.orphans) {
			n := p.destroys()
			if total += n; n > 0 && (most == nil || n > most.destroys()) {
				most = p
			}
		}
		if total > *j.Limits.Destroy && !j.limited {
			c.bans.limited[j.Name] = true
			j.limited = true
		}
		if j.limited && total > 0 {
			j.withhold(most, total)
		}
	}
}

// withhold takes out the job's destroys. Pairs that would be rolled back are conflicts, before anything else is planned
// on what they would bring; the rest is one conflict for the whole job.
func (j *job) withhold(most *pair, total int) {
	message := fmt.Sprintf("job %s would destroy %s, and limits.destroy allows %d: none of them is destroyed", j.Name, plan.Count(total, "snapshot"), *j.Limits.Destroy)
	hint := "if zfsrep plan shows then that the right ones go, raise the limit for one run, " + most.option("set limits.destroy = %d", total)
	conflict := func(p *pair) *plan.Conflict {
		return &plan.Conflict{Job: j.Name, Dataset: p.source, Target: p.place, Code: plan.DestroyLimit, Message: message, Hint: hint,
			Evidence: map[string]any{"destroys": p.destroys(), "jobDestroys": total, "limit": *j.Limits.Destroy}}
	}
	rolled := false
	for _, p := range j.pairs {
		if p.rollsBack() > 0 {
			rolled = true
			j.compiler.faults = append(j.compiler.faults, fault{p, conflict(p)})
		}
	}
	if !rolled {
		j.compiler.withheld = append(j.compiler.withheld, *conflict(most))
	}
	for _, p := range slices.Concat(j.pairs, j.orphans) {
		p.early, p.pruning = nil, nil
	}
}

// destroys counts the snapshots that the pair's actions destroy.
func (p *pair) destroys() int {
	n := p.rollsBack()
	for _, nodes := range [][]*node{p.early, p.pruning} {
		for _, x := range nodes {
			n += len(x.Do.(plan.DestroySnapshots).Names)
		}
	}
	return n
}

// rollsBack counts those that a rollback destroys.
func (p *pair) rollsBack() int {
	n := 0
	for _, x := range p.data {
		if s, ok := x.Do.(plan.Rollback); ok {
			n += len(s.Destroys)
		}
	}
	return n
}
