package report

import (
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/plan"
)

// View is told how a run goes: [Run] tells people, [Events] tells machines.
type View interface {
	// Unreached is a job that could not be observed, so nothing of it is planned.
	Unreached(job string, err error)
	// Planned is what is about to be done.
	Planned(*plan.Plan)
	// Event is what the executor does.
	Event(exec.Event)
	// Again says that what failed is worth another pass after a pause: look again, plan again, go on.
	Again(failures []exec.Failure, pause time.Duration)
	// Done is the end.
	Done(Summary)
}

// Summary is how a run ended.
type Summary struct {
	Plan      *plan.Plan
	Result    exec.Result
	Unreached []string // jobs
	Exit      int
}

// Views tells several views.
type Views []View

// Unreached implements View.
func (vs Views) Unreached(job string, err error) {
	for _, v := range vs {
		v.Unreached(job, err)
	}
}

// Planned implements View.
func (vs Views) Planned(p *plan.Plan) {
	for _, v := range vs {
		v.Planned(p)
	}
}

// Event implements View.
func (vs Views) Event(e exec.Event) {
	for _, v := range vs {
		v.Event(e)
	}
}

// Again implements View.
func (vs Views) Again(failures []exec.Failure, pause time.Duration) {
	for _, v := range vs {
		v.Again(failures, pause)
	}
}

// Done implements View.
func (vs Views) Done(s Summary) {
	for _, v := range vs {
		v.Done(s)
	}
}
