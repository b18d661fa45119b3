package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// InvariantError is a plan that breaks a rule which no plan may break: a bug of the planner. Nothing of it may run.
type InvariantError struct {
	Action string // its ID
	Rule   string // what is wrong
	Plan   *plan.Plan
}

func (e *InvariantError) Error() string {
	return fmt.Sprintf("the planner made a plan that breaks a rule, which is a bug of zfsrep; nothing was touched: action %s: %s", e.Action, e.Rule)
}

// check replays the plan in memory, action by action, on what was observed, and holds every step against the
// invariants of the contract. It shares no code with the decisions, so that one mistake does not hide another.
func check(c *compiler, p *plan.Plan) error {
	m := newReplay(c)
	for i := range p.Actions {
		a := &p.Actions[i]
		if rule := m.judge(a); rule != "" {
			return &InvariantError{Action: a.ID, Rule: fmt.Sprintf("%s: %s", a.Do.Title(), rule), Plan: p}
		}
	}
	return nil
}

// judge checks one action before and after it is replayed. "" means that all is well.
func (m *replay) judge(a *plan.Action) string {
	if rule := m.judgeForm(a); rule != "" {
		return rule
	}
	if rule := m.judgeOwner(a); rule != "" {
		return rule
	}
	if rule := m.judgeNeeds(a); rule != "" {
		return rule
	}
	touched := m.pairsOf(a)
	before := make([]bool, len(touched))
	for i, pr := range touched {
		if pr.conflict != nil && data(a.Do) {
			return fmt.Sprintf("%s has the conflict %s and may not be touched", pr.source, pr.conflict.Code)
		}
		before[i] = m.connected(pr)
	}
	if rule := m.apply(a); rule != "" {
		return rule
	}
	for i, pr := range touched {
		if before[i] && !m.connected(pr) {
			return fmt.Sprintf("%s and its replica would have no version in common any more", pr.source)
		}
	}
	return ""
}

// data says that a step moves or destroys data, as opposed to keeping bookmarks or making parents.
func data(s plan.Step) bool {
	switch s.(type) {
	case plan.Send, plan.Rollback, plan.AbortReceive, plan.DestroySnapshots, plan.Rename:
		return true
	}
	return false
}

// judgeForm checks what every action must carry.
func (m *replay) judgeForm(a *plan.Action) string {
	switch {
	case a.Why == "":
		return "it has no reason"
	case len(a.Commands) == 0:
		return "it has no commands"
	}
	s, ok := a.Do.(plan.Send)
	if !ok {
		return ""
	}
	send, receive := a.Commands[0].Argv, a.Commands[1].Argv
	switch {
	case slices.Contains(send, "-R"):
		return "zfs send -R does things behind one's back"
	case !slices.Contains(receive, "-u") || !slices.Contains(receive, "-s"):
		return "a receive must not mount (-u) and must be resumable (-s)"
	case slices.Contains(receive, "-F") && len(m.at(plan.Target, a.Job, s.Target).snaps) > 0:
		return "receive -F onto a replica that has snapshots"
	case !strings.HasPrefix(s.To.Name, "@"):
		return "what it sends has no name"
	}
	return ""
}

// judgeOwner keeps every action inside its job's datasets.
func (m *replay) judgeOwner(a *plan.Action) string {
	j := m.jobs[a.Job]
	source := func(name string) bool { return j.bySource[name] != nil }
	target := func(name string) bool { return j.byPlace[name] != nil }
	switch d := a.Do.(type) {
	case plan.Send:
		if p := j.bySource[d.Dataset]; p == nil || p.place != d.Target {
			return "it does not belong to the job"
		}
	case plan.CreateDataset:
		if !m.abovePlaces(j)[d.Dataset] {
			return "nothing of the job lands there"
		}
	case plan.Snapshot:
		for _, name := range d.Datasets {
			if !source(name) {
				return name + " does not belong to the job"
			}
		}
	default:
		side, name := a.Do.subject()
		if side == plan.Source && !source(name) || side == plan.Target && !target(name) {
			return name + " does not belong to the job"
		}
	}
	return ""
}

