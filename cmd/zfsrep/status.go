package main

import (
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

func (p *program) statusCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "status",
		Usage:       "show how far each replica is behind, and what needs a person",
		Description: "Runs read-only commands on both machines.\nExits with 0 when all is well, 1 when a job cannot be observed, 3 when a dataset needs a decision.",
		Flags:       []cli.Flag{configFlag(), jobFlag(), jsonFlag(), stateDirFlag()},
		Action:      p.status,
	}, 0, "zfsrep status", "zfsrep status --json | jq '.jobs[].replicas[] | select(.behindSeconds > 86400)'")
}

func (p *program) status(c *cli.Context) error {
	cfg, jobs, err := p.load(c)
	if err != nil {
		return err
	}
	s := p.open(c.Context, connections(jobs))
	defer s.close()
	inv := p.observe(c.Context, s, jobs)
	byJob := map[string][]plan.Replica{}
	if len(inv.Jobs) > 0 {
		replicas, err := compile.Survey(cfg, inv, p.now(), p.verify)
		if err != nil {
			return err
		}
		byJob = replicasByJob(replicas)
	}
	all, verdict := []report.Status{}, error(nil)
	for i := range jobs {
		st := p.jobStatus(c, s, &jobs[i], byJob[jobs[i].Name])
		all = append(all, st)
		verdict = worse(verdict, st)
	}
	snapshots := p.lastSnapshots(c, cfg)
	if c.Bool("json") {
		document := map[string]any{"version": report.StatusVersion, "jobs": all}
		if snapshots != nil {
			document["snapshots"] = snapshots
		}
		if err := p.printJSON(document); err != nil {
			return err
		}
		return verdict
	}
	report.Statuses(p.stdout, all, snapshots, p.now(), report.Color(p.stdout), report.Width(p.stdout))
	return verdict
}

func (p *program) jobStatus(c *cli.Context, s *session, j *config.Job, replicas []plan.Replica) report.Status {
	st := report.Status{Job: j.Name, Target: report.TargetName(compile.ConnectionOf(j)), Replicas: replicas}
	if st.Replicas == nil {
		st.Replicas = []plan.Replica{}
	}
	var err error
	if st.Last, err = lastRun(c, j.Name); err != nil {
		p.log.Warnf("the last result of job %s is not known (--state-dir): %v", j.Name, err)
	}
	if failed := s.failed[j.Name]; failed != nil {
		st.Error = report.Explain(failed)
	}
	return st
}

// lastSnapshots is how zfsrep snapshot ended last, nil where it takes none or has not run.
func (p *program) lastSnapshots(c *cli.Context, cfg *config.Config) *report.LastRun {
	if !cfg.AutoSnapshot.Enable {
		return nil
	}
	last, err := lastRun(c, plan.SnapshotJob)
	if err != nil {
		p.log.Warnf("the last result of zfsrep snapshot is not known (--state-dir): %v", err)
	}
	return last
}

// worse is the exit code so far, made worse by a job: not to know wins over a conflict.
func worse(so error, st report.Status) error {
	if st.Error != "" {
		return outcome(exitFailed)
	}
	for _, r := range st.Replicas {
		if r.Conflict != nil && so == nil {
			so = outcome(exitConflict)
		}
	}
	return so
}

func replicasByJob(all []plan.Replica) map[string][]plan.Replica {
	byJob := map[string][]plan.Replica{}
	for _, r := range all {
		byJob[r.Job] = append(byJob[r.Job], r)
	}
	return byJob
}
