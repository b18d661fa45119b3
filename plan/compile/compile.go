package compile

import (
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// Compile makes the plan for the jobs of the config that were observed. The same inputs give the same bytes. A job
// that could not be observed gets no action, and what it may still need on the source is left alone.
//
// The error is about the inputs not fitting together (no job was observed), or about a plan that breaks an
// invariant: then it is an *[InvariantError], a bug of the planner, and nothing of the plan may run.
func Compile(cfg *config.Config, inv *observe.Inventory, now time.Time) (*plan.Plan, error) {
	c, p, err := compile(cfg, inv, now)
	if err != nil {
		return nil, err
	}
	return p, check(c, p)
}

func compile(cfg *config.Config, inv *observe.Inventory, now time.Time) (*compiler, *plan.Plan, error) {
	c := &compiler{now: now.UTC().Truncate(time.Second)}
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		if sides, ok := inv.Jobs[j.Name]; ok {
			c.jobs = append(c.jobs, newJob(c, j, sides))
		} else {
			c.unseen = append(c.unseen, j)
		}
	}
	if len(c.jobs) == 0 {
		return nil, nil, fmt.Errorf("the inventory has none of the config's jobs: observe again with this config")
	}
	c.findOverlaps()
	for _, j := range c.jobs {
		for _, p := range j.order() {
			p.decide()
		}
	}
	c.prune()
	c.limitDestroys()
	c.settle()
	c.marks() // of what will be there when all refusals are known
	c.pairs((*pair).tiePruning)
	return c, c.assemble(), nil
}

// compiler holds one compilation: the jobs, and through them every pair of datasets.
type compiler struct {
	now    time.Time
	jobs   []*job
	unseen []*config.Job // of the config, but not of the inventory
}

// unseenNeeds is a job that was not observed and replicates the source dataset, nil if there is none.
func (c *compiler) unseenNeeds(source string) *config.Job {
	for _, j := range c.unseen {
		for _, d := range j.Datasets {
			if d.Covers(source) {
				return j
			}
		}
	}
	return nil
}

// pairs calls f for every pair of every job, in plan order.
func (c *compiler) pairs(f func(*pair)) {
	for _, j := range c.jobs {
		for _, p := range j.ordered {
			f(p)
		}
	}
}

// node is an action on its way into the plan, with its needs as pointers until the order is fixed.
type node struct {
	plan.Action
	needs []*node
	after []*pair // of a destroy: whose transfers and marks it waits for
}

// job is one job of the config with what was observed for it.
type job struct {
	*config.Job
	source, target observe.Side
	via            privilege

	pairs    []*pair
	ordered  []*pair          // parents before children, origins before clones
	bySource map[string]*pair // by the source dataset's name
	byPlace  map[string]*pair // by the target dataset's name
	creates  map[string]*node // parents to make, by name
	replicas map[zfs.GUID][]string
	targets  []string // the target's datasets in order, once somebody asked
	compiler *compiler
}

// pair is one source dataset and its place on the target: the unit of decision.
type pair struct {
	job           *job
	entry         config.Dataset
	source, place string
	src, dst      *observe.Dataset // nil: does not exist

	conflict *plan.Conflict
	warnings []string
	data     []*node // abort, rollback and sends, each needing the one before
	keep     []*node // bookmarks
	late     []*node // bookmarks that go when other jobs, too, have moved on
	pruning  []*node // destroys of snapshots

	final  []arrival  // the replica's snapshots after data, oldest first
	base   *common    // newest common version as things are; nil if there is none, or nobody asked
	common *common    // newest common version after data; nil if there is none
	cloned []zfs.GUID // the replica's snapshots that get a clone by this plan
	makes  bool       // data makes the target dataset, or replaces it
	gone   bool       // data begins with dropping what a first receive left, and the place is empty then
}

// needsOf are the needs of the pair's next data action.
func (p *pair) add(do plan.Step, why string, expect ...plan.Expect) *node {
	n := &node{Action: plan.Action{Job: p.job.Name, Do: do, Why: why, Expect: expect, Commands: do.commands(p.job.via)}}
	if k := len(p.data); k > 0 {
		n.needs = []*node{p.data[k-1]}
	}
	p.data = append(p.data, n)
	return n
}

func (p *pair) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// refuse makes the pair a conflict: whatever was planned for it is dropped.
func (p *pair) refuse(code plan.Code, evidence map[string]any, message, hint string) {
	p.conflict = &plan.Conflict{Job: p.job.Name, Dataset: p.source, Target: p.place, Code: code, Message: message, Evidence: evidence, Hint: hint}
	if evidence == nil {
		p.conflict.Evidence = map[string]any{}
	}
	p.data, p.keep, p.late, p.pruning, p.makes = nil, nil, nil, nil, false
}
