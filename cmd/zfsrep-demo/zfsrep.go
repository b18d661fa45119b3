package main

import (
	"context"
	"io"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// configJSON is the configuration of the original design, for a machine called kraken. The bandwidth is there to have
// something to watch.
const configJSON = `{
  "version": 1,
  "jobs": {
    "default": {
      "remoteHost": "192.168.1.15",
      "remoteUser": "box",
      "remotePool": "tank",
      "datasets": [
        "tank/services",
        "tank/shack/cloud/immich",
        "tank/shack/cloud/nextcloud",
        "tank/shack/cloud/syncthing",
        "tank/shack/cloud/vaultwarden"
      ],
      "limits": { "bandwidth": "50M" }
    }
  }
}
`

// The exit codes of zfsrep that the story comes by.
const (
	exitOK       = 0
	exitFailed   = 1
	exitUsage    = 2
	exitConflict = 3
)

// zfsrep is three commands of zfsrep, for one job on a simulated pair: look, plan, execute, report.
type zfsrep struct {
	*machines
	w    io.Writer
	cfg  *config.Config
	last *report.LastRun
}

func newZfsrep(m *machines, w io.Writer) (*zfsrep, error) {
	cfg, wrong := config.Parse([]byte(configJSON))
	if wrong.HasErrors() {
		return nil, wrong
	}
	return &zfsrep{machines: m, w: w, cfg: cfg}, nil
}

// plan shows what a run would do.
func (z *zfsrep) plan(ctx context.Context) (exit int, err error) {
	made, err := z.compile(ctx)
	if err != nil {
		return exitFailed, err
	}
	report.Plan(z.w, made, report.PlanOptions{Color: report.Color(z.w), Width: report.Width(z.w)})
	return exitOf(made, exec.Result{}), nil
}

// run does it.
func (z *zfsrep) run(ctx context.Context) (exit int, err error) {
	began := z.time()
	made, err := z.compile(ctx)
	if err != nil {
		return exitFailed, err
	}
	log := report.NewLogger(z.w, "info")
	progress := &report.Progress{Log: log, Now: z.time, Columns: func() int { return report.Width(z.w) }}
	if report.IsTerminal(z.w) {
		progress.Terminal = z.w
	}
	view := &report.Run{Log: log, Progress: progress, Now: z.time}
	view.Planned(made)
	x := exec.Executor{Machines: z.machine, Now: z.time, AtOnce: 1, Events: view.Event}
	result := x.Run(ctx, made)
	result.Started = began
	exit = exitOf(made, result)
	view.Done(report.Summary{Plan: made, Result: result, Exit: exit})
	z.last = &report.LastRun{Started: began, Ended: result.Ended, Exit: exit, Done: result.Done, Bytes: result.Bytes}
	return exit, nil
}

// status shows how far the replicas are.
func (z *zfsrep) status(ctx context.Context) (exit int, err error) {
	inv, err := z.observe(ctx)
	if err != nil {
		return exitFailed, err
	}
	replicas, err := compile.Survey(z.cfg, inv, z.time(), verify.Plan)
	if err != nil {
		return exitFailed, err
	}
	j := z.job()
	st := report.Status{Job: j.Name, Target: report.TargetName(compile.ConnectionOf(j)), Replicas: replicas, Last: z.last}
	report.Statuses(z.w, []report.Status{st}, nil, z.time(), report.Color(z.w), report.Width(z.w))
	return exitOK, nil
}

// exitOf is how a plan and its execution end.
func exitOf(made *plan.Plan, r exec.Result) int {
	switch {
	case !r.OK():
		return exitFailed
	case len(made.Conflicts) > 0:
		return exitConflict
	}
	return exitOK
}

func (z *zfsrep) job() *config.Job { return &z.cfg.Jobs[0] }

func (z *zfsrep) observe(ctx context.Context) (*observe.Inventory, error) {
	inv := observe.New(z.time())
	pairs, failed := observe.Jobs(ctx, []observe.Seat{{Job: z.job(), Source: z.kraken.Host(), Target: z.box.Host()}})
	inv.Jobs = pairs
	return inv, failed[z.job().Name]
}

func (z *zfsrep) compile(ctx context.Context) (*plan.Plan, error) {
	inv, err := z.observe(ctx)
	if err != nil {
		return nil, err
	}
	return compile.Compile(z.cfg, inv, z.time(), verify.Plan)
}

func (z *zfsrep) machine(_ string, side plan.Side) host.Host {
	if side == plan.Target {
		return z.box.Host()
	}
	return z.kraken.Host()
}
