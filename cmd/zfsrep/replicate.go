package main

import (
	"context"
	"maps"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

// heartbeat is how often a long transfer says that it is alive where nobody sees a progress line.
const heartbeat = 10 * time.Minute

// ran is how a run ended: what was planned last, how that went, which jobs could not even be observed, and how far the
// replicas are, if that was asked for.
type ran struct {
	began    time.Time
	plan     *plan.Plan
	result   exec.Result
	failed   map[string]error
	err      error
	replicas map[string][]plan.Replica
	done     map[string]int   // actions, by job
	bytes    map[string]int64 // sent, by job
}

// exit is the run's exit code as an error. A failure wins over a conflict; a receiver that is busy will not be for ever,
// so it counts as a failure.
func (r ran) exit() error {
	switch {
	case r.err != nil:
		return r.err
	case !r.result.OK() || r.busy():
		return outcome(exitFailed)
	case len(r.failed) > 0:
		return outcome(codeOfJobs(r.failed))
	case len(r.plan.Conflicts) > 0:
		return outcome(exitConflict)
	}
	return nil
}

// replicate serves every job that can be reached, in more than one pass when the world changed under the plan or a
// connection broke: then it looks again, plans again and goes on.
func (p *program) replicate(c *cli.Context, cfg *config.Config, jobs []config.Job) ran {
	r := ran{began: p.now(), plan: &plan.Plan{}, done: map[string]int{}, bytes: map[string]int64{}}
	s := p.open(c.Context, connections(jobs))
	defer s.close()
	p.hold(c.Context, s, connections(jobs))
	view := p.view(c)
	for _, name := range s.unreached() {
		view.Unreached(name, s.failed[name])
	}
	for pass := 0; ; pass++ {
		r = p.pass(c, s, cfg, jobs, view, r)
		lost, again := r.again()
		if !again || pass == len(p.pauses) {
			break
		}
		view.Again(r.result.Failures, p.pauses[pass])
		if !sleep(c.Context, p.pauses[pass]) {
			break
		}
		p.reopen(c.Context, s, jobs, lost)
	}
	r.result.Started = r.began
	view.Done(report.Summary{Plan: r.plan, Result: r.result, Unreached: s.unreached(), Exit: codeOf(r.exit())})
	return r
}

// pass looks, plans and executes once. What earlier passes did is kept in r.
func (p *program) pass(c *cli.Context, s *session, cfg *config.Config, jobs []config.Job, view report.View, r ran) ran {
	before := maps.Clone(s.failed)
	inv := p.observe(c.Context, s, jobs)
	for _, name := range s.unreached() {
		if before[name] == nil {
			view.Unreached(name, s.failed[name])
		}
	}
	r.failed = s.failed
	if len(inv.Jobs) == 0 {
		r.plan, r.result.Failures, r.result.Skipped, r.result.Ended = &plan.Plan{}, nil, 0, p.now()
		return r
	}
	made, err := compile.Compile(cfg, inv, p.now(), p.verify)
	if err != nil {
		r.err = err
		r.result.Ended = p.now()
		return r
	}
	p.reportBug(made, inv, c.String("state-dir"))
	view.Planned(made)
	r = p.execute(c, s, made, view, r)
	if c.String("metrics") != "" {
		r.replicas = p.surveyAfter(c.Context, s, cfg, jobs, inv, r.result.Done > 0 || len(r.result.Failures) > 0)
	}
	return r
}

// execute runs a plan over open connections and tells what happens.
func (p *program) execute(c *cli.Context, s *session, made *plan.Plan, view report.View, r ran) ran {
	x := exec.Executor{Machines: s.machine, Now: p.now, AtOnce: p.atOnce, Events: func(e exec.Event) {
		r.count(e)
		if moves(e) {
			s.moved()
		}
		view.Event(e)
	}}
	before := r.result
	r.plan, r.failed, r.result = made, s.failed, x.Run(c.Context, made)
	r.result.Started = r.began
	r.result.Done += before.Done
	r.result.Bytes += before.Bytes
	return r
}

// carryOut runs a plan that is not of a run, from its announcement to its summary.
func (p *program) carryOut(c *cli.Context, s *session, made *plan.Plan) ran {
	view := p.view(c)
	view.Planned(made)
	r := p.execute(c, s, made, view, ran{began: p.now(), done: map[string]int{}, bytes: map[string]int64{}})
	view.Done(report.Summary{Plan: made, Result: r.result, Unreached: s.unreached(), Exit: codeOf(r.exit())})
	return r
}

// moves says that an event is one of something that went on: bytes, or an action that came to an end.
func moves(e exec.Event) bool {
	switch e.(type) {
	case exec.Progress, exec.Finished, exec.Failed:
		return true
	}
	return false
}

// count keeps each job's own figures.
func (r *ran) count(e exec.Event) {
	switch e := e.(type) {
	case exec.Finished:
		r.done[e.Action.Job]++
		r.bytes[e.Action.Job] += e.Bytes
	case exec.Failed:
		r.bytes[e.Action.Job] += e.Bytes
	}
}

// sleep waits, unless the run is interrupted first.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// view tells people, and with --json machines too.
func (p *program) view(c *cli.Context) report.View {
	progress := &report.Progress{Log: p.log, Every: heartbeat, Now: p.now, Columns: func() int { return report.Width(p.stderr) }}
	if report.IsTerminal(p.stderr) {
		progress.Terminal = p.stderr
	}
	views := report.Views{&report.Run{Log: p.log, Progress: progress, Now: p.now}}
	if c.Bool("json") {
		views = append(views, &report.Events{W: p.stdout, Now: p.now})
	}
	return views
}
