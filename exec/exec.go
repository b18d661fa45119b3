// Package exec runs a plan. It is small and decides nothing: each action waits for those it needs, its preconditions
// are checked again, its commands run as written, and what happened is told as events. It knows neither config nor
// inventory, so a plan that was saved runs like one that was just made.
package exec

import (
	"context"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// Machines gives the machine of each side of a job. The executor does not close them.
type Machines func(job string, side plan.Side) host.Host

// Executor runs plans.
type Executor struct {
	Machines Machines
	Events   func(Event)      // told in order, one at a time
	Now      func() time.Time // for durations in events
}

// Run carries the plan out. One action's failure skips what needs it and nothing else. When ctx ends, running
// commands are ended and nothing more is started; what was interrupted can be resumed by the next run.
func (x *Executor) Run(ctx context.Context, p *plan.Plan) Result {
	s := newSchedule(p)
	done := make(chan outcome)
	limits := limiters(p)
	r := Result{Started: x.Now()}
	for {
		for _, i := range s.startable(ctx.Err() == nil) {
			x.Events(Started{&p.Actions[i]})
			go func() { done <- x.act(ctx, p, i, limits, progressTo(done, i)) }()
		}
		for _, i := range s.skipped() {
			r.Skipped++
			x.Events(Skipped{&p.Actions[i], s.reason(i)})
		}
		if s.running == 0 {
			break
		}
		o := <-done
		if o.progress > 0 {
			x.Events(Progress{&p.Actions[o.index], o.progress})
			continue
		}
		s.finish(o.index, o.err)
		x.tell(p, o, &r)
	}
	r.Ended = x.Now()
	r.Interrupted = ctx.Err() != nil
	return r
}

// outcome is how an action ended, or how far a transfer has come.
type outcome struct {
	index    int
	progress int64
	err      error
	bytes    int64
	took     time.Duration
	notes    []string
}

// progressTo passes on how far a transfer has come.
func progressTo(done chan<- outcome, i int) func(int64) {
	return func(n int64) {
		if n > 0 {
			done <- outcome{index: i, progress: n}
		}
	}
}

// tell counts an outcome and reports it.
func (x *Executor) tell(p *plan.Plan, o outcome, r *Result) {
	a := &p.Actions[o.index]
	r.Bytes += o.bytes
	if o.err != nil {
		r.Failures = append(r.Failures, Failure{a, o.err})
		x.Events(Failed{a, o.err, o.bytes})
		return
	}
	r.Done++
	x.Events(Finished{a, o.bytes, o.took, o.notes})
}

// limiters makes one bandwidth limit a job, shared by its transfers.
func limiters(p *plan.Plan) map[string]*host.Limiter {
	m := map[string]*host.Limiter{}
	for name, c := range p.Jobs {
		if c.Bandwidth > 0 {
			m[name] = host.NewLimiter(c.Bandwidth)
		}
	}
	return m
}
