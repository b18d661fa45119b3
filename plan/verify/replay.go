package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// replay is both machines in miniature: enough of ZFS to notice an action that it would refuse or that loses something.
type replay struct {
	jobs   map[string]*job
	state  map[string]*replica
	byName map[string][]*pair           // pairs by side and dataset
	above  map[string]map[string]bool   // by job: what lies above its places
	order  map[string]int               // the place of an action in the plan, by ID
	needs  map[string][]string          // what each waits for
	last   map[string]string            // the last action on a replica
	makers map[string]string            // the action that made a dataset
	sends  map[string]map[string]string // by source dataset and snapshot that arrives: the sends
	latest map[string]map[string]string // by source dataset and replica: the last send
	origin map[string][]zfs.GUID        // snapshots that became the origin of a clone, by replica
}

func newReplay(c *compiler) *replay {
	m := &replay{jobs: map[string]*job{}, state: map[string]*replica{}, byName: map[string][]*pair{}, above: map[string]map[string]bool{},
		order: map[string]int{}, needs: map[string][]string{}, last: map[string]string{}, makers: map[string]string{},
		sends: map[string]map[string]string{}, latest: map[string]map[string]string{}, origin: map[string][]zfs.GUID{}}
	for _, j := range c.jobs {
		m.jobs[j.Name] = j
	}
	c.pairs(func(p *pair) {
		for _, key := range []string{m.key(plan.Source, p.job.Name, p.source), m.key(plan.Target, p.job.Name, p.place)} {
			m.byName[key] = append(m.byName[key], p)
		}
	})
	return m
}

// key names a dataset on a machine: the source is the same for all jobs.
func (m *replay) key(side plan.Side, job, name string) string {
	if side == plan.Source {
		return "source " + name
	}
	return m.jobs[job].machine() + " " + name
}

// at gives the dataset for changing it. Datasets are copied only when an action touches them.
func (m *replay) at(side plan.Side, job, name string) *replica {
	key := m.key(side, job, name)
	if r := m.state[key]; r != nil {
		return r
	}
	machine := m.jobs[job].source
	if side == plan.Target {
		machine = m.jobs[job].target
	}
	r := newReplica(machine.Datasets[name])
	m.state[key] = r
	return r
}

// pairsOf are the pairs whose datasets an action changes.
func (m *replay) pairsOf(a *plan.Action) []*pair {
	side, name := a.Do.subject()
	return m.byName[m.key(side, a.Job, name)]
}

// connected says that the pair has a version in common: on the source a snapshot or bookmark, on the target a snapshot.
func (m *replay) connected(p *pair) bool {
	src, dst := m.at(plan.Source, p.job.Name, p.source), m.at(plan.Target, p.job.Name, p.place)
	for i := len(dst.snaps) - 1; i >= 0; i-- {
		if src.has(dst.snaps[i].GUID) {
			return true
		}
	}
	return false
}

// apply replays an action, and says why ZFS would refuse it.
func (m *replay) apply(a *plan.Action) string {
	side, name := a.Do.subject()
	switch d := a.Do.(type) {
	case plan.Send:
		return m.applySend(a, d)
	case plan.CreateDataset:
		return m.applyCreate(a, d)
	}
	r := m.at(side, a.Job, name)
	if !r.exists {
		return name + " does not exist"
	}
	switch d := a.Do.(type) {
	case plan.Rollback:
		return r.rollback(d)
	case plan.AbortReceive:
		if r.partial == nil || r.partial.Busy {
			return "there is no interrupted receive"
		}
		r.partial = nil
		if r.first {
			*r = replica{}
		}
	case plan.Bookmark:
		return r.bookmark(d)
	case plan.DestroySnapshots:
		for _, n := range d.Names {
			if g := r.named(n); slices.Contains(m.origin[m.key(side, a.Job, name)], g) {
				return "@" + n + " is the origin of a clone that the plan makes"
			}
		}
		return r.destroy(d.Names)
	case plan.DestroyBookmarks:
		return r.unmark(d.Names)
	}
	return ""
}