// abovePlaces are the datasets that the job's places lie in, and the places themselves.
func (m *replay) abovePlaces(j *job) map[string]bool {
	if m.above[j.Name] == nil {
		m.above[j.Name] = map[string]bool{}
		for place := range j.byPlace {
			for ; place != ""; place = zfs.Parent(place) {
				m.above[j.Name][place] = true
			}
		}
	}
	return m.above[j.Name]
}

// judgeNeeds checks that what must come first is needed: the action before on the same replica, the action that makes
// a parent, and for what is done on the source after a transfer, the transfer.
func (m *replay) judgeNeeds(a *plan.Action) string {
	for _, id := range a.Needs {
		if _, before := m.order[id]; !before {
			return "it needs action " + id + ", which does not come before it"
		}
	}
	m.order[a.ID] = len(m.order)
	m.needs[a.ID] = a.Needs
	side, name := a.Do.subject()
	if side != plan.Target {
		return m.judgeSourceNeeds(a, name)
	}
	key := m.key(plan.Target, a.Job, name)
	if last := m.last[key]; last != "" && !m.tied(a.ID, last) {
		return "it must wait for action " + last + " on the same replica"
	}
	for up := zfs.Parent(name); up != ""; up = zfs.Parent(up) {
		if maker := m.makers[m.key(plan.Target, a.Job, up)]; maker != "" && !m.tied(a.ID, maker) {
			return "it must wait for action " + maker + ", which makes its parent"
		}
	}
	m.last[key] = a.ID
	switch d := a.Do.(type) {
	case plan.CreateDataset:
		m.makers[key] = a.ID
	case plan.Send:
		if d.Mode == plan.Full || d.Origin {
			m.makers[key] = a.ID
		}
		m.noteSend(a, d, key)
	}
	return ""
}

// noteSend remembers the send for what is done on the source later. All sends into a replica wait for one another, so
// that whoever waits for the last waits for all.
func (m *replay) noteSend(a *plan.Action, s plan.Send, key string) {
	if m.sends[s.Dataset] == nil {
		m.sends[s.Dataset], m.latest[s.Dataset] = map[string]string{}, map[string]string{}
	}
	m.sends[s.Dataset][a.Job+" "+s.To.Name] = a.ID
	m.latest[s.Dataset][key] = a.ID
}

func (m *replay) judgeSourceNeeds(a *plan.Action, name string) string {
	switch d := a.Do.(type) {
	case plan.Bookmark:
		if send := m.sends[name][a.Job+" @"+d.Snapshot]; send != "" && !m.tied(a.ID, send) {
			return "it must wait for action " + send + ", which brings the snapshot to the target"
		}
	case plan.DestroySnapshots, plan.DestroyBookmarks, plan.Release:
		for key, send := range m.latest[name] {
			_, marks := a.Do.(plan.DestroyBookmarks)
			if marks && !m.ownReplica(a.Job, name, key) {
				continue
			}
			if !m.tied(a.ID, send) {
				return "it must wait for action " + send + ", which sends from it"
			}
		}
	}
	return ""
}

// ownReplica says that the key is that of the job's own replica of the source dataset.
func (m *replay) ownReplica(job, source, key string) bool {
	p := m.jobs[job].bySource[source]
	return p != nil && m.key(plan.Target, job, p.place) == key
}

// tied says that action a waits for b, directly or through others. Nothing before b can wait for it.
func (m *replay) tied(a, b string) bool {
	if slices.Contains(m.needs[a], b) {
		return true
	}
	seen, todo := map[string]bool{}, []string{a}
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range m.needs[id] {
			if n == b {
				return true
			}
			if m.order[n] > m.order[b] && !seen[n] {
				seen[n] = true
				todo = append(todo, n)
			}
		}
	}
	return false
}
