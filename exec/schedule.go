package exec

import (
	"errors"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

type state int

const (
	waiting state = iota
	running
	succeeded
	failed
	passedOver
)

// schedule knows which actions may run: their needs have succeeded, and their job has a free place.
type schedule struct {
	plan    *plan.Plan
	state   []state
	index   map[string]int // by action ID
	busy    map[string]int // running actions by job
	lost    map[string]bool
	running int
	ended   bool
	first   int // every action before it is settled
}

func newSchedule(p *plan.Plan) *schedule {
	s := &schedule{plan: p, state: make([]state, len(p.Actions)), index: make(map[string]int, len(p.Actions)),
		busy: map[string]int{}, lost: map[string]bool{}}
	for i := range p.Actions {
		s.index[p.Actions[i].ID] = i
	}
	return s
}

// startable picks, in plan order, the actions that can run now, and counts them as running.
func (s *schedule) startable(more bool) []int {
	s.ended = s.ended || !more
	var picked []int
	for i := s.first; i < len(s.state) && !s.ended; i++ {
		a := &s.plan.Actions[i]
		if s.state[i] != waiting || s.lost[a.Job] || s.busy[a.Job] >= max(s.plan.Jobs[a.Job].Parallel, 1) || !s.ready(a) {
			continue
		}
		s.state[i] = running
		s.busy[a.Job]++
		s.running++
		picked = append(picked, i)
	}
	return picked
}

func (s *schedule) ready(a *plan.Action) bool {
	for _, id := range a.Needs {
		if s.state[s.index[id]] != succeeded {
			return false
		}
	}
	return true
}

// skipped settles the actions that can never run.
func (s *schedule) skipped() []int {
	var over []int
	for i := s.first; i < len(s.state); i++ {
		if s.state[i] == waiting && s.reason(i) != "" {
			s.state[i] = passedOver
			over = append(over, i)
		}
	}
	for s.first < len(s.state) && s.state[s.first] > running {
		s.first++
	}
	return over
}

// reason says why an action cannot run any more, "" if it still can.
func (s *schedule) reason(i int) string {
	a := &s.plan.Actions[i]
	for _, id := range a.Needs {
		switch s.state[s.index[id]] {
		case failed:
			return "it needs action " + id + ", which failed"
		case passedOver:
			return "it needs action " + id + ", which was not done"
		}
	}
	switch {
	case s.lost[a.Job]:
		return "the connection is lost"
	case s.ended:
		return "the run was interrupted"
	}
	return ""
}

// finish settles a running action. A lost connection ends its whole job.
func (s *schedule) finish(i int, err error) {
	s.running--
	s.busy[s.plan.Actions[i].Job]--
	s.state[i] = succeeded
	if err != nil {
		s.state[i] = failed
		var conn *host.ConnError
		if errors.As(err, &conn) && conn.Kind == host.ConnLost {
			s.lost[s.plan.Actions[i].Job] = true
		}
	}
}
