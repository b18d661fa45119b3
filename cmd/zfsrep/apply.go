package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/plan"
)

func (p *program) applyCommand() *cli.Command {
	return command(&cli.Command{
		Name:      "apply",
		Usage:     "run exactly a saved plan",
		ArgsUsage: "PLAN",
		Description: "Checks every precondition of the plan again right before each action, and refuses what has changed\n" +
			"since the plan was made instead of deciding anew. The file knows everything: no config is read.",
		Flags:  []cli.Flag{lockDirFlag(), eventsFlag()},
		Action: p.apply,
	}, 1, "zfsrep plan --out tonight.json", "zfsrep apply tonight.json")
}

func (p *program) apply(c *cli.Context) error {
	file := c.Args().First()
	data, err := os.ReadFile(file)
	if err != nil {
		return usageError{fmt.Errorf("cannot read the plan: %w", err)}
	}
	var saved plan.Plan
	if err := json.Unmarshal(data, &saved); err != nil {
		return usageError{fmt.Errorf("cannot read the plan %s: %w", file, err)}
	}
	unlock, err := p.lock(c, saved.Jobs)
	if err != nil {
		return err
	}
	defer unlock()
	s := p.open(c.Context, saved.Jobs)
	defer s.close()
	if err := p.complain(s); err != nil {
		p.log.Error("failed: nothing was touched; zfsrep apply can be tried again")
		return err
	}
	return p.execute(c, s, &saved, ran{began: p.now()}).exit()
}
