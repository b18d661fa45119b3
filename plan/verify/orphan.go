package verify

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// orphanKeep is how many of its newest snapshots an orphan keeps, whatever a policy says.
const orphanKeep = 7

// orphan says that the dataset lies below the place of a recursive entry of the job, and that nothing lands there: its
// source is gone, or excluded by now.
func (j *job) orphan(d *dataset) bool {
	if p := d.replica(j); p != nil {
		return !p.src.exists
	}
	if len(d.pairs()) > 0 || d.stranger() {
		return false // somebody's
	}
	for _, e := range j.Datasets {
		if place := j.Place(e, e.Name); e.Recursive && d.name != place && zfs.Within(d.name, place) {
			return true
		}
	}
	return false
}

// prunes says that all that the action does to the dataset is to destroy snapshots of it on the target.
func prunes(do plan.Step) bool {
	s, ok := do.(plan.DestroySnapshots)
	return ok && s.Side == plan.Target
}

// sparesOrphan judges that an orphan is never pruned down to nothing.
func (a *action) sparesOrphan(x *removal) *fault {
	if a.job == nil || !prunes(a.Do) || !a.job.orphan(x.on) {
		return nil
	}
	going := make(map[int]bool, len(x.snaps))
	for _, pos := range x.snaps {
		going[pos] = true
	}
	kept := 0
	for pos := x.on.snaps.top(); pos >= 0 && kept < orphanKeep; pos-- {
		if going[pos] {
			return wrong("@%s is one of the newest %d of an orphan", x.on.snaps.at(pos).Name, orphanKeep)
		}
		if x.on.snaps.has(pos) {
			kept++
		}
	}
	return nil
}
