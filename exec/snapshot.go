package exec

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// snapshot takes the snapshots of a step, as far as ZFS lets it.
func (r *run) snapshot(ctx context.Context, a *plan.Action, s plan.Snapshot) error {
	t := &taking{run: r, job: a.Job, step: s, host: r.Machines(a.Job, s.Side)}
	if err := t.take(ctx, s.Datasets); err != nil {
		return err // nobody knows what has been taken: the next run sees it
	}
	if len(t.missed) > 0 {
		return &SnapshotError{Of: len(s.Datasets), Missed: t.missed}
	}
	return nil
}

// taking is a snapshot step on its way.
type taking struct {
	*run
	job    string
	step   plan.Snapshot
	host   host.Host
	missed []Missed
}

// take takes snapshots in one instant. ZFS takes all of them or none, so that one volume without room would cost all
// others theirs: those that zfs names as the obstacle are left out, and the others are taken in one instant again. Where it
// names none of them, each is taken for itself. The error is one of the machine, not of zfs.
func (t *taking) take(ctx context.Context, some []string) error {
	for len(some) > 0 {
		argv := t.argv(some)
		_, err := host.RunWithin(ctx, t.host, argv, host.Limits{Time: actTime})
		var exit *host.ExitError
		if !errors.As(err, &exit) {
			return err
		}
		if len(some) == 1 {
			t.miss(ctx, some[0], exit)
			return nil
		}
		why := zfs.SnapshotObstacles(exit.Stderr)
		rest := slices.DeleteFunc(slices.Clone(some), func(d string) bool { return why[d] != "" })
		if len(rest) == len(some) {
			for _, d := range some {
				if err := t.take(ctx, []string{d}); err != nil {
					return err
				}
			}
			return nil
		}
		for _, d := range some {
			if why[d] != "" {
				t.miss(ctx, d, &host.ExitError{Host: exit.Host, Argv: t.argv([]string{d}), Code: exit.Code, Stderr: why[d]})
			}
		}
		some = rest
	}
	return nil
}

func (t *taking) argv(some []string) []string {
	a := plan.Action{Job: t.job, Do: plan.Snapshot{Side: t.step.Side, Datasets: some, Name: t.step.Name}}
	return t.plan.Commands(&a)[0].Argv
}

func (t *taking) miss(ctx context.Context, dataset string, why *host.ExitError) {
	t.missed = append(t.missed, Missed{dataset, t.explain(ctx, t.host, t.argv([]string{dataset}), why)})
}

// SnapshotError says which datasets of a step got no snapshot. All others got theirs.
type SnapshotError struct {
	Of     int // datasets of the step
	Missed []Missed
}

// Missed is a dataset that got no snapshot.
type Missed struct {
	Dataset string
	Err     error
}

func (e *SnapshotError) Error() string {
	all := make([]string, len(e.Missed))
	for i, m := range e.Missed {
		all[i] = m.Dataset + ": " + m.Err.Error()
	}
	return fmt.Sprintf("%d of them got it, and not %s", e.Of-len(e.Missed), strings.Join(all, "; nor "))
}

// Unwrap gives the causes.
func (e *SnapshotError) Unwrap() []error {
	all := make([]error, len(e.Missed))
	for i, m := range e.Missed {
		all[i] = m.Err
	}
	return all
}
