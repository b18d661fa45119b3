package verify

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// sides says where a kind of step may be: a source is snapshotted, marked and pruned, and only a replica is received,
// rolled back, renamed or changed otherwise. What is in neither list may be on both.
var (
	onlySource = map[plan.Kind]bool{"snapshot": true, "bookmark": true, "destroy-bookmarks": true}
	onlyTarget = map[plan.Kind]bool{"create-dataset": true, "rollback": true, "abort-receive": true, "rename": true, "set-property": true, "send": true}
)

// owned keeps an action inside the datasets of its job.
func (r *replay) owned(a *action) *fault {
	side, name := a.Do.Subject()
	kind := a.Do.Kind()
	switch {
	case side != plan.Source && side != plan.Target:
		return wrong("%q is neither of the two machines", side)
	case side == plan.Source && onlyTarget[kind]:
		return wrong("a source is not changed like this")
	case side == plan.Target && onlySource[kind]:
		return wrong("a replica is not changed like this")
	case r.snapshots:
		return r.ownedHere(a)
	}
	switch s := a.Do.(type) {
	case plan.Send:
		if p := r.pair(a.job, s.Dataset); p == nil || p.dst != a.on {
			return wrong("%s does not belong to job %s, or not to %s", s.Target, a.job.Name, s.Dataset)
		}
	case plan.CreateDataset:
		if !a.job.above(s.Dataset) && a.on.replica(a.job) == nil {
			return wrong("nothing of job %s lands in %s", a.job.Name, s.Dataset)
		}
	case plan.Rename:
		if a.on.replica(a.job) == nil && a.job.there.at(s.To).replica(a.job) == nil {
			return wrong("neither %s nor %s belongs to job %s", s.Dataset, s.To, a.job.Name)
		}
	case plan.Snapshot:
		return wrong("a replication takes no snapshots")
	default:
		if !a.job.owns(a.on, side) && !(prunes(s) && a.job.orphan(a.on)) {
			return wrong("%s does not belong to job %s", name, a.job.Name)
		}
	}
	return nil
}

// owns says that the dataset is a source of the job, or its place.
func (j *job) owns(d *dataset, side plan.Side) bool {
	if side == plan.Source {
		return j.there.world.pair(j, d.name) != nil
	}
	return d.replica(j) != nil
}

// above says that something of the job lands in the dataset, or below it.
func (j *job) above(name string) bool {
	for _, d := range j.Datasets {
		if zfs.Within(j.Place(d, d.Name), name) {
			return true
		}
	}
	return false
}

// servedBy are the pairs that need a parent which is made: those that the plan brings something below it.
func (r *replay) servedBy(a *action, s plan.CreateDataset) []who {
	var all []who
	j := r.byName[a.Job]
	if j == nil {
		return []who{{a.Job, s.Dataset}}
	}
	for i := range r.plan.Actions {
		b := &r.plan.Actions[i]
		t, ok := b.Do.(plan.Send)
		other := r.byName[b.Job]
		if !ok || other == nil || other.there != j.there || !zfs.Within(t.Target, s.Dataset) {
			continue
		}
		all = append(all, who{b.Job, t.Dataset})
	}
	if len(all) == 0 {
		return r.landing(j, s.Dataset)
	}
	return all
}
