package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// connector reaches both machines of a job.
type connector func(ctx context.Context, c plan.Connection) (source, target host.Host, err error)

// dial runs the source's commands here and the target's over ssh, or here too when the job has no remote host.
func dial(ctx context.Context, c plan.Connection) (source, target host.Host, err error) {
	if c.RemoteHost == "" {
		return host.Local(), host.Local(), nil
	}
	target, err = host.Dial(ctx, host.SSH{Host: c.RemoteHost, Port: c.RemotePort, User: c.RemoteUser,
		IdentityFile: c.IdentityFile, HostKeys: c.HostKeys, ConnectTimeout: c.Connect})
	return host.Local(), target, err
}

// session is the machines of some jobs, each with one connection, and what went wrong with the others.
type session struct {
	source, target map[string]host.Host
	failed         map[string]error
}

// open connects to the targets of all jobs side by side. A job that cannot be reached does not stop the others.
func (p *program) open(ctx context.Context, jobs map[string]plan.Connection) *session {
	s := &session{source: map[string]host.Host{}, target: map[string]host.Host{}, failed: map[string]error{}}
	type answer struct {
		job            string
		source, target host.Host
		err            error
	}
	answers := make(chan answer)
	for name, c := range jobs {
		go func() {
			source, target, err := p.connect(ctx, c)
			answers <- answer{name, source, target, err}
		}()
	}
	for range jobs {
		a := <-answers
		if a.err != nil {
			s.failed[a.job] = a.err
			continue
		}
		s.source[a.job], s.target[a.job] = a.source, a.target
	}
	return s
}

// close ends all connections.
func (s *session) close() {
	for name := range s.target {
		_ = s.target[name].Close()
		_ = s.source[name].Close()
	}
}

// machine is how the executor finds its machines.
func (s *session) machine(job string, side plan.Side) host.Host {
	if side == plan.Target {
		return s.target[job]
	}
	return s.source[job]
}

// observe asks both sides of every job that was reached.
func (p *program) observe(ctx context.Context, s *session, jobs []config.Job) *observe.Inventory {
	inv := observe.New(p.now())
	pairs := make([]*observe.Pair, len(jobs))
	errs := make([]error, len(jobs))
	var g errgroup.Group
	for i := range jobs {
		j := &jobs[i]
		if s.failed[j.Name] != nil {
			continue
		}
		g.Go(func() error {
			pair, err := observe.Job(ctx, j, s.source[j.Name], s.target[j.Name])
			pairs[i], errs[i] = &pair, err
			return nil
		})
	}
	_ = g.Wait()
	for i, j := range jobs {
		if errs[i] != nil {
			s.failed[j.Name] = errs[i]
		} else if pairs[i] != nil {
			inv.Jobs[j.Name] = *pairs[i]
		}
	}
	return inv
}

// connections are what reaching the jobs' targets takes.
func connections(jobs []config.Job) map[string]plan.Connection {
	m := map[string]plan.Connection{}
	for i := range jobs {
		m[jobs[i].Name] = plan.ConnectionOf(&jobs[i])
	}
	return m
}

// complain tells which jobs could not be reached or observed, and gives the first error.
func (p *program) complain(s *session, jobs []config.Job) error {
	var first error
	for _, j := range jobs {
		if err := s.failed[j.Name]; err != nil {
			p.log.Errorf("job %s: %s", j.Name, withHint(err))
			if first == nil {
				first = outcome(exitFailed)
			}
		}
	}
	return first
}
