// Package verify holds a plan against the rules that no plan may break, whoever made it: it replays the plan, action by
// action, on both machines in miniature, and judges each step before it takes effect.
//
// It works from the config, the inventory and the plan alone. It shares nothing with the compiler, not even the notion
// of which dataset lands where, so that one mistake does not hide another.
//
// The flow through the files: world.go and pair.go (jobs, machines, which dataset lands where), dataset.go and
// history.go (one dataset in miniature), replay.go (the walk through the plan), then one file a question: form.go,
// owner.go, conflict.go, ties.go and kin.go (what an action must and must not wait for), expect.go, limit.go, link.go
// and claim.go (what is never lost), mark.go, policy.go, orphan.go, strangers.go. Each kind of step has a file with its
// effect and with what ZFS would refuse: send.go with cargo.go, receive.go, replace.go and keys.go, rollback.go, and so
// on. stale.go tells what has changed since a plan was made.
package verify

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// Plan finds every dataset whose part of the plan breaks a rule: one violation for each pair of dataset and job, the
// first in the order of the plan. What depends on a broken part is not looked at; everything else is.
func Plan(cfg *config.Config, inv *observe.Inventory, p *plan.Plan) []plan.Violation {
	return violations(find(cfg, inv, p, false))
}

// Snapshots is [Plan] for the plans of zfsrep snapshot, which are of this machine only: no target was looked at, so
// that what has arrived there is told by the marks.
func Snapshots(cfg *config.Config, inv *observe.Inventory, p *plan.Plan) []plan.Violation {
	return violations(find(cfg, inv, p, true))
}

// finding is a rule that an action breaks, and for which dataset of which job.
type finding struct {
	who
	*fault
	action *plan.Action
}

// fault is what is wrong with an action.
type fault struct {
	rule  string
	since string // what must have happened on a machine if the action was right when it was planned; "": nothing can
	about string // the one dataset of several that it is about; "": all
}

// wrong is a rule that no change of the world excuses.
func wrong(format string, args ...any) *fault { return &fault{rule: fmt.Sprintf(format, args...)} }

// drift is a rule that a plan may come to break because the world has changed.
func drift(since, format string, args ...any) *fault {
	return &fault{rule: fmt.Sprintf(format, args...), since: since}
}

// find replays the plan. A panic is a last resort: then nothing of the plan may pass.
func find(cfg *config.Config, inv *observe.Inventory, p *plan.Plan, snapshots bool) (found []finding) {
	if p == nil {
		return nil
	}
	defer func() {
		if what := recover(); what != nil {
			found = condemned(p, fmt.Sprintf("it could not be checked: %v", what))
		}
	}()
	r := newReplay(cfg, inv, p, snapshots)
	r.run()
	return r.found
}

// condemned is a finding for each dataset that the plan touches.
func condemned(p *plan.Plan, rule string) []finding {
	var found []finding
	seen := map[who]bool{}
	for i := range p.Actions {
		a := &p.Actions[i]
		for _, name := range namesOf(a.Do) {
			if w := (who{a.Job, name}); !seen[w] {
				seen[w] = true
				found = append(found, finding{w, wrong("%s", rule), a})
			}
		}
	}
	return found
}

// namesOf are the datasets that a step names first: of a send its source.
func namesOf(do plan.Step) []string {
	switch s := do.(type) {
	case plan.Send:
		return []string{s.Dataset}
	case plan.Snapshot:
		return s.Datasets
	}
	if known(do) {
		_, name := do.Subject()
		return []string{name}
	}
	return []string{""}
}

func violations(found []finding) []plan.Violation {
	var all []plan.Violation
	for _, f := range found {
		all = append(all, plan.Violation{Job: f.job, Dataset: f.dataset, Action: f.action.ID, Rule: title(f.action.Do) + ": " + f.rule})
	}
	return all
}

// title is the step in a few words, also of one that is not whole.
func title(do plan.Step) string {
	switch s, ok := do.(plan.Send); {
	case !known(do):
		return "an unknown step"
	case ok && s.From == nil && s.Mode != plan.Full && s.Mode != plan.Resume:
		return "send " + s.Dataset + s.To.Name
	}
	return do.Title()
}
