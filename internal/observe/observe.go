package observe

import (
	"context"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
)

// Seat is a job between its two machines. Hosts that are equal are one machine: two jobs can meet there, and one job can
// have both its sides there.
type Seat struct {
	Job    *config.Job
	Source host.Host
	Target host.Host // nil: only the source is asked
}

// Jobs asks all machines, each once for all jobs that it serves, so that what two jobs see of one dataset is the same.
// All commands are read-only, and a machine is asked the same few, however many jobs and datasets there are: five
// (version, clock, pools, datasets, versions), two more where some datasets are not recursive, and one more on a target
// for what is above the places; two more to look for renamed replicas when something is missing there, and one where a
// transfer was interrupted: does it still run?
//
// A job whose machine cannot be read is in failed, the others are in pairs. When it is one dataset that is in trouble,
// so that not everything could be listed together, each job is asked for alone.
func Jobs(ctx context.Context, seats []Seat) (pairs map[string]Pair, failed map[string]error) {
	machines, views := seated(seats)
	each(machines, func(m *machine) { m.look(ctx) })
	for i, s := range seats {
		if v := views[i]; s.Target != nil && v.err() == nil {
			v.target.missing = missesReplica(s.Job, v.pair())
		}
	}
	each(machines, func(m *machine) {
		m.lookAround(ctx)
		m.findRunning(ctx)
	})
	pairs, failed = map[string]Pair{}, map[string]error{}
	for i, s := range seats {
		if err := views[i].err(); err != nil {
			failed[s.Job.Name] = err
		} else {
			pairs[s.Job.Name] = views[i].pair()
		}
	}
	return pairs, failed
}

// SourceOnly asks only this machine, for what needs no target: taking snapshots must not wait for one.
func SourceOnly(ctx context.Context, jobs []config.Job, source host.Host) (pairs map[string]Pair, failed map[string]error) {
	var seats []Seat
	for i := range jobs {
		seats = append(seats, Seat{Job: &jobs[i], Source: source})
	}
	return Jobs(ctx, seats)
}

// New is an inventory of nothing yet.
func New(now time.Time) *Inventory {
	return &Inventory{Version: InventoryVersion, ObservedAt: now.UTC().Truncate(time.Second), Jobs: map[string]Pair{}}
}
