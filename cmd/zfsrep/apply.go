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
			"since the plan was made instead of deciding anew.",
		Flags: []cli.Flag{lockDirFlag},
		Action: func(c *cli.Context) error {
			data, err := os.ReadFile(c.Args().First())
			if err != nil {
				return usageError{fmt.Errorf("cannot read the plan: %w", err)}
			}
			var saved plan.Plan
			if err := json.Unmarshal(data, &saved); err != nil {
				return usageError{fmt.Errorf("cannot read the plan %s: %w", c.Args().First(), err)}
			}
			unlock, err := p.lock(c, saved.Jobs)
			if err != nil {
				return err
			}
			defer unlock()
			s := p.open(c.Context, saved.Jobs)
			defer s.close()
			for name, err := range s.failed {
				return fmt.Errorf("job %s: %w", name, err)
			}
			return p.execute(c.Context, s, &saved).exit()
		},
	}, 1)
}
