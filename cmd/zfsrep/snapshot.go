package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

func (p *program) snapshotCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "snapshot",
		Usage: "take the day's snapshots, and end those that are old: what autoSnapshot says",
		Description: "One atomic snapshot a pool of every dataset that the config's jobs replicate, through a plan like everything else.\n" +
			"Asks only this machine: what has arrived elsewhere is told by the bookmarks that zfsrep run leaves.",
		Flags: []cli.Flag{configFlag(), eventsFlag(), lockDirFlag(), stateDirFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "show the plan and touch nothing"}},
		Action: p.snapshot,
	}, 0, "zfsrep snapshot --dry-run")
}

func (p *program) snapshot(c *cli.Context) error {
	cfg, _, err := p.load(c)
	if err != nil {
		return err
	}
	if !cfg.AutoSnapshot.Enable {
		return usageError{fmt.Errorf("autoSnapshot.enable is false in %s: set it to true if zfsrep shall take the snapshots", c.String("config"))}
	}
	here := map[string]plan.Connection{plan.SnapshotJob: {Places: []string{plan.SnapshotJob}}}
	if !c.Bool("dry-run") {
		defer p.logTo(cfg.Log)()
		unlock, err := p.lock(c, here)
		if err != nil {
			return p.logged(err)
		}
		defer unlock()
	}
	s := p.open(c.Context, here)
	defer s.close()
	made, err := p.planSnapshots(c, s, cfg)
	r := ran{began: p.now(), plan: &plan.Plan{}, failed: s.failed, err: err}
	switch {
	case c.Bool("dry-run") && err == nil:
		report.Plan(p.stdout, made, report.PlanOptions{Color: report.Color(p.stdout), Width: report.Width(p.stdout)})
	case err == nil:
		r = p.carryOut(c, s, made)
	}
	if !c.Bool("dry-run") {
		p.rememberSnapshots(c, r)
	}
	return p.logged(r.exit())
}

// planSnapshots lists the datasets of all jobs at once; where they are replicated to plays no part. Jobs whose datasets
// could not be listed have failed: those get no snapshot, all others do.
func (p *program) planSnapshots(c *cli.Context, s *session, cfg *config.Config) (*plan.Plan, error) {
	if err := s.failed[plan.SnapshotJob]; err != nil {
		return nil, err
	}
	inv := observe.New(p.now())
	inv.Jobs, s.failed = observe.SourceOnly(c.Context, cfg.Jobs, s.machine(plan.SnapshotJob, plan.Source))
	if err := p.complain(s); errors.Is(err, context.Canceled) {
		return nil, err
	}
	if len(inv.Jobs) == 0 {
		return &plan.Plan{}, nil
	}
	s.moved()
	return compile.CompileSnapshot(cfg, inv, p.now(), verify.Snapshots)
}
