package main

import (
	"bytes"
	"context"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

func metricsFlag() cli.Flag {
	return &cli.StringFlag{Name: "metrics", EnvVars: []string{"ZFSREP_METRICS"}, TakesFile: true,
		Usage: "write metrics for node_exporter's textfile collector to `FILE` (it must end in .prom to be read)"}
}

// surveyAfter says how far the replicas are when all is done. When something was done it looks again instead of
// believing that it went as planned.
func (p *program) surveyAfter(ctx context.Context, s *session, cfg *config.Config, jobs []config.Job, before *observe.Inventory, changed bool) map[string][]plan.Replica {
	inv := before
	if changed {
		again := &session{source: s.source, target: s.target, failed: map[string]error{}, moved: s.moved}
		for name := range s.failed {
			again.failed[name] = s.failed[name]
		}
		inv = p.observe(ctx, again, jobs)
	}
	if len(inv.Jobs) == 0 {
		return nil
	}
	replicas, err := compile.Survey(cfg, inv, p.now(), p.verify)
	if err != nil {
		p.log.Warnf("cannot tell how far the replicas are: %v", err)
		return nil
	}
	return replicasByJob(replicas)
}

// writeMetrics replaces the metrics file as a whole, so that nobody reads half of it.
func writeMetrics(file string, all []report.JobMetrics) error {
	var b bytes.Buffer
	report.Metrics(&b, all)
	return writeFile(file, b.Bytes())
}
