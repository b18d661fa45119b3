package exec

import (
	"cmp"
	"errors"
	"slices"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

type state int

const (
	waiting state = iota
	running
	arrived // a transfer whose receiver ended well; not yet proved
	succeeded
	failed
	passedOver
)

// schedule knows which actions may run: their needs have succeeded, their job has come to their movement, and it has a
// free place.
type schedule struct {
	plan    *plan.Plan
	state   []state
	index   map[string]int // by action ID
	upkeep  []bool         // of the last movement
	asked   []bool         // preconditions were looked at and hold
	jobs    map[string]*progress
	running int
	ended   bool
	first   int // every action before it is settled
	atOnce  int
}

// progress is how far a job has come.
type progress struct {
	transfers int  // actions of the first movement that are not settled
	arrivals  int  // of them, transfers that wait for their proof
	busy      int  // running actions
	large     int  // of them, large transfers
	asking    bool // preconditions are being looked at
	proving   bool
	lost      bool
}

func newSchedule(p *plan.Plan, small int) *schedule {
	n := len(p.Actions)
	s := &schedule{plan: p, state: make([]state, n), index: make(map[string]int, n), upkeep: make([]bool, n), asked: make([]bool, n), jobs: map[string]*progress{}, atOnce: cmp.Or(small, atOnce)}
	for i := range p.Actions {
		s.index[p.Actions[i].ID] = i
	}
	s.divide()
	for i := range p.Actions {
		j := s.job(i)
		if !s.upkeep[i] {
			j.transfers++
		}
	}
	return s
}

func (s *schedule) job(i int) *progress {
	name := s.plan.Actions[i].Job
	if s.jobs[name] == nil {
		s.jobs[name] = &progress{}
	}
	return s.jobs[name]
}

// divide tells the movements apart: marks, pruning and what brings replicas in line come last, unless a transfer needs them.
func (s *schedule) divide() {
	for i := range s.plan.Actions {
		switch s.plan.Actions[i].Do.(type) {
		case plan.Bookmark, plan.DestroyBookmarks, plan.DestroySnapshots, plan.Hold, plan.Release, plan.SetProperty:
			s.upkeep[i] = true
		}
	}
	var pull func(i int)
	pull = func(i int) {
		for _, id := range s.plan.Actions[i].Needs {
			if k := s.index[id]; s.upkeep[k] {
				s.upkeep[k] = false
				pull(k)
			}
		}
	}
	for i := range s.plan.Actions {
		if !s.upkeep[i] {
			pull(i)
		}
	}
}

// How many small actions of a job run side by side whatever its limits say: they cost round trips, not bandwidth.
const atOnce = 4

// smallBytes is how much a transfer may carry and still be a small action.
const smallBytes = 16 << 20

func (s *schedule) large(i int) bool {
	send, ok := s.plan.Actions[i].Do.(plan.Send)
	return ok && (send.Bytes == nil || *send.Bytes > smallBytes)
}

// startable picks, in plan order, the actions that can run now, and counts them as running. ask are those of one job
// that destroy and must be asked about first; they are picked once the answer is there.
func (s *schedule) startable(more bool) (picked, ask []int) {
	s.ended = s.ended || !more
	for i := s.first; i < len(s.state) && !s.ended; i++ {
		a, j := &s.plan.Actions[i], s.job(i)
		if s.state[i] != waiting || j.lost || !s.ready(a, s.upkeep[i]) || s.upkeep[i] && (j.transfers > 0 || j.proving) {
			continue
		}
		if asks(a) && !s.asked[i] {
			if !j.asking && len(ask) < askAtOnce && (len(ask) == 0 || s.plan.Actions[ask[0]].Job == a.Job) {
				ask = append(ask, i)
			}
			continue
		}
		parallel, large := max(s.plan.Jobs[a.Job].Parallel, 1), s.large(i)
		if j.busy >= max(parallel, s.atOnce) || large && j.large >= parallel {
			continue
		}
		s.begin(i)
		picked = append(picked, i)
	}
	if len(ask) > 0 {
		s.job(ask[0]).asking = true
		s.running++
	}
	return picked, ask
}

func (s *schedule) begin(i int) {
	j := s.job(i)
	s.state[i] = running
	s.running++
	j.busy++
	if s.large(i) {
		j.large++
	}
}

// ready says that what the action needs is done. What follows on the same replica goes on from what has arrived, and the
// receiving ZFS holds it to that; marks and pruning wait for the proof.
func (s *schedule) ready(a *plan.Action, proof bool) bool {
	for _, id := range a.Needs {
		if k := s.state[s.index[id]]; k != succeeded && (k != arrived || proof) {
			return false
		}
	}
	return true
}

// provable are the jobs whose transfers are over and whose arrivals have yet to be proved.
func (s *schedule) provable(more bool) []string {
	var all []string
	for name, j := range s.jobs {
		if more && !j.lost && !j.proving && j.arrivals > 0 && j.transfers == j.arrivals && j.busy == 0 {
			j.proving = true
			s.running++
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// arrivals are the job's transfers that have yet to be proved.
func (s *schedule) arrivals(job string) []int {
	var all []int
	for i := range s.state {
		if s.state[i] == arrived && s.plan.Actions[i].Job == job {
			all = append(all, i)
		}
	}
	return all
}

// answered takes in which of the asked actions may run, and gives those that may not.
func (s *schedule) answered(o outcome) map[int]error {
	s.running--
	for _, i := range o.asked {
		s.job(i).asking = false
		if err := o.errs[i]; err != nil {
			s.settled(i, failed)
			s.noteLoss(i, err)
		} else {
			s.asked[i] = true
		}
	}
	return o.errs
}

// provedJob takes in which arrivals are there, and gives those that are not.
func (s *schedule) provedJob(o outcome) (missing []int) {
	s.running--
	s.jobs[o.proved].proving = false
	for _, i := range s.arrivals(o.proved) {
		s.jobs[o.proved].arrivals--
		if err := o.errs[i]; err != nil {
			s.settled(i, failed)
			s.noteLoss(i, err)
			missing = append(missing, i)
		} else {
			s.settled(i, succeeded)
		}
	}
	return missing
}

func (s *schedule) settled(i int, as state) {
	s.state[i] = as
	if !s.upkeep[i] {
		s.job(i).transfers--
	}
}

// finish settles a running action.
func (s *schedule) finish(i int, err error) {
	s.running--
	j := s.job(i)
	j.busy--
	if s.large(i) {
		j.large--
	}
	_, send := s.plan.Actions[i].Do.(plan.Send)
	switch {
	case err != nil:
		s.settled(i, failed)
		s.noteLoss(i, err)
	case send:
		s.state[i] = arrived
		j.arrivals++
	default:
		s.settled(i, succeeded)
	}
}

// noteLoss ends the whole job when its connection is gone.
func (s *schedule) noteLoss(i int, err error) {
	var conn *host.ConnError
	if errors.As(err, &conn) && conn.Kind == host.ConnLost {
		s.job(i).lost = true
	}
}

// skipped settles the actions that can never run.
func (s *schedule) skipped() []int {
	var over []int
	for i := s.first; i < len(s.state); i++ {
		if s.state[i] == waiting && s.reason(i) != "" {
			s.settled(i, passedOver)
			over = append(over, i)
		}
	}
	for s.first < len(s.state) && s.state[s.first] > arrived {
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
	case s.job(i).lost:
		return "the connection is lost"
	case s.ended:
		return "the run was interrupted"
	}
	return ""
}
