package main

import (
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

// ran is how a run ended: what was planned, how that went, which jobs could not even be observed, and how far the
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

// exit is the run's exit code as an error. A failure wins over a conflict.
func (r ran) exit() error {
	switch {
	case r.err != nil:
		return r.err
	case len(r.failed) > 0 || !r.result.OK():
		return outcome(exitFailed)
	case len(r.plan.Conflicts) > 0:
		return outcome(exitConflict)
	}
	return nil
}

// replicate serves every job that can be reached.
func (p *program) replicate(c *cli.Context, cfg *config.Config, jobs []config.Job) ran {
	r := ran{began: p.now(), plan: &plan.Plan{}}
	s := p.open(c.Context, connections(jobs))
	defer s.close()
	inv := p.observe(c.Context, s, jobs)
	r.failed = s.failed
	if len(inv.Jobs) == 0 {
		return p.execute(c, s, r.plan, r)
	}
	made, err := compile.Compile(cfg, inv, p.now(), p.verify)
	if err != nil {
		r.err = err
		r.result = exec.Result{Started: r.began, Ended: p.now()}
		return r
	}
	p.reportBug(made, inv, c.String("state-dir"))
	r = p.execute(c, s, made, r)
	if c.String("metrics") != "" {
		r.replicas = p.surveyAfter(c.Context, s, cfg, jobs, inv, r.result.Done > 0 || len(r.result.Failures) > 0)
	}
	return r
}

// execute runs a plan over open connections and tells what happens.
func (p *program) execute(c *cli.Context, s *session, made *plan.Plan, r ran) ran {
	view := p.view(c)
	for _, name := range s.unreached() {
		view.Unreached(name, s.failed[name])
	}
	if len(made.Actions) > 0 || made.ID != "" {
		view.Planned(made)
	}
	r.done, r.bytes = map[string]int{}, map[string]int64{}
	x := exec.Executor{Machines: s.machine, Now: p.now, AtOnce: p.atOnce, Events: func(e exec.Event) {
		r.count(e)
		view.Event(e)
	}}
	r.plan, r.failed, r.result = made, s.failed, x.Run(c.Context, made)
	r.result.Started = r.began
	view.Done(report.Summary{Plan: made, Result: r.result, Unreached: s.unreached(), Exit: codeOf(r.exit())})
	return r
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
