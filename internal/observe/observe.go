package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Job asks both sides of one job. All commands are read-only, and their number does not depend on how many datasets
// there are: five a side (version, clock, pools, properties, versions), two more where some datasets are not recursive, two
// more on the target to look for renamed replicas when something is missing there, and one where a transfer was
// interrupted: does it still run?
func Job(ctx context.Context, j *config.Job, source, target host.Host) (Pair, error) {
	var pair Pair
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		pair.Source, err = side(gctx, source, sourceScope(j))
		return err
	})
	g.Go(func() (err error) {
		pair.Target, err = side(gctx, target, targetScope(j))
		return err
	})
	if err := g.Wait(); err != nil {
		return Pair{}, err
	}
	if missesReplica(j, pair) {
		if err := lookAround(ctx, j, target, &pair.Target); err != nil {
			return Pair{}, err
		}
	}
	return pair, findRunning(ctx, pair, target)
}

// SourceOnly asks only this machine, for what needs no target: taking snapshots must not wait for one.
func SourceOnly(ctx context.Context, j *config.Job, source host.Host) (Pair, error) {
	s, err := side(ctx, source, sourceScope(j))
	return Pair{Source: s}, err
}

// New is an inventory of nothing yet.
func New(now time.Time) *Inventory {
	return &Inventory{Version: InventoryVersion, ObservedAt: now.UTC().Truncate(time.Second), Jobs: map[string]Pair{}}
}

// scope is what to ask of one machine: trees, single datasets, and datasets whose properties are enough.
type scope struct {
	trees, single, only []string
}

func sourceScope(j *config.Job) scope {
	var s scope
	for _, d := range j.Datasets {
		s.add(d.Name, d.Recursive)
	}
	return s.reduced()
}

// targetScope is the places where the datasets land, and everything above them: what is missing there must be made.
func targetScope(j *config.Job) scope {
	var s scope
	seen := map[string]bool{}
	for _, d := range j.Datasets {
		place := j.Place(d, d.Name)
		s.add(place, d.Recursive)
		for _, up := range zfs.Ancestors(place) {
			if !seen[up] {
				seen[up] = true
				s.only = append(s.only, up)
			}
		}
	}
	return s.reduced()
}

func (s *scope) add(name string, tree bool) {
	if tree {
		s.trees = append(s.trees, name)
	} else {
		s.single = append(s.single, name)
	}
}

// reduced drops what a tree covers anyway, so that nothing is listed twice.
func (s scope) reduced() scope {
	covered := func(name string, self bool) bool {
		for _, t := range s.trees {
			if zfs.Within(name, t) && (self || name != t) {
				return true
			}
		}
		return false
	}
	var out scope
	for _, n := range s.trees {
		if !covered(n, false) && !contains(out.trees, n) {
			out.trees = append(out.trees, n)
		}
	}
	for _, n := range s.single {
		if !covered(n, true) && !contains(out.single, n) {
			out.single = append(out.single, n)
		}
	}
	for _, n := range s.only {
		if !covered(n, true) && !contains(out.single, n) {
			out.only = append(out.only, n)
		}
	}
	return out
}

func contains(all []string, name string) bool {
	for _, a := range all {
		if a == name {
			return true
		}
	}
	return false
}

// explain adds what a person can do when zfs itself does not run.
func explain(h host.Host, err error) error {
	var exit *host.ExitError
	if errors.As(err, &exit) && exit.Code == 127 {
		return fmt.Errorf("cannot find %s on %s: is OpenZFS installed there, and in the PATH of commands that ssh runs? (%w)", exit.Argv[0], h.Name(), err)
	}
	return err
}
