package main

import (
	"github.com/urfave/cli/v2"
)

func (p *program) observeCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "observe",
		Usage: "print what is on both machines, as JSON",
		Description: "Runs read-only commands on both machines. What it prints can be given to zfsrep plan --state, there and then or\n" +
			"on another machine that has neither ZFS nor a network.",
		Flags: []cli.Flag{configFlag(), jobFlag()},
		Action: func(c *cli.Context) error {
			_, jobs, err := p.load(c)
			if err != nil {
				return err
			}
			s := p.open(c.Context, connections(jobs))
			defer s.close()
			inv := p.observe(c.Context, s, jobs)
			if err := p.complain(s); len(inv.Jobs) == 0 && err != nil {
				return err // an inventory of nothing is of no use
			}
			if err := p.printJSON(inv); err != nil {
				return err
			}
			if len(s.failed) > 0 {
				return outcome(exitFailed)
			}
			return nil
		},
	}, 0, "zfsrep observe > inventory.json", "zfsrep observe | zfsrep plan --state - --now 2025-11-27T04:00:00Z")
}
