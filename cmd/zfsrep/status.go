package main

import (
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
)

func (p *program) statusCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "status",
		Usage:       "show how far each replica is behind, and what needs a person",
		Description: "Runs read-only commands on both machines.\nExits with 0 when all is well, 1 when a job cannot be observed, 3 when a dataset needs a decision.",
		Flags:       []cli.Flag{configFlag, jobFlag, jsonFlag, stateDirFlag},
		Action: func(c *cli.Context) error {
			cfg, err := p.load(c)
			if err != nil {
				return err
			}
			jobs, err := selected(c, cfg)
			if err != nil {
				return err
			}
			s := p.open(c.Context, connections(jobs))
			defer s.close()
			inv := p.observe(c.Context, s, jobs)
			byJob := map[string][]plan.Replica{}
			if len(inv.Jobs) > 0 {
				replicas, err := plan.Survey(cfg, inv, p.now())
				if err != nil {
					return err
				}
				for _, r := range replicas {
					byJob[r.Job] = append(byJob[r.Job], r)
				}
			}
			all := []report.Status{}
			var verdict error
			for i := range jobs {
				st := report.Status{Job: jobs[i].Name, Target: report.TargetName(plan.ConnectionOf(&jobs[i])), Replicas: byJob[jobs[i].Name]}
				if st.Last, err = lastRun(c, st.Job); err != nil {
					p.log.Warn(err)
				}
				for _, r := range st.Replicas {
					if r.Conflict != nil && verdict == nil {
						verdict = outcome(exitConflict)
					}
				}
				if failed := s.failed[st.Job]; failed != nil {
					st.Error = withHint(failed)
					verdict = outcome(exitFailed)
				}
				all = append(all, st)
			}
			if c.Bool("json") {
				if err := p.printJSON(map[string]any{"version": 1, "jobs": all}); err != nil {
					return err
				}
			} else {
				report.Statuses(p.stdout, all, p.now(), color(p.stdout))
			}
			return verdict
		},
	}, 0)
}
