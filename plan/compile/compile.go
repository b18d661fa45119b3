// Package compile makes plans: a Config and an Inventory become a [plan.Plan].
//
// It is pure: no clock, no disk, no network, no process. Whatever must be decided is decided here, dataset by dataset,
// and written down with its reason and what must still hold right before it.
//
// The flow through the files: compile.go (the whole), machine.go and pairs.go (one picture of each machine, and which
// dataset lands where), chain.go (replicas that are sources), decide.go, first.go, resume.go and path.go (one dataset:
// conflict, or which sends), crypto.go, ivset.go, empty.go, strangers.go, above.go, renamed.go and conflicts.go (what is
// refused), moves.go, entries.go and names.go (the ways out of that), marks.go and marknames.go (bookmarks), prune.go and
// needs.go (retention), orphans.go (replicas without a source), limit.go, upkeep.go (properties of replicas), order.go (needs). What comes out is held
// against the invariants by a [Verifier] before anybody sees it; what breaks one becomes a conflict of its dataset
// (bans.go).
package compile

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// Verifier holds a plan against the invariants. Package plan/verify has one that shares nothing with this package.
type Verifier func(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation

// Compile makes the plan for the jobs of the config that were observed. The same inputs give the same bytes. A job
// that could not be observed gets no action, and what it may still need on the source is left alone.
//
// A dataset whose part of the plan breaks a rule, or whose planning panics, becomes a conflict (code internal), and the
// rest is planned anew without it. The error is only about the inputs not fitting together: no job was observed.
func Compile(cfg *config.Config, inv *observe.Inventory, now time.Time, verify Verifier) (*plan.Plan, error) {
	_, p, err := compile(cfg, inv, now, verify)
	return p, err
}

func compile(cfg *config.Config, inv *observe.Inventory, now time.Time, verify Verifier) (*compiler, *plan.Plan, error) {
	bans := newBans()
	for {
		c, p, err := attempt(cfg, inv, now, bans)
		if err != nil {
			return nil, nil, err
		}
		if bans.add(c.faults) {
			continue
		}
		if !bans.ban(c, p, verify(cfg, inv, p)) {
			return c, p, nil
		}
	}
}

// attempt compiles once. Datasets that are banned are conflicts from the start.
func attempt(cfg *config.Config, inv *observe.Inventory, now time.Time, bans *bans) (*compiler, *plan.Plan, error) {
	c := &compiler{now: now.UTC().Truncate(time.Second), observed: inv.ObservedAt, bans: bans}
	var seen []*config.Job
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		if _, ok := inv.Jobs[j.Name]; ok {
			seen = append(seen, j)
		} else {
			c.unseen = append(c.unseen, j)
		}
	}
	if len(seen) == 0 {
		return nil, nil, fmt.Errorf("the inventory has none of the config's jobs: observe again with this config")
	}
	c.machines = newMachines(seen, inv)
	for _, j := range seen {
		c.addJob(j)
	}
	c.addArrivals()
	c.order()
	c.findOverlaps()
	c.each((*pair).decide)
	c.prune()
	c.findOrphans()
	c.limitDestroys()
	c.marks()
	c.each((*pair).bringInLine)
	p := c.assemble()
	p.Config, _ = json.Marshal(cfg) // plain data: cannot fail
	p.Seal()
	return c, p, nil
}

// compiler holds one attempt: the jobs, and through them every pair of datasets.
type compiler struct {
	now      time.Time
	observed time.Time // when the inventory was made
	machines map[string]*machine
	jobs     []*job
	ordered  []*pair       // parents before children, origins before clones, replicas before what is replicated from them
	unseen   []*config.Job // of the config, but not of the inventory
	bans     *bans
	faults   []fault         // found too late to be planned around
	withheld []plan.Conflict // of jobs whose destroys pass their limit
}

// each calls f for every pair of every job, in plan order. A panic in it is that pair's fault alone.
func (c *compiler) each(f func(*pair)) {
	for _, p := range c.ordered {
		c.guard(p, func() { f(p) })
	}
}

// node is an action on its way into the plan, with its needs as pointers until the order is fixed.
type node struct {
	plan.Action
	needs []*node
	after []*pair // of a destroy: whose transfers and marks it waits for
}

func (p *pair) node(do plan.Step, why string, expect ...plan.Expect) *node {
	return &node{Action: plan.Action{Job: p.job.Name, Do: do, Why: why, Expect: expect}}
}

// add appends a data action, which needs the one before it.
func (p *pair) add(do plan.Step, why string, expect ...plan.Expect) *node {
	n := p.node(do, why, expect...)
	if last := p.lastData(); last != nil {
		n.needs = []*node{last}
	}
	p.data = append(p.data, n)
	return n
}

// lastData is the pair's last data action, nil if there is none.
func (p *pair) lastData() *node {
	if k := len(p.data); k > 0 {
		return p.data[k-1]
	}
	return nil
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
	p.ahead, p.early, p.data, p.keep, p.late, p.pruning, p.upkeep, p.makes = nil, nil, nil, nil, nil, nil, nil, false
}
