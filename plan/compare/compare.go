// Package compare says what a change of the config changes: it holds two plans against each other that two configs lead
// to on one look at the machines. Pure, like the compiler: no clock, no disk, no network, no process.
//
// What is the same in both plans is not its matter: a snapshot that both destroy, a conflict that both have. The files:
// flows.go (what is replicated where), settings.go (how), losses.go (what is destroyed), conflicts.go.
package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// FormatVersion is the format of a [Difference] as JSON. It changes when a reader of the old format would misunderstand.
const FormatVersion = 1

// Side is one of the two configs and what follows from it. Jobs that its inventory does not have are left out of the
// comparison: whoever makes the sides takes a job that could not be looked at out of both.
type Side struct {
	Config    *config.Config
	Inventory *observe.Inventory
	Plan      *plan.Plan
	Snapshots *plan.Plan     // what zfsrep snapshot would do; nil if autoSnapshot is off
	Replicas  []plan.Replica // of compile.Survey
}

// Difference is what the new config changes. Every list is sorted, and empty rather than nil.
type Difference struct {
	FormatVersion int             `json:"formatVersion"`
	Starts        []Flow          `json:"starts"`        // datasets that were not replicated, or not to another place as well
	Stops         []Flow          `json:"stops"`         // datasets that are no longer
	Moves         []Move          `json:"moves"`         // datasets whose replica will be in another place
	Settings      []Setting       `json:"settings"`      // options of jobs that both configs have
	Destroys      []Loss          `json:"destroys"`      // what would be lost that was not before
	Spares        []Loss          `json:"spares"`        // what would have been lost before and stays
	Orphans       []Orphan        `json:"orphans"`       // replicas into which nothing is replicated any more
	Appear        []plan.Conflict `json:"conflicts"`     // conflicts that were none before
	Go            []plan.Conflict `json:"conflictsGone"` // and those that are none any more
	Unreached     []string        `json:"unreached"`     // jobs that could not be looked at: nothing here is about them
}

// Flow is one dataset on its way into one place.
type Flow struct {
	Job     string `json:"job"`
	Dataset string `json:"dataset"`
	Machine string `json:"machine"` // "box@192.168.1.15", or "this machine"
	Target  string `json:"target"`
}

// Empty says that the change changes nothing.
func (d *Difference) Empty() bool {
	return len(d.Starts)+len(d.Stops)+len(d.Moves)+len(d.Settings)+len(d.Destroys)+len(d.Spares)+len(d.Orphans)+len(d.Appear)+len(d.Go) == 0
}

// Harmful says that something is destroyed or becomes an orphan, or that a dataset needs a person's decision, that was
// not so before.
func (d *Difference) Harmful() bool { return len(d.Destroys)+len(d.Orphans)+len(d.Appear) > 0 }

// BeyondLimits says that more is destroyed than limits.destroy allows, or that a replica becomes an orphan.
func (d *Difference) BeyondLimits() bool {
	return len(d.Orphans) > 0 || slices.ContainsFunc(d.Appear, func(c plan.Conflict) bool { return c.Code == plan.DestroyLimit })
}

// Configs compares what two configs lead to.
func Configs(before, after *Side, unreached []string) *Difference {
	d := &Difference{FormatVersion: FormatVersion, Unreached: slices.Sorted(slices.Values(unreached))}
	d.flows(before, after)
	d.settings(before, after)
	was, is := before.losses(), after.losses()
	d.Destroys, d.Spares = is.without(was), was.without(is)
	d.Orphans = orphans(before, after)
	d.Appear, d.Go = newConflicts(before, after), newConflicts(after, before)
	d.sort()
	return d
}

func (d *Difference) sort() {
	flow := func(a, b Flow) int {
		return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Target, b.Target))
	}
	d.Starts, d.Stops = sorted(d.Starts, flow), sorted(d.Stops, flow)
	d.Moves = sorted(d.Moves, func(a, b Move) int { return flow(a.To, b.To) })
	d.Settings = sorted(d.Settings, func(a, b Setting) int { return cmp.Or(cmp.Compare(a.Job, b.Job), cmp.Compare(a.Option, b.Option)) })
	loss := func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.RolledBackTo, b.RolledBackTo))
	}
	d.Destroys, d.Spares = sorted(d.Destroys, loss), sorted(d.Spares, loss)
	d.Orphans = sorted(d.Orphans, func(a, b Orphan) int {
		return cmp.Or(cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.Target, b.Target))
	})
	d.Appear, d.Go, d.Unreached = orEmpty(d.Appear), orEmpty(d.Go), orEmpty(d.Unreached) // in their plans' order
}

func sorted[T any](all []T, by func(a, b T) int) []T {
	slices.SortStableFunc(all, by)
	return orEmpty(all)
}

func orEmpty[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// place is a dataset of some machine, as far as it can be told from others.
type place struct{ pool, below string }

// at is where a dataset of a job's side is. A pool's GUID tells that two addresses are one machine.
func (s *Side) at(job string, side plan.Side, dataset string) place {
	pool := zfs.Pool(dataset)
	below := strings.TrimPrefix(dataset, pool)
	if g := s.pool(job, side, pool); g != 0 {
		return place{g.String(), below}
	}
	machine := ""
	if c := s.Plan.Jobs[job]; side == plan.Target && c.RemoteHost != "" {
		machine = strings.ToLower(c.Target())
	}
	return place{machine + ":" + pool, below}
}

// pool is the GUID of a pool, 0 if it is not known. All jobs have one source, and snapshots are taken for all of them.
func (s *Side) pool(job string, side plan.Side, name string) zfs.GUID {
	if side == plan.Target {
		return s.Inventory.Jobs[job].Target.Pools[name].GUID
	}
	for _, pair := range s.Inventory.Jobs {
		if g := pair.Source.Pools[name].GUID; g != 0 {
			return g
		}
	}
	return 0
}

// plans are those that the side has.
func (s *Side) plans() []*plan.Plan {
	if s.Snapshots == nil {
		return []*plan.Plan{s.Plan}
	}
	return []*plan.Plan{s.Plan, s.Snapshots}
}

// machine is how people call the machine of a job's side.
func (s *Side) machine(job string, side plan.Side) string {
	if side == plan.Source {
		return "this machine"
	}
	return s.Plan.Jobs[job].Target()
}

// job is a job of the config, nil if it has none of that name.
func (s *Side) job(name string) *config.Job {
	for i := range s.Config.Jobs {
		if s.Config.Jobs[i].Name == name {
			return &s.Config.Jobs[i]
		}
	}
	return nil
}
