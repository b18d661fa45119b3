package verify

import "github.com/zfsrep/zfsrep/plan"

// destroys is how many snapshots a step destroys.
func destroys(do plan.Step) int {
	switch s := do.(type) {
	case plan.DestroySnapshots:
		return len(s.Names)
	case plan.Rollback:
		return len(s.Destroys)
	}
	return 0
}

// limited judges that no job's datasets lose more snapshots by this plan than the job allows.
func (r *replay) limited(a *action) *fault {
	n := destroys(a.Do)
	if n == 0 {
		return nil
	}
	for _, j := range r.payers(a) {
		if most := j.Limits.Destroy; most != nil && r.destroyed[j]+n > *most {
			return wrong("job %s would destroy %s so far, and limits.destroy allows %d", j.Name, plan.Count(r.destroyed[j]+n, "snapshot"), *most)
		}
	}
	return nil
}

// count adds what an action destroys.
func (r *replay) count(a *action) {
	if n := destroys(a.Do); n > 0 {
		for _, j := range r.payers(a) {
			r.destroyed[j] += n
		}
	}
}

// payers are the jobs that a destroy counts for: its own, or where it is of none all that replicate the dataset.
func (r *replay) payers(a *action) []*job {
	if a.job != nil {
		return []*job{a.job}
	}
	var all []*job
	for _, p := range a.on.readers() {
		all = append(all, p.of)
	}
	return all
}
