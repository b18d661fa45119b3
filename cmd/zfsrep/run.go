package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
)

func (p *program) runCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "run",
		Usage:       "observe, plan, execute, report: what the service does",
		Description: "Exits with 0 when all is replicated, 1 when a retry may mend what failed, 3 when a dataset needs a decision.",
		Flags:       []cli.Flag{configFlag, jobFlag, lockDirFlag, stateDirFlag},
		Action: func(c *cli.Context) error {
			cfg, err := p.load(c)
			if err != nil {
				return err
			}
			jobs, err := selected(c, cfg)
			if err != nil {
				return err
			}
			closeLog, err := p.logTo(cfg.Log)
			if err != nil {
				return err
			}
			defer closeLog()
			unlock, err := p.lock(c, connections(jobs))
			if err != nil {
				return err
			}
			defer unlock()
			r := p.replicate(c.Context, cfg, jobs)
			p.remember(c, jobs, r)
			return r.exit()
		},
	}, 0)
}

// ran is how a run ended: what was planned, how that went, and which jobs could not even be observed.
type ran struct {
	plan   *plan.Plan
	result exec.Result
	failed map[string]error
	err    error
}

// exit is the run's exit code as an error; all of it has been told. A failure wins over a conflict.
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
func (p *program) replicate(ctx context.Context, cfg *config.Config, jobs []config.Job) ran {
	began := p.now()
	s := p.open(ctx, connections(jobs))
	defer s.close()
	inv := p.observe(ctx, s, jobs)
	unreached := p.complain(s, jobs)
	if len(inv.Jobs) == 0 {
		p.log.Errorf("failed: nothing could be observed; the next run tries again")
		return ran{plan: &plan.Plan{}, failed: s.failed, err: unreached, result: exec.Result{Started: began, Ended: p.now()}}
	}
	made, err := plan.Compile(cfg, inv, p.now())
	if err != nil {
		return ran{plan: &plan.Plan{}, failed: s.failed, err: err, result: exec.Result{Started: began, Ended: p.now()}}
	}
	r := p.execute(ctx, s, made)
	r.result.Started = began
	return r
}

// execute runs a plan over open connections and tells what happens.
func (p *program) execute(ctx context.Context, s *session, made *plan.Plan) ran {
	view := &report.Run{Log: p.log, Now: p.now}
	if isTerminal(p.stderr) {
		view.Terminal = p.stderr
	}
	view.Planned(made)
	x := exec.Executor{Machines: s.machine, Events: view.Event, Now: p.now}
	r := ran{plan: made, failed: s.failed, result: x.Run(ctx, made)}
	view.Done(r.result, len(made.Conflicts))
	return r
}

// logTo sets the log up as the config says.
func (p *program) logTo(l config.Log) (func(), error) {
	if level, err := parseLevel(l.Level); err == nil {
		p.log.SetLevel(level)
	}
	if l.File == "" {
		return func() {}, nil
	}
	f, err := report.AlsoToFile(p.log, l.File)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
