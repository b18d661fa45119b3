package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

func (p *program) planCommand() *cli.Command {
	return command(&cli.Command{
		Name:  "plan",
		Usage: "show what a run would do, and why",
		Description: "Observes both machines with read-only commands, or nothing at all with --state, and shows the plan.\n" +
			"Exits with 0 when nothing needs a decision, with 3 when something does.\n\n" +
			againstDescription,
		Flags: []cli.Flag{configFlag(), jobFlag(), jsonFlag(),
			&cli.StringFlag{Name: "state", Usage: "plan from this inventory `FILE` instead of observing (- is standard input)", TakesFile: true},
			&cli.StringFlag{Name: "now", Usage: "plan as if it were this `TIME` (RFC 3339)"},
			commandsFlag(),
			&cli.StringFlag{Name: "out", Usage: "save the plan to `FILE`, for zfsrep apply"},
			&cli.BoolFlag{Name: "dry-run", Usage: "write nothing anywhere, not even --out"},
			againstFlag(), withinLimitsFlag()},
		Action: p.plan,
	}, 0, "zfsrep plan", "zfsrep plan --commands --job offsite", "zfsrep plan --out tonight.json && zfsrep apply tonight.json",
		"zfsrep plan --state inventory.json --now 2025-11-27T04:00:00Z", "zfsrep plan --config new.json --against /etc/zfs-replication/config.json")
}

func (p *program) plan(c *cli.Context) error {
	if c.Bool("dry-run") && c.String("out") != "" {
		return usageError{fmt.Errorf("--dry-run writes nothing, and --out asks to write %s: leave one of them out", c.String("out"))}
	}
	now, err := p.planTime(c)
	if err != nil {
		return err
	}
	if c.IsSet("against") || c.Bool("within-limits") {
		return p.against(c, now)
	}
	cfg, jobs, err := p.load(c)
	if err != nil {
		return err
	}
	inv, failed, err := p.inventory(c, jobs)
	if err != nil {
		return err
	}
	made, err := compile.Compile(cfg, inv, now, p.verify)
	if err != nil {
		return usageError{err}
	}
	if err := p.show(c, made); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case len(made.Conflicts) > 0:
		return outcome(exitConflict)
	}
	return nil
}

func (p *program) planTime(c *cli.Context) (time.Time, error) {
	text := c.String("now")
	if text == "" {
		return p.now(), nil
	}
	now, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return now, usageError{fmt.Errorf("cannot read --now %q: it takes a time like 2025-11-26T04:00:00Z", text)}
	}
	return now, nil
}

// inventory reads the recorded inventory, or observes. failed tells that some jobs could not be observed.
func (p *program) inventory(c *cli.Context, jobs []config.Job) (inv *observe.Inventory, failed, err error) {
	if file := c.String("state"); file != "" {
		inv, err := p.readInventory(file)
		if err != nil {
			return nil, nil, usageError{err}
		}
		maps.DeleteFunc(inv.Jobs, func(name string, _ observe.Pair) bool {
			return !slices.ContainsFunc(jobs, func(j config.Job) bool { return j.Name == name })
		})
		return inv, nil, nil
	}
	s := p.open(c.Context, connections(jobs))
	defer s.close()
	inv = p.observe(c.Context, s, jobs)
	failed = p.complain(s)
	if len(inv.Jobs) == 0 {
		return nil, nil, failed
	}
	return inv, failed, nil
}

// readInventory reads a recorded inventory; "-" is standard input.
func (p *program) readInventory(file string) (*observe.Inventory, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(p.stdin)
	} else {
		data, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the inventory: %w", err)
	}
	inv, err := observe.ReadInventory(data)
	if err != nil {
		return nil, err
	}
	for name, pair := range inv.Jobs {
		if pair.Source.Datasets == nil && pair.Target.Datasets == nil {
			return nil, fmt.Errorf("the inventory %s says nothing of job %s: it takes what zfsrep observe printed", file, name)
		}
	}
	return inv, nil
}

// show prints the plan, and saves it when asked to.
func (p *program) show(c *cli.Context, made *plan.Plan) error {
	if file := c.String("out"); file != "" {
		data, err := json.MarshalIndent(made, "", "  ")
		if err == nil {
			err = writeFile(file, append(data, '\n'))
		}
		if err != nil {
			return usageError{fmt.Errorf("cannot save the plan: %w", err)}
		}
		p.log.Infof("saved to %s: zfsrep apply %s runs exactly this", file, host.Quote([]string{file}))
	}
	if c.Bool("json") {
		return p.printJSON(made)
	}
	report.Plan(p.stdout, made, report.PlanOptions{Commands: c.Bool("commands"), Color: report.Color(p.stdout), Width: report.Width(p.stdout)})
	return nil
}
