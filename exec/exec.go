// Package exec runs a plan. It is small and decides nothing: each action waits for those it needs, the commands that
// follow from its step run, and what happened is told as events. It knows neither config nor inventory, so a plan that
// was saved runs like one that was just made.
//
// A job's actions run in three movements. First the transfers, with what must precede them: the stream itself is the
// check, and not one byte of another one than the plan's reaches the receiver (transfer.go). Then the proof: what the
// target says that it has counts, not an exit code (prove.go). Then marks, pruning and properties, for what has been proved
// (schedule.go says when). What destroys is asked about right before, many in one command (ask.go).
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
	AtOnce   int              // how many small actions of a job run side by side; 0: as many as were found to pay
}

// Run carries the plan out. One action's failure skips what needs it and nothing else. When ctx ends, running
// commands are ended and nothing more is started; what was interrupted can be resumed by the next run.
func (x *Executor) Run(ctx context.Context, p *plan.Plan) Result {
	r := &run{Executor: x, plan: p, schedule: newSchedule(p, x.AtOnce), done: make(chan outcome), limits: limiters(p), Result: Result{Started: x.Now()}}
	for {
		r.start(ctx)
		for _, i := range r.schedule.skipped() {
			r.Skipped++
			x.Events(Skipped{&p.Actions[i], r.schedule.reason(i)})
		}
		if r.schedule.running == 0 {
			break
		}
		r.settle(<-r.done)
	}
	r.Ended = x.Now()
	r.Interrupted = ctx.Err() != nil
	return r.Result
}

// run is one execution of a plan.
type run struct {
	*Executor
	Result
	plan     *plan.Plan
	schedule *schedule
	done     chan outcome
	limits   map[string]*host.Limiter
}

// outcome is what a task has come to: how an action ended, how far a transfer has come, what was asked or proved.
type outcome struct {
	index    int
	progress int64
	err      error
	bytes    int64
	took     time.Duration
	notes    []string

	asked  []int         // actions whose preconditions were looked at; verdict says which do not hold
	proved string        // job whose arrivals were looked at; verdict says which are missing
	errs   map[int]error // by action
}

// start begins everything that can run now.
func (r *run) start(ctx context.Context) {
	for _, job := range r.schedule.provable(ctx.Err() == nil) {
		go func() { r.done <- r.prove(ctx, job) }()
	}
	picked, ask := r.schedule.startable(ctx.Err() == nil)
	if len(ask) > 0 {
		go func() { r.done <- r.ask(ctx, ask) }()
	}
	for _, i := range picked {
		r.Events(Started{&r.plan.Actions[i]})
		go func() { r.done <- r.act(ctx, i) }()
	}
}

// settle takes in an outcome.
func (r *run) settle(o outcome) {
	switch {
	case o.progress > 0:
		r.Events(Progress{&r.plan.Actions[o.index], o.progress})
	case o.asked != nil:
		for i, err := range r.schedule.answered(o) {
			r.Events(Started{&r.plan.Actions[i]})
			r.fail(i, 0, err)
		}
	case o.proved != "":
		for _, i := range r.schedule.provedJob(o) {
			r.Done--
			r.fail(i, 0, o.errs[i])
		}
	case o.err != nil:
		r.schedule.finish(o.index, o.err)
		r.fail(o.index, o.bytes, o.err)
	default:
		r.schedule.finish(o.index, nil)
		r.Done++
		r.Bytes += o.bytes
		r.Events(Finished{&r.plan.Actions[o.index], o.bytes, o.took, o.notes})
	}
}

func (r *run) fail(i int, bytes int64, err error) {
	a := &r.plan.Actions[i]
	r.Bytes += bytes
	r.Failures = append(r.Failures, Failure{a, err})
	r.Events(Failed{a, err, bytes})
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
