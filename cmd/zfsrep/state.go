package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
)

func stateDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "state-dir", Value: "/var/lib/zfsrep", EnvVars: []string{"ZFSREP_STATE_DIR", "STATE_DIRECTORY"},
		Usage: "where run and snapshot leave their results for status: `DIR`"}
}

func (p *program) setLevel(name string) {
	if level, err := logrus.ParseLevel(name); err == nil {
		p.log.SetLevel(level)
	}
}

// remember keeps how the run ended, for zfsrep status and the metrics. That it cannot be kept is no failure of the run.
func (p *program) remember(c *cli.Context, jobs []config.Job, r ran) {
	all := make([]report.JobMetrics, 0, len(jobs))
	for _, j := range jobs {
		before, err := lastRun(c, j.Name)
		if err != nil {
			p.log.Debugf("the last result is lost: %v", err)
		}
		last := r.of(j.Name)
		stale := last.Replicas == nil
		if stale && before != nil {
			last.Replicas = before.Replicas // a job that is not reached does not forget how far it was
		}
		p.keep(c, j.Name, last)
		all = append(all, report.JobMetrics{Job: j.Name, Last: last, Replicas: last.Replicas, Stale: stale})
	}
	if file := c.String("metrics"); file != "" {
		if err := writeMetrics(file, all); err != nil {
			p.log.Warnf("cannot write the metrics (--metrics): %v", err)
		}
	}
}

// keep leaves a result for zfsrep status.
func (p *program) keep(c *cli.Context, job string, last report.LastRun) {
	data, err := json.MarshalIndent(last, "", "  ")
	if err == nil {
		err = writeFile(lastRunFile(c, job), append(data, '\n'))
	}
	if err != nil {
		p.log.Warnf("cannot keep the result of job %s for zfsrep status (--state-dir): %v", job, err)
	}
}

// rememberSnapshots keeps how zfsrep snapshot ended. Jobs whose datasets could not be listed are failures of it.
func (p *program) rememberSnapshots(c *cli.Context, r ran) {
	last := r.of(plan.SnapshotJob)
	if last.Ended.IsZero() {
		last.Started, last.Ended = r.began, p.now()
	}
	for _, job := range slices.Sorted(maps.Keys(r.failed)) {
		last.Failures = append(last.Failures, "no snapshots of job "+job+": "+report.Explain(r.failed[job]))
		last.Exit = exitFailed
	}
	p.keep(c, plan.SnapshotJob, last)
}

// of is how the run ended for one job: its own failures, its own conflicts, its own bytes.
func (r ran) of(job string) report.LastRun {
	last := report.LastRun{Started: r.result.Started, Ended: r.result.Ended, Failures: []string{}, Conflicts: []string{}, Replicas: r.replicas[job]}
	own := ran{plan: &plan.Plan{}, failed: map[string]error{}, err: r.err, result: exec.Result{Interrupted: r.result.Interrupted}}
	if err := r.failed[job]; err != nil {
		own.failed[job] = err
		last.Failures = append(last.Failures, report.Explain(err))
	}
	if r.err != nil {
		last.Failures = append(last.Failures, report.Explain(r.err))
	}
	for _, f := range r.result.Failures {
		if f.Action.Job == job {
			own.result.Failures = append(own.result.Failures, f)
			last.Failures = append(last.Failures, "cannot "+f.Action.Do.Title()+": "+report.Explain(f.Err))
		}
	}
	if r.result.Interrupted {
		last.Failures = append(last.Failures, "interrupted")
	}
	for _, x := range r.plan.Conflicts {
		if x.Job == job {
			own.plan.Conflicts = append(own.plan.Conflicts, x)
			last.Conflicts = append(last.Conflicts, x.Dataset+": "+string(x.Code))
		}
	}
	last.Exit = codeOf(own.exit())
	last.Done, last.Bytes = r.done[job], r.bytes[job]
	return last
}

func lastRunFile(c *cli.Context, job string) string {
	return filepath.Join(c.String("state-dir"), "last-"+job+".json")
}

// lastRun is how the job's last run ended, nil if it has not run.
func lastRun(c *cli.Context, job string) (*report.LastRun, error) {
	data, err := os.ReadFile(lastRunFile(c, job))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var last report.LastRun
	if err := json.Unmarshal(data, &last); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", lastRunFile(c, job), err)
	}
	return &last, nil
}

// writeFile replaces a file as a whole: a reader, or a crash, sees the old one or the new one.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644) // nothing in these files is a secret
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
