package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
)

func (p *program) checkCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "check",
		Usage:       "find every mistake in a config",
		Description: "Reads the config and nothing else: no network, no ZFS, no key.\nExits with 0 when it is good (there may be warnings), with 2 when it is not.",
		Flags:       []cli.Flag{configFlag(), jsonFlag()},
		Action:      p.check,
	}, 0, "zfsrep check", "zfsrep check --config new.json --json")
}

func (p *program) check(c *cli.Context) error {
	file := c.String("config")
	data, err := readConfig(file)
	if err != nil {
		return err
	}
	cfg, found := config.Parse(data)
	if c.Bool("json") {
		if found == nil {
			found = config.Diagnostics{}
		}
		if err := p.printJSON(map[string]any{"version": 1, "ok": !found.HasErrors(), "diagnostics": found}); err != nil {
			return err
		}
	} else {
		p.diagnose(file, found)
	}
	if found.HasErrors() {
		return found
	}
	if !c.Bool("json") {
		datasets := 0
		for _, j := range cfg.Jobs {
			datasets += len(j.Datasets)
		}
		fmt.Fprintf(p.stdout, "%s is good: jobs: %d, datasets: %d\n", file, len(cfg.Jobs), datasets)
	}
	return nil
}
