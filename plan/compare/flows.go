package compare

import (
	"fmt"
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/plan"
)

// Move is a dataset that stays in its job and goes to another place from now on.
type Move struct {
	From Flow `json:"from"`
	To   Flow `json:"to"`
}

// Orphan is a replica that nothing is replicated into any more: its source is gone or excluded, or no job goes there.
type Orphan struct {
	Flow
	Newest string `json:"newest"` // its newest snapshot that came from the source
	Pruned bool   `json:"pruned"` // retention.target goes on with it, down to its newest few
}

// way is what makes a flow the same in both configs, whatever its job is called.
type way struct {
	dataset string
	to      place
}

// flows are the side's, by way.
func (s *Side) flows() map[way]Flow {
	all := map[way]Flow{}
	for _, r := range s.Replicas {
		all[way{r.Dataset, s.at(r.Job, plan.Target, r.Target)}] = Flow{r.Job, r.Dataset, s.machine(r.Job, plan.Target), r.Target}
	}
	return all
}

// perhaps says that a job which could not be looked at replicates the dataset to a place of that name, on whatever
// machine: nobody knows then whether it is this one.
func (s *Side) perhaps(f Flow) bool {
	for i := range s.Config.Jobs {
		j := &s.Config.Jobs[i]
		_, seen := s.Inventory.Jobs[j.Name]
		if !seen && slices.ContainsFunc(j.Datasets, func(e config.Dataset) bool { return e.Covers(f.Dataset) && j.Place(e, f.Dataset) == f.Target }) {
			return true
		}
	}
	return false
}

// flows finds what starts, what stops, and which of the two are one that moves: of the same job and dataset.
func (d *Difference) flows(before, after *Side) {
	was, is := before.flows(), after.flows()
	left := map[string]Flow{}
	id := func(f Flow) string { return fmt.Sprintf("%s %s", f.Job, f.Dataset) }
	for w, f := range was {
		if _, still := is[w]; !still && !after.perhaps(f) {
			left[id(f)] = f
		}
	}
	for w, f := range is {
		if _, already := was[w]; already || before.perhaps(f) {
			continue
		}
		if from, moves := left[id(f)]; moves {
			d.Moves = append(d.Moves, Move{from, f})
			delete(left, id(f))
		} else {
			d.Starts = append(d.Starts, f)
		}
	}
	for _, f := range left {
		d.Stops = append(d.Stops, f)
	}
}

// orphans are the replicas that the old config keeps going and the new one does not.
func orphans(before, after *Side) []Orphan {
	known, served, pruned := map[place]bool{}, map[place]bool{}, map[place]bool{}
	for _, o := range before.Plan.Orphans {
		known[before.at(o.Job, plan.Target, o.Target)] = true
	}
	for _, r := range after.Replicas {
		served[after.at(r.Job, plan.Target, r.Target)] = true
	}
	for _, o := range after.Plan.Orphans {
		j := after.job(o.Job)
		pruned[after.at(o.Job, plan.Target, o.Target)] = j != nil && j.Retention.Target != nil
	}
	var all []Orphan
	for _, r := range before.Replicas {
		at := before.at(r.Job, plan.Target, r.Target)
		f := Flow{r.Job, r.Dataset, before.machine(r.Job, plan.Target), r.Target}
		if r.Replicated == "" || served[at] || known[at] || after.perhaps(f) {
			continue
		}
		known[at] = true
		all = append(all, Orphan{f, "@" + r.Replicated, pruned[at]})
	}
	for _, o := range after.Plan.Orphans {
		if at := after.at(o.Job, plan.Target, o.Target); !known[at] {
			all = append(all, Orphan{Flow{o.Job, o.Dataset, after.machine(o.Job, plan.Target), o.Target}, o.Newest.Name, pruned[at]})
		}
	}
	return all
}
