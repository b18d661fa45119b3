package plan

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// replay is both machines in miniature: enough of ZFS to notice an action that it would refuse or that loses something.
type replay struct {
	jobs   map[string]*job
	state  map[string]*replica
	byName map[string][]*pair // pairs by side and dataset
	seen   map[string]bool
	needs  map[string][]string
	last   map[string]string // the last action on a replica
	makers map[string]string // the action that made a dataset
	sends  map[string][]*Action
}

// replica is a dataset as far as the replay knows it. Datasets are copied only when an action touches them.
type replica struct {
	exists   bool
	snaps    []zfs.Snapshot
	marks    []zfs.Bookmark
	partial  *observe.Resume
	modified bool
	first    bool // what an initial receive left: gone when it is aborted
}

func newReplay(c *compiler) *replay {
	m := &replay{jobs: map[string]*job{}, state: map[string]*replica{}, byName: map[string][]*pair{}, seen: map[string]bool{},
		needs: map[string][]string{}, last: map[string]string{}, makers: map[string]string{}, sends: map[string][]*Action{}}
	for _, j := range c.jobs {
		m.jobs[j.Name] = j
	}
	c.pairs(func(p *pair) {
		for _, key := range []string{m.key(Source, p.job.Name, p.source), m.key(Target, p.job.Name, p.place)} {
			m.byName[key] = append(m.byName[key], p)
		}
	})
	return m
}

// key names a dataset on a machine: the source is the same for all jobs.
func (m *replay) key(side Side, job, name string) string {
	if side == Source {
		return "source " + name
	}
	j := m.jobs[job]
	return j.machine() + " " + name
}

// at gives the dataset for changing it.
func (m *replay) at(side Side, job, name string) *replica {
	key := m.key(side, job, name)
	if r := m.state[key]; r != nil {
		return r
	}
	machine := m.jobs[job].source
	if side == Target {
		machine = m.jobs[job].target
	}
	r := &replica{}
	if d := machine.Datasets[name]; d != nil {
		w := d.Properties["written"]
		snaps := slices.Clone(d.Snapshots)
		for i := range snaps {
			if d.Resume != nil && snaps[i].GUID == d.Resume.FromGUID && snaps[i].Clones > 0 {
				snaps[i].Clones-- // the partial receive itself, which is finished or dropped first
			}
		}
		r = &replica{exists: true, snaps: snaps, marks: slices.Clone(d.Bookmarks), partial: d.Resume,
			modified: w != "" && w != "0" && w != "-", first: d.Resume != nil && len(d.Snapshots) == 0 && d.Properties["inconsistent"] != "0"}
	}
	m.state[key] = r
	return r
}

// pairsOf are the pairs whose datasets an action changes.
func (m *replay) pairsOf(a *Action) []*pair {
	side, name := subject(a.Do)
	return m.byName[m.key(side, a.Job, name)]
}

// connected says that the pair has a version in common: on the source a snapshot or bookmark, on the target a snapshot.
func (m *replay) connected(p *pair) bool {
	src, dst := m.at(Source, p.job.Name, p.source), m.at(Target, p.job.Name, p.place)
	for i := len(dst.snaps) - 1; i >= 0; i-- {
		g := dst.snaps[i].GUID
		for k := len(src.snaps) - 1; k >= 0; k-- {
			if src.snaps[k].GUID == g {
				return true
			}
		}
		if slices.ContainsFunc(src.marks, func(b zfs.Bookmark) bool { return b.GUID == g }) {
			return true
		}
	}
	return false
}

