package compare

import (
	"slices"

	"github.com/zfsrep/zfsrep/plan"
)

// Loss is what a plan takes away from one dataset.
type Loss struct {
	Job          string   `json:"job"`
	Machine      string   `json:"machine"`
	Dataset      string   `json:"dataset"`
	Snapshots    []string `json:"snapshots"`              // names without "@"
	RolledBackTo string   `json:"rolledBackTo,omitempty"` // "@name": what was written after it is lost
	Partial      bool     `json:"partial,omitempty"`      // what an interrupted transfer had brought is thrown away
	Why          string   `json:"why"`
}

// losses are those of a plan, by dataset and in the order of its actions.
type losses []placed

type placed struct {
	Loss
	at place
}

// losses are what the side's plans take away.
func (s *Side) losses() losses {
	var all losses
	for _, p := range s.plans() {
		for i := range p.Actions {
			a := &p.Actions[i]
			side, dataset := a.Do.Subject()
			l := Loss{Job: a.Job, Machine: s.machine(a.Job, side), Dataset: dataset, Snapshots: []string{}, Why: a.Why}
			switch do := a.Do.(type) {
			case plan.DestroySnapshots:
				l.Snapshots = do.Names
			case plan.Rollback:
				l.Snapshots, l.RolledBackTo = do.Destroys, do.To.Name
			case plan.AbortReceive:
				l.Partial = true
			default:
				continue
			}
			all = append(all, placed{l, s.at(a.Job, side, dataset)})
		}
	}
	return all
}

// without are the losses that the other plan does not have, with the snapshots that it does not destroy.
func (ls losses) without(other losses) []Loss {
	type snapshot struct {
		place
		name string
	}
	gone, rolled, dropped := map[snapshot]bool{}, map[place]bool{}, map[place]bool{}
	for _, o := range other {
		for _, n := range o.Snapshots {
			gone[snapshot{o.at, n}] = true
		}
		rolled[o.at] = rolled[o.at] || o.RolledBackTo != ""
		dropped[o.at] = dropped[o.at] || o.Partial
	}
	var all []Loss
	for _, l := range ls {
		l.Snapshots = slices.DeleteFunc(append([]string{}, l.Snapshots...), func(n string) bool { return gone[snapshot{l.at, n}] })
		for _, n := range l.Snapshots {
			gone[snapshot{l.at, n}] = true // told once, if both plans of one side destroy it
		}
		if rolled[l.at] && len(l.Snapshots) == 0 {
			l.RolledBackTo = ""
		}
		l.Partial = l.Partial && !dropped[l.at]
		if len(l.Snapshots) > 0 || l.RolledBackTo != "" || l.Partial {
			all = append(all, l.Loss)
		}
	}
	return all
}
