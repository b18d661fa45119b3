package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

// connector reaches both machines of a job.
type connector func(ctx context.Context, c plan.Connection) (source, target host.Host, err error)

// dial runs the source's commands here and the target's over ssh, or here too when the job has no remote host.
func (p *program) dial(ctx context.Context, c plan.Connection) (source, target host.Host, err error) {
	if c.RemoteHost == "" {
		return host.Local(), host.Local(), nil
	}
	target, err = host.Dial(ctx, host.SSH{Host: c.RemoteHost, Port: c.RemotePort, User: c.RemoteUser,
		IdentityFile: c.IdentityFile, HostKeys: c.HostKeys, ConnectTimeout: c.Connect,
		Warn: func(text string) { p.log.Warn(text) }})
	return host.Local(), target, err
}

// slack is how much longer than our own limits systemd waits: what they end is told better by us.
const slack = 30 * time.Minute

// session is the machines of some jobs, and what went wrong with the others.
type session struct {
	source, target map[string]host.Host
	failed         map[string]error
	open           []host.Host
	locks          []*host.Locks
	moved          func() // tells systemd that something moves
}

// open connects to all targets side by side, once to each, however many jobs go there. A job that cannot be reached
// does not stop the others.
func (p *program) open(ctx context.Context, jobs map[string]plan.Connection) *session {
	s := &session{source: map[string]host.Host{}, target: map[string]host.Host{}, failed: map[string]error{}}
	quiet := exec.Quiet(jobs) + slack
	s.moved = func() { p.watchdog.Moved(quiet) }
	byTarget := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		c := jobs[name]
		key := fmt.Sprint(c.RemoteUser, "@", c.RemoteHost, ":", c.RemotePort, " ", c.IdentityFile, " ", strings.Join(c.HostKeys, ","))
		byTarget[key] = append(byTarget[key], name)
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, names := range byTarget {
		all.Go(func() {
			source, target, err := p.connect(ctx, jobs[names[0]])
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				s.open = append(s.open, source, target)
			}
			for _, name := range names {
				if err != nil {
					s.failed[name] = err
					continue
				}
				s.source[name], s.target[name] = source, target
			}
		})
	}
	all.Wait()
	return s
}

// close gives the locks up and ends all connections.
func (s *session) close() {
	for _, l := range s.locks {
		l.Release()
	}
	for _, h := range s.open {
		_ = h.Close()
	}
}

// machine is how the executor finds its machines.
func (s *session) machine(job string, side plan.Side) host.Host {
	if side == plan.Target {
		return s.target[job]
	}
	return s.source[job]
}

// observe asks both sides of every job that was reached, each machine once.
func (p *program) observe(ctx context.Context, s *session, jobs []config.Job) *observe.Inventory {
	var seats []observe.Seat
	for i := range jobs {
		if name := jobs[i].Name; s.failed[name] == nil {
			seats = append(seats, observe.Seat{Job: &jobs[i], Source: s.source[name], Target: s.target[name]})
		}
	}
	inv := observe.New(p.now())
	pairs, failed := observe.Jobs(ctx, seats)
	inv.Jobs = pairs
	maps.Copy(s.failed, failed)
	if len(pairs) > 0 {
		s.moved()
	}
	return inv
}

// connections are what reaching the jobs' targets takes.
func connections(jobs []config.Job) map[string]plan.Connection {
	m := map[string]plan.Connection{}
	for i := range jobs {
		m[jobs[i].Name] = compile.ConnectionOf(&jobs[i])
	}
	return m
}

// unreached are the jobs that could not be reached or observed.
func (s *session) unreached() []string { return slices.Sorted(maps.Keys(s.failed)) }

// complain tells which jobs could not be reached or observed. Its error has been told.
func (p *program) complain(s *session) error {
	for _, name := range s.unreached() {
		if errors.Is(s.failed[name], context.Canceled) {
			return s.failed[name]
		}
	}
	for _, name := range s.unreached() {
		p.log.Errorf("job %s: %s", name, report.Explain(s.failed[name]))
	}
	if len(s.failed) > 0 {
		return outcome(codeOfJobs(s.failed))
	}
	return nil
}
