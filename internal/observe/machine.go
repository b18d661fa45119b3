package observe

import (
	"context"
	"errors"
	"sync"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
)

// machine is one of those that the jobs work between, with all that they want to know of it.
type machine struct {
	host  host.Host
	views []*view
}

// view is one side of one job.
type view struct {
	Side
	job     *config.Job
	scope   scope
	target  bool
	missing bool // some replica was not found at its place
	err     error
}

// views are both sides of one job; without a target the second is empty.
type views struct{ source, target *view }

func (v views) pair() Pair { return Pair{Source: v.source.Side, Target: v.target.Side} }

func (v views) err() error {
	if v.source.err != nil {
		return v.source.err
	}
	return v.target.err
}

// seated groups what the jobs want to know by machine.
func seated(seats []Seat) (machines []*machine, sides []views) {
	byHost := map[host.Host]*machine{}
	ask := func(h host.Host, v *view) *view {
		m := byHost[h]
		if m == nil {
			m = &machine{host: h}
			byHost[h] = m
			machines = append(machines, m)
		}
		m.views = append(m.views, v)
		return v
	}
	for _, s := range seats {
		both := views{ask(s.Source, &view{job: s.Job, scope: sourceScope(s.Job)}), &view{}}
		if s.Target != nil {
			both.target = ask(s.Target, &view{job: s.Job, scope: targetScope(s.Job), target: true})
		}
		sides = append(sides, both)
	}
	return machines, sides
}

// each lets all machines work at once.
func each(machines []*machine, do func(*machine)) {
	var all sync.WaitGroup
	for _, m := range machines {
		all.Go(func() { do(m) })
	}
	all.Wait()
}

// look asks what the machine is and what there is of all jobs' datasets.
func (m *machine) look(ctx context.Context) {
	var about Side
	var err error
	var asking sync.WaitGroup
	asking.Go(func() { about, err = describe(ctx, m.host) })
	scopes := make([]scope, len(m.views))
	for i, v := range m.views {
		scopes[i] = v.scope
	}
	parts, errs := list(ctx, m.host, scopes)
	asking.Wait()
	for i, v := range m.views {
		v.Side, v.err = about, errs[i]
		v.Datasets = parts[i]
		if err != nil {
			v.err = err
		}
	}
}

// list lists what several scopes ask for in one go, and gives each its own. If that fails, each is listed alone: then
// only those fail that ask for what cannot be listed.
func list(ctx context.Context, h host.Host, scopes []scope) (parts []listing, errs []error) {
	parts, errs = make([]listing, len(scopes)), make([]error, len(scopes))
	if len(scopes) == 0 {
		return parts, errs
	}
	together := united(scopes)
	all, failure := ask(ctx, h, together)
	for i, s := range scopes {
		part, err := all, failure
		if err != nil && len(scopes) > 1 && ctx.Err() == nil && !unreachable(err) {
			part, err = ask(ctx, h, s)
		}
		parts[i], errs[i] = s.cut(part, together.also), err
	}
	return parts, errs
}

func unreachable(err error) bool {
	var conn *host.ConnError
	return errors.As(err, &conn)
}
