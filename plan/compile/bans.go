package compile

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// bans are the datasets that what was found out about an attempt keeps out of the next one. They only grow, so
// compiling comes to an end.
type bans struct {
	pairs   map[seat]*plan.Conflict
	limited map[string]bool // jobs whose destroys pass their limit
}

// seat names a pair across attempts.
type seat struct{ job, source string }

func newBans() *bans { return &bans{pairs: map[seat]*plan.Conflict{}, limited: map[string]bool{}} }

// of is the conflict that the pair has from the start, nil if it is not banned.
func (b *bans) of(p *pair) *plan.Conflict { return b.pairs[seat{p.job.Name, p.source}] }

// fault is a pair that a later look refused, after others may have been planned on what it was going to do.
type fault struct {
	pair     *pair
	conflict *plan.Conflict
}

// add bans what is not banned yet, and says whether there was any.
func (b *bans) add(faults []fault) bool {
	grown := false
	for _, f := range faults {
		s := seat{f.pair.job.Name, f.pair.source}
		if b.pairs[s] == nil {
			b.pairs[s] = f.conflict
			grown = true
		}
	}
	return grown
}

// guard keeps a panic to the dataset that it was about.
func (c *compiler) guard(p *pair, f func()) {
	defer func() {
		if r := recover(); r != nil {
			c.faults = append(c.faults, fault{p, p.internal(fmt.Sprintf("planning it failed: %v", r), map[string]any{"stack": stack()})})
		}
	}()
	f()
}

// stack is where a panic came from, as short as it helps the authors.
func stack() []any {
	var at [16]uintptr
	frames := runtime.CallersFrames(at[:runtime.Callers(4, at[:])])
	var all []any
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "/plan/compile.") { // who called is no part of it: the same input gives the same plan
			all = append(all, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return all
		}
	}
}

// internal is the conflict of a dataset that zfsrep itself got wrong.
func (p *pair) internal(rule string, evidence map[string]any) *plan.Conflict {
	evidence["rule"] = rule
	return &plan.Conflict{Job: p.job.Name, Dataset: p.source, Target: p.place, Code: plan.Internal, Evidence: evidence,
		Message: fmt.Sprintf("zfsrep made a mistake about %s and noticed it, so nothing of it is touched: %s", p.source, rule),
		Hint: "this is a bug of zfsrep, and all other datasets are served: please send its authors what this prints, " +
			p.onSource([]string{"zfsrep", "plan", "--json", "--job", p.job.Name}) + "; and this, " +
			p.onSource([]string{"zfsrep", "observe", "--job", p.job.Name})}
}

// ban bans the datasets of a plan that breaks rules, and says whether another attempt is needed. What cannot be told
// from the rest takes the rest with it: then the plan is emptied, and nothing runs.
func (b *bans) ban(c *compiler, p *plan.Plan, found []plan.Violation) (again bool) {
	if len(found) == 0 {
		return false
	}
	var faults []fault
	for _, v := range found {
		if q := c.pair(v.Job, v.Dataset); q != nil {
			faults = append(faults, fault{q, q.internal(v.Rule, evidenceOf(p, v.Action))})
		}
	}
	if b.add(faults) {
		return true
	}
	for _, q := range c.ordered {
		faults = append(faults, fault{q, q.internal(found[0].Rule, map[string]any{})})
	}
	if b.add(faults) {
		return true
	}
	p.Actions = nil
	p.Seal()
	return false
}

// evidenceOf shows the action that broke a rule.
func evidenceOf(p *plan.Plan, id string) map[string]any {
	for i := range p.Actions {
		if a := &p.Actions[i]; a.ID == id {
			var argv []any
			for _, c := range p.Commands(a) {
				argv = append(argv, strings.Join(c.Argv, " "))
			}
			return map[string]any{"action": a.Do.Title(), "commands": argv}
		}
	}
	return map[string]any{}
}

func (c *compiler) pair(job, source string) *pair {
	for _, j := range c.jobs {
		if j.Name != job {
			continue
		}
		if p := j.bySource[source]; p != nil {
			return p
		}
		for _, o := range j.orphans {
			if o.source == source || o.place == source { // which is how the verifier calls what has no source
				return o
			}
		}
	}
	return nil
}
