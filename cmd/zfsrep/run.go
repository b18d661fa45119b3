package main

import (
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
)

// eventsFlag is --json of the commands that execute.
func eventsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "json", Usage: "print what happens as JSON, one event a line, on standard output"}
}

func (p *program) runCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "run",
		Usage: "observe, plan, execute, report: what the service does",
		Description: "Exits with 0 when all is replicated, 1 when a retry may mend what failed, 3 when a dataset needs a decision\n" +
			"(all others were served), 4 when another run is at it.",
		Flags:  []cli.Flag{configFlag(), jobFlag(), eventsFlag(), metricsFlag(), lockDirFlag(), stateDirFlag()},
		Action: p.runJobs,
	}, 0, "zfsrep run", "zfsrep run --job offsite --metrics /var/lib/prometheus-node-exporter/zfsrep.prom")
}

func (p *program) runJobs(c *cli.Context) error {
	cfg, jobs, err := p.load(c)
	if err != nil {
		return err
	}
	defer p.logTo(cfg.Log)()
	unlock, err := p.lock(c, connections(jobs))
	if err != nil {
		return p.logged(err)
	}
	defer unlock()
	r := p.replicate(c, cfg, jobs)
	p.remember(c, jobs, r)
	return p.logged(r.exit())
}

// logged tells an error while the log file is still open.
func (p *program) logged(err error) error {
	return outcome(p.exitCode(err)).orNil()
}

// logTo sets the log up as the config says, and gives what closes it again. Replication is worth more than its log:
// a file that cannot be written is a warning.
func (p *program) logTo(l config.Log) (end func()) {
	p.setLevel(l.Level)
	if l.File == "" {
		return func() {}
	}
	f, err := report.AlsoToFile(p.log, l.File, p.now)
	if err != nil {
		p.log.Warnf("%v; the run goes on without it", err)
		return func() {}
	}
	return func() { _ = f.Close() }
}
