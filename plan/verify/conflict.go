package verify

import "github.com/zfsrep/zfsrep/plan"

// noteConflict remembers that a person has to decide about a dataset. A limit withholds the destroys of its whole job
// and leaves everything else as it is.
func (r *replay) noteConflict(c plan.Conflict) {
	if c.Code == plan.DestroyLimit {
		r.withheld[c.Job] = true
		return
	}
	r.undecided[who{c.Job, c.Dataset}] = c.Code
}

// conflicts judges that nothing happens to a dataset that waits for a person's decision.
func (r *replay) conflicts(a *action) *fault {
	if r.withheld[a.Job] && destroys(a.Do) > 0 {
		return wrong("what job %s would destroy has passed limits.destroy, and this is a part of it", a.Job)
	}
	if !disturbs(a.Do) {
		return nil
	}
	for _, w := range r.disturbed(a) {
		if code := r.undecided[w]; code != "" {
			return wrong("%s has the conflict %s and may not be touched", w.dataset, code)
		}
	}
	return nil
}

// disturbs says that a step is one that a conflict forbids. Making parents and leaving marks is none.
func disturbs(do plan.Step) bool {
	switch do.(type) {
	case plan.Send, plan.Rollback, plan.AbortReceive, plan.Rename, plan.SetProperty, plan.DestroySnapshots, plan.DestroyBookmarks:
		return true
	}
	return false
}

// disturbed are the pairs whose conflicts forbid an action: on a replica all that land there, on a source the job's own.
func (r *replay) disturbed(a *action) []who {
	_, send := a.Do.(plan.Send)
	if !send && !onTarget(a.Do) {
		return []who{{a.Job, a.on.name}}
	}
	var all []who
	for _, p := range a.on.writers() {
		all = append(all, p.who)
	}
	return all
}