// apply replays an action, and says why ZFS would refuse it.
func (m *replay) apply(a *Action) string {
	side, name := subject(a.Do)
	switch d := a.Do.(type) {
	case Send:
		return m.applySend(a, d)
	case CreateDataset:
		r := m.at(side, a.Job, name)
		if r.exists {
			return "it exists"
		}
		if up := zfs.Parent(name); up != "" && !m.at(side, a.Job, up).exists && zfs.Parent(up) != "" {
			return "its parent does not exist"
		}
		r.exists = true
	case Rollback:
		return m.at(side, a.Job, name).rollback(d)
	case AbortReceive:
		r := m.at(side, a.Job, name)
		if r.partial == nil || r.partial.Busy {
			return "there is no interrupted receive"
		}
		r.partial = nil
		if r.first {
			*r = replica{}
		}
	case Bookmark:
		return m.at(side, a.Job, name).bookmark(d)
	case DestroySnapshots:
		return m.at(side, a.Job, name).destroy(d.Names)
	case DestroyBookmarks:
		r := m.at(side, a.Job, name)
		r.marks = slices.DeleteFunc(r.marks, func(b zfs.Bookmark) bool { return slices.Contains(d.Names, b.Name) })
	}
	return ""
}

func (m *replay) applySend(a *Action, s Send) string {
	src, dst := m.at(Source, a.Job, s.Dataset), m.at(Target, a.Job, s.Target)
	to := slices.IndexFunc(src.snaps, func(x zfs.Snapshot) bool { return x.GUID == s.To.GUID && "@"+x.Name == s.To.Name })
	if to < 0 {
		return "the source does not have " + s.To.Name
	}
	first := to
	switch {
	case s.Mode == Resume:
		if dst.partial == nil || dst.partial.ToGUID != s.To.GUID {
			return "there is nothing of it to resume"
		}
	case dst.partial != nil:
		return "a partial receive is in the way"
	case s.Mode == Full || s.Origin:
		if len(dst.snaps) > 0 {
			return "the replica has snapshots"
		}
	default:
		newest := len(dst.snaps) - 1
		switch {
		case newest < 0 || dst.snaps[newest].GUID != s.From.GUID:
			return s.From.Name + " is not the replica's newest snapshot"
		case dst.modified:
			return "the replica was written to"
		}
		if s.Intermediates {
			first = 1 + slices.IndexFunc(src.snaps, func(x zfs.Snapshot) bool { return x.GUID == s.From.GUID })
		}
	}
	if up := zfs.Parent(s.Target); up != "" && zfs.Parent(up) != "" && !m.at(Target, a.Job, up).exists {
		return "the parent of " + s.Target + " does not exist"
	}
	for _, x := range src.snaps[first : to+1] {
		if slices.ContainsFunc(dst.snaps, func(y zfs.Snapshot) bool { return y.Name == x.Name }) {
			return "@" + x.Name + " exists on the replica"
		}
		x.Holds, x.Clones = 0, 0
		dst.snaps = append(dst.snaps, x)
	}
	dst.exists, dst.partial, dst.modified, dst.first = true, nil, false, false
	return ""
}

func (r *replica) rollback(d Rollback) string {
	to := slices.IndexFunc(r.snaps, func(s zfs.Snapshot) bool { return s.GUID == d.To.GUID })
	if to < 0 {
		return d.To.Name + " is not there"
	}
	if rule := r.destroy(d.Destroys); rule != "" {
		return rule
	}
	if len(r.snaps) != to+1 {
		return "newer snapshots would be in the way that it does not list"
	}
	r.modified = false
	return ""
}

func (r *replica) bookmark(d Bookmark) string {
	i := slices.IndexFunc(r.snaps, func(s zfs.Snapshot) bool { return s.Name == d.Snapshot })
	if i < 0 {
		return "@" + d.Snapshot + " is not there"
	}
	if slices.ContainsFunc(r.marks, func(b zfs.Bookmark) bool { return b.Name == d.Bookmark }) {
		return "#" + d.Bookmark + " exists"
	}
	v := r.snaps[i].Version
	v.Name = d.Bookmark
	r.marks = append(r.marks, zfs.Bookmark{Version: v})
	return ""
}

func (r *replica) destroy(names []string) string {
	for _, n := range names {
		i := slices.IndexFunc(r.snaps, func(s zfs.Snapshot) bool { return s.Name == n })
		switch {
		case i < 0:
			return "@" + n + " is not there"
		case r.snaps[i].Holds > 0 || r.snaps[i].Clones > 0:
			return "@" + n + " is held or has clones"
		}
		r.snaps = slices.Delete(r.snaps, i, i+1)
	}
	return ""
}
