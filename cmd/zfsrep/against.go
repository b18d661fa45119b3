package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compare"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

const againstDescription = "With --against it compares two configs on one look at the machines: what starts, stops or changes being replicated,\n" +
	"what would be destroyed that was not before, which replicas become orphans, which conflicts appear or go. It exits with\n" +
	"3 when something is destroyed or orphaned or needs a decision that was not so before, else with 1 when a machine could\n" +
	"not be looked at, else with 0. What both configs have in common is no reason for 3."

func againstFlag() cli.Flag {
	return &cli.StringFlag{Name: "against", Usage: "show what changes between this older config `FILE` and --config", TakesFile: true}
}

func withinLimitsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "within-limits", Usage: "with --against: exit with 3 only when limits.destroy is passed or a replica becomes an orphan"}
}

// against shows what the config changes, compared with an older one.
func (p *program) against(c *cli.Context, now time.Time) error {
	if !c.IsSet("against") {
		return usageError{errors.New("--within-limits is about what changes: --against names the older config")}
	}
	for _, flag := range []string{"out", "job", "commands"} {
		if c.IsSet(flag) {
			return usageError{fmt.Errorf("--against compares two configs as a whole and makes no plan to run: leave --%s out", flag)}
		}
	}
	before, err := p.parse(c.String("against"))
	if err != nil {
		return err
	}
	after, err := p.parse(c.String("config"))
	if err != nil {
		return err
	}
	seen, err := p.lookAtBoth(c, before, after)
	if err != nil {
		return err
	}
	was, err := p.side(before, seen.before, now)
	if err != nil {
		return err
	}
	is, err := p.side(after, seen.after, now)
	if err != nil {
		return err
	}
	d := compare.Configs(was, is, seen.unreached)
	if c.Bool("json") {
		err = p.printJSON(d)
	} else if len(was.Plan.Jobs)+len(is.Plan.Jobs) > 0 {
		report.Difference(p.stdout, d, report.Color(p.stdout), report.Width(p.stdout))
	}
	switch {
	case err != nil:
		return err
	case d.BeyondLimits(), d.Harmful() && !c.Bool("within-limits"):
		return outcome(exitConflict)
	case len(d.Unreached) > 0:
		return outcome(exitFailed)
	}
	return nil
}

// side is what a config leads to. One of whose jobs none was seen leads to nothing.
func (p *program) side(cfg *config.Config, inv *observe.Inventory, now time.Time) (s *compare.Side, err error) {
	s = &compare.Side{Config: cfg, Inventory: inv, Plan: &plan.Plan{}}
	if !slices.ContainsFunc(cfg.Jobs, func(j config.Job) bool { _, ok := inv.Jobs[j.Name]; return ok }) {
		return s, nil
	}
	if s.Plan, err = compile.Compile(cfg, inv, now, p.verify); err != nil {
		return nil, usageError{err}
	}
	if s.Replicas, err = compile.Survey(cfg, inv, now, p.verify); err != nil {
		return nil, usageError{err}
	}
	if cfg.AutoSnapshot.Enable {
		s.Snapshots, err = compile.CompileSnapshot(cfg, inv, now, verify.Snapshots)
	}
	return s, err
}

// looks are what both configs see. Jobs that could not be looked at, by either, are in neither.
type looks struct {
	before, after *observe.Inventory
	unreached     []string
}

// leaveOut takes a job out of both, once.
func (l *looks) leaveOut(job string) {
	if !slices.Contains(l.unreached, job) {
		l.unreached = append(l.unreached, job)
	}
	delete(l.before.Jobs, job)
	delete(l.after.Jobs, job)
}

// lookAtBoth looks at the machines of both configs once, or reads the recorded inventory for both.
func (p *program) lookAtBoth(c *cli.Context, before, after *config.Config) (*looks, error) {
	if file := c.String("state"); file != "" {
		return p.recordedForBoth(file, before, after)
	}
	const old = "old config: " // no job's name has a space
	jobs := slices.Clone(after.Jobs)
	for _, j := range before.Jobs {
		j.Name = old + j.Name
		jobs = append(jobs, j)
	}
	s := p.open(c.Context, connections(jobs))
	defer s.close()
	inv := p.observe(c.Context, s, jobs)
	l := &looks{before: observe.New(inv.ObservedAt), after: observe.New(inv.ObservedAt)}
	for name, pair := range inv.Jobs {
		if job, ours := strings.CutPrefix(name, old); ours {
			l.before.Jobs[job] = pair
		} else {
			l.after.Jobs[name] = pair
		}
	}
	if err := c.Context.Err(); err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, name := range s.unreached() {
		job := strings.TrimPrefix(name, old)
		l.leaveOut(job)
		if text := fmt.Sprintf("job %s is not compared: %s", job, report.Explain(s.failed[name])); !said[text] {
			said[text] = true
			p.log.Error(text)
		}
	}
	return l, nil
}

// recordedForBoth gives both configs the same recorded inventory, which must have what both name.
func (p *program) recordedForBoth(file string, before, after *config.Config) (*looks, error) {
	inv, err := p.readInventory(file)
	if err != nil {
		return nil, usageError{err}
	}
	l := &looks{before: inv, after: inv}
	for _, j := range slices.Concat(before.Jobs, after.Jobs) {
		if _, ok := inv.Jobs[j.Name]; !ok && !slices.Contains(l.unreached, j.Name) {
			l.leaveOut(j.Name)
			p.log.Errorf("job %s is not compared: the inventory %s does not have it", j.Name, file)
		}
	}
	return l, nil
}
