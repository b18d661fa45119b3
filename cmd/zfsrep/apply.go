package main

import (
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/verify"
)

func (p *program) applyCommand() *cli.Command {
	return command(&cli.Command{
		Name:      "apply",
		Usage:     "run exactly a saved plan",
		ArgsUsage: "PLAN",
		Description: "Looks at both machines again first, and refuses the plan when something it relies on has changed since it was\n" +
			"made; checks every precondition once more right before each action. The file knows everything: no config is read.",
		Flags:  []cli.Flag{lockDirFlag(), eventsFlag()},
		Action: p.apply,
	}, 1, "zfsrep plan --out tonight.json", "zfsrep show tonight.json", "zfsrep apply tonight.json")
}

func (p *program) apply(c *cli.Context) error {
	file := c.Args().First()
	saved, err := readPlan(file)
	if err != nil {
		return err
	}
	unlock, err := p.lock(c, saved.Jobs)
	if err != nil {
		return err
	}
	defer unlock()
	s := p.open(c.Context, saved.Jobs)
	defer s.close()
	p.hold(c.Context, s, saved.Jobs)
	if err := p.fits(c, s, file, saved); err != nil {
		return err
	}
	return p.carryOut(c, s, saved).exit()
}

// fits looks at the machines again and holds the plan against what is there now.
func (p *program) fits(c *cli.Context, s *session, file string, saved *plan.Plan) error {
	cfg, jobs, err := planConfig(file, saved)
	if err != nil {
		return err
	}
	inv := p.observe(c.Context, s, jobs)
	if err := p.complain(s); err != nil {
		p.log.Error("failed: nothing was touched; zfsrep apply can be tried again")
		return err
	}
	if since := verify.Stale(cfg, inv, saved); len(since) > 0 {
		return staleError{file, age(saved.Created, p.now()), since}
	}
	return nil
}