func (m *replay) applyCreate(a *plan.Action, d plan.CreateDataset) string {
	r := m.at(d.Side, a.Job, d.Dataset)
	switch {
	case r.exists:
		return "it exists"
	case m.orphan(d.Side, a.Job, d.Dataset):
		return "its parent does not exist"
	}
	r.exists = true
	return ""
}

// orphan says that the dataset's parent is missing. A pool's root is where the pool is.
func (m *replay) orphan(side plan.Side, job, name string) bool {
	up := zfs.Parent(name)
	return up != "" && zfs.Parent(up) != "" && !m.at(side, job, up).exists
}

func (m *replay) applySend(a *plan.Action, s plan.Send) string {
	src, dst := m.at(plan.Source, a.Job, s.Dataset), m.at(plan.Target, a.Job, s.Target)
	if src.named(s.To.Name[1:]) != s.To.GUID {
		return "the source does not have " + s.To.Name
	}
	if rule := m.mayReceive(a, s, dst); rule != "" {
		return rule
	}
	to := indexOf(src.snaps, s.To.GUID)
	first := to
	if s.Intermediates {
		first = indexOf(src.snaps, s.From.GUID) + 1
	}
	if first > to || first == 0 && s.Intermediates {
		return s.From.Name + " is not older than " + s.To.Name
	}
	for _, x := range src.snaps[first : to+1] {
		if rule := dst.receive(x); rule != "" {
			return rule
		}
	}
	dst.exists, dst.partial, dst.modified, dst.first = true, nil, false, false
	return ""
}

func indexOf(snaps []zfs.Snapshot, g zfs.GUID) int {
	return slices.IndexFunc(snaps, func(s zfs.Snapshot) bool { return s.GUID == g })
}

// mayReceive says why the replica cannot take the stream.
func (m *replay) mayReceive(a *plan.Action, s plan.Send, dst *replica) string {
	if m.orphan(plan.Target, a.Job, s.Target) {
		return "the parent of " + s.Target + " does not exist"
	}
	switch newest := len(dst.snaps) - 1; {
	case s.Mode == plan.Resume && (dst.partial == nil || dst.partial.ToGUID != s.To.GUID || dst.partial.Busy):
		return "there is nothing of it to resume"
	case s.Mode == plan.Resume:
		return ""
	case dst.partial != nil:
		return "a partial receive is in the way"
	case s.Mode == plan.Full && newest >= 0 || s.Origin && dst.exists:
		return "the replica has snapshots or exists"
	case s.Mode == plan.Full && dst.exists != s.receive.Force:
		return "receive -F goes with a dataset that is there to be replaced, and with no other"
	case s.Mode == plan.Full:
		return ""
	case s.Origin:
		return m.clone(a, s)
	case newest < 0 || dst.snaps[newest].GUID != s.From.GUID:
		return s.From.Name + " is not the replica's newest snapshot"
	case dst.modified:
		return "the replica was written to"
	case !m.at(plan.Source, a.Job, s.Dataset).holds(*s.From):
		return "the source does not have " + s.From.Name
	}
	return ""
}

// clone notes the origin of a new clone: it must be on both sides, and stays.
func (m *replay) clone(a *plan.Action, s plan.Send) string {
	from, _, _ := zfs.SplitVersion(s.From.Name)
	o := m.jobs[a.Job].bySource[from]
	if o == nil {
		return s.From.Name + " is not part of the job"
	}
	there := m.at(plan.Target, a.Job, o.place)
	if indexOf(there.snaps, s.From.GUID) < 0 || indexOf(m.at(plan.Source, a.Job, from).snaps, s.From.GUID) < 0 {
		return "the origin " + s.From.Name + " is not on both sides"
	}
	key := m.key(plan.Target, a.Job, o.place)
	m.origin[key] = append(m.origin[key], s.From.GUID)
	return ""
}
