package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// replay is the walk through a plan.
type replay struct {
	*world
	cfg       *config.Config
	plan      *plan.Plan
	snapshots bool // it is a plan of zfsrep snapshot

	actions   map[string]*action // those so far, by ID
	undecided map[who]plan.Code  // by dataset: its conflict
	withheld  map[string]bool    // jobs whose destroys have passed their limit
	stalled   map[who]bool       // pairs of which a part is broken, or waits for what is: the rest is not looked at
	destroyed map[*job]int       // snapshots so far
	found     []finding
}

// action is an action of the plan on its way through the replay.
type action struct {
	*plan.Action
	index  int
	job    *job     // nil: of zfsrep snapshot
	on     *dataset // what it changes; nil: several
	src    *dataset // of a send: where it comes from
	needs  []*action
	broken bool // it breaks a rule, or needs what does: it has no effect

	walked bool // what it waits for is marked
	before int  // index + 1 of the latest action that waits for this one, among those that asked
}

func newReplay(cfg *config.Config, inv *observe.Inventory, p *plan.Plan, snapshots bool) *replay {
	if cfg == nil {
		cfg = &config.Config{}
	}
	if inv == nil {
		inv = &observe.Inventory{}
	}
	r := &replay{world: newWorld(cfg, inv), cfg: cfg, plan: p, snapshots: snapshots, actions: make(map[string]*action, len(p.Actions)),
		undecided: map[who]plan.Code{}, withheld: map[string]bool{}, stalled: map[who]bool{}, destroyed: map[*job]int{}}
	for _, m := range r.all {
		m.blind = snapshots
	}
	for _, c := range p.Conflicts {
		r.noteConflict(c)
	}
	return r
}

// run judges the actions one by one, and replays those that are as they should be.
func (r *replay) run() {
	all := make([]action, len(r.plan.Actions))
	for i := range all {
		a := &all[i]
		a.Action, a.index = &r.plan.Actions[i], i
		switch {
		case r.waitsInVain(a):
			a.broken = true
			r.stall(a)
		default:
			if f := r.judge(a); f != nil {
				a.broken = true
				r.blame(a, f)
			}
		}
		if r.actions[a.ID] == nil {
			r.actions[a.ID] = a
		}
	}
}

// waitsInVain says that the action is part of what is broken, or needs a part of it.
func (r *replay) waitsInVain(a *action) bool {
	for _, id := range a.Needs {
		if b := r.actions[id]; b != nil && b.broken {
			return true
		}
	}
	if _, many := a.Do.(plan.CreateDataset); many {
		return false // it serves all that lies below it
	}
	whose := r.whose(a)
	return len(whose) > 0 && !slices.ContainsFunc(whose, func(w who) bool { return !r.stalled[w] })
}

// stall marks the action's pairs as not complete.
func (r *replay) stall(a *action) {
	for _, w := range r.whose(a) {
		r.stalled[w] = true
	}
}

// blame finds fault with every pair that the action is part of, or with the one that the fault is about.
func (r *replay) blame(a *action, f *fault) {
	whose := r.whose(a)
	if f.about != "" {
		whose = []who{{a.Job, f.about}}
	}
	for _, w := range whose {
		if !r.stalled[w] {
			r.stalled[w] = true
			r.found = append(r.found, finding{w, f, a.Action})
		}
	}
}

// whose are the pairs that an action is part of.
func (r *replay) whose(a *action) []who {
	switch s := a.Do.(type) {
	case plan.CreateDataset:
		return r.servedBy(a, s)
	case plan.Snapshot:
		var all []who
		for _, name := range s.Datasets {
			all = append(all, who{a.Job, name})
		}
		return all
	}
	j := r.byName[a.Job]
	if name := namesOf(a.Do)[0]; j == nil || !onTarget(a.Do) {
		return []who{{a.Job, name}}
	}
	return r.landing(j, namesOf(a.Do)[0])
}

// landing are the job's pairs that land on a dataset; if there is none, the name stands for itself.
func (r *replay) landing(j *job, place string) []who {
	if p := j.there.at(place).replica(j); p != nil {
		return []who{p.who}
	}
	return []who{{j.Name, place}}
}

// onTarget says that a step is about a dataset by its name on the target.
func onTarget(do plan.Step) bool {
	if _, send := do.(plan.Send); send || !known(do) {
		return false
	}
	side, _ := do.Subject()
	return side == plan.Target
}

// judge holds an action against every rule, and lets it take effect if it breaks none.
func (r *replay) judge(a *action) *fault {
	for _, rule := range [...]func(*action) *fault{r.form, r.owned, r.conflicts, r.waits, r.strange, r.expected, r.limited, r.apply} {
		if f := rule(a); f != nil {
			return f
		}
	}
	r.note(a)
	r.count(a)
	return nil
}

// apply lets an action take effect, unless ZFS would refuse it or something would be lost.
func (r *replay) apply(a *action) *fault {
	switch s := a.Do.(type) {
	case plan.Send:
		return r.send(a, s)
	case plan.CreateDataset:
		return r.create(a, s)
	case plan.Rollback:
		return r.rollBack(a, s)
	case plan.AbortReceive:
		return r.abort(a)
	case plan.Rename:
		return r.rename(a, s)
	case plan.SetProperty:
		return r.set(a, s)
	case plan.Hold:
		return r.hold(a, s)
	case plan.Release:
		return r.release(a, s)
	case plan.Bookmark:
		return r.bookmark(a, s)
	case plan.Snapshot:
		return r.snapshot(a, s)
	case plan.DestroySnapshots:
		return r.destroySnapshots(a, s)
	case plan.DestroyBookmarks:
		return r.destroyBookmarks(a, s)
	}
	return wrong("a step of this kind is not known")
}

// known says that a step is of a kind that the replay knows.
func known(do plan.Step) bool {
	switch do.(type) {
	case plan.Send, plan.CreateDataset, plan.Rollback, plan.AbortReceive, plan.Rename, plan.SetProperty, plan.Hold, plan.Release,
		plan.Bookmark, plan.Snapshot, plan.DestroySnapshots, plan.DestroyBookmarks:
		return true
	}
	return false
}
