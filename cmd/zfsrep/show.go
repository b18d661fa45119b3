package main

import (
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/report"
)

func (p *program) showCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "show",
		Usage:       "show a saved plan as zfsrep plan showed it",
		ArgsUsage:   "PLAN",
		Description: "Reads nothing but the file. Exits with 0 when nothing of it needs a decision, with 3 when something does.",
		Flags:       []cli.Flag{jsonFlag(), commandsFlag()},
		Action:      p.showSaved,
	}, 1, "zfsrep plan --out tonight.json", "zfsrep show --commands tonight.json")
}

func (p *program) showSaved(c *cli.Context) error {
	saved, err := readPlan(c.Args().First())
	if err != nil {
		return err
	}
	if c.Bool("json") {
		if err := p.printJSON(saved); err != nil {
			return err
		}
	} else {
		report.Plan(p.stdout, saved, report.PlanOptions{Commands: c.Bool("commands"), Color: report.Color(p.stdout), Width: report.Width(p.stdout)})
	}
	if len(saved.Conflicts) > 0 {
		return outcome(exitConflict)
	}
	return nil
}
