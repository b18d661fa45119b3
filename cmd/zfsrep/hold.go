package main

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// hold locks the places of the jobs on their targets, one command a connection: two sources know nothing of each other
// but there. A job whose place somebody else has locked fails. A target that lets us lock nothing costs nothing but that.
func (p *program) hold(ctx context.Context, s *session, jobs map[string]plan.Connection) {
	byTarget := map[host.Host][]string{}
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		if s.failed[name] == nil {
			byTarget[s.target[name]] = append(byTarget[s.target[name]], name)
		}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for target, names := range byTarget {
		all.Go(func() {
			var places []string
			for _, name := range names {
				places = append(places, jobs[name].Places...)
			}
			locks, err := p.locker.Lock(ctx, target, host.LocksOn(places))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				p.log.Debugf("nothing can be locked on %s, so another source that replicates there would not be noticed: %v", target.Name(), err)
				return
			}
			s.locks = append(s.locks, locks)
			for _, name := range names {
				if t := standsInTheWay(locks.Taken, jobs[name].Places); t != nil {
					s.failed[name] = lockedError{t.Name, target.Name(), t.Who}
				}
			}
		})
	}
	all.Wait()
}

// standsInTheWay is the first of the taken names that one of the places needs.
func standsInTheWay(taken []host.Taken, places []string) *host.Taken {
	for i := range taken {
		if slices.ContainsFunc(places, taken[i].Covers) {
			return &taken[i]
		}
	}
	return nil
}
