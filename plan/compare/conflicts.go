package compare

import "github.com/zfsrep/zfsrep/plan"

// newConflicts are the conflicts of the one plan that the other does not have.
func newConflicts(other, s *Side) []plan.Conflict {
	type kind struct {
		dataset string
		target  place
		code    plan.Code
	}
	kindOf := func(s *Side, c *plan.Conflict) kind {
		k := kind{dataset: c.Dataset, target: s.at(c.Job, plan.Target, c.Target), code: c.Code}
		if c.Code == plan.DestroyLimit {
			return kind{dataset: c.Job, code: c.Code} // it is about the whole job, and names only the dataset that would lose most
		}
		return k
	}
	had := map[kind]bool{}
	for _, p := range other.plans() {
		for i := range p.Conflicts {
			had[kindOf(other, &p.Conflicts[i])] = true
		}
	}
	var all []plan.Conflict
	for _, p := range s.plans() {
		for i := range p.Conflicts {
			if c := &p.Conflicts[i]; !had[kindOf(s, c)] {
				all = append(all, *c)
			}
		}
	}
	return all
}
