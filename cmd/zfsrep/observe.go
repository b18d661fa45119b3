package main

import (
	"github.com/urfave/cli/v2"
)

func (p *program) observeCommand() *cli.Command {
	return command(&cli.Command{
		Name:        "observe",
		Usage:       "print what is on both machines, as JSON",
		Description: "Runs read-only commands on both machines. What it prints can be given to zfsrep plan --state.",
		Flags:       []cli.Flag{configFlag, jobFlag},
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
			if err := p.printJSON(inv); err != nil {
				return err
			}
			return p.complain(s, jobs)
		},
	}, 0)
}
