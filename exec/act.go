package exec

import (
	"context"
	"errors"
	"strings"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// act checks one action's preconditions and runs its commands.
func (x *Executor) act(ctx context.Context, p *plan.Plan, i int, limits map[string]*host.Limiter, progress func(int64)) outcome {
	a := &p.Actions[i]
	o := outcome{index: i}
	began := x.Now()
	if o.err = x.check(ctx, a); o.err == nil {
		if _, ok := a.Do.(plan.Send); ok {
			c := p.Jobs[a.Job]
			x.send(ctx, a, p.Commands(a), host.PipeOptions{Stall: c.Stall, Limiter: limits[a.Job], Progress: progress}, &o)
		} else {
			o.err = x.commands(ctx, a, p.Commands(a))
		}
	}
	o.took = x.Now().Sub(began)
	return o
}

// commands runs the commands of an action one after the other.
func (x *Executor) commands(ctx context.Context, a *plan.Action, all []plan.Command) error {
	for _, c := range all {
		h := x.Machines(a.Job, c.Side)
		if _, err := host.Run(ctx, h, c.Argv); err != nil {
			return explain(h, c.Argv, err)
		}
	}
	return nil
}

// send runs the two commands of a send as one pipeline.
func (x *Executor) send(ctx context.Context, a *plan.Action, pipe []plan.Command, options host.PipeOptions, o *outcome) {
	from, to := pipe[0], pipe[1]
	sender, receiver := x.Machines(a.Job, from.Side), x.Machines(a.Job, to.Side)
	r := host.Pipe(ctx, sender, from.Argv, receiver, to.Argv, options)
	o.bytes = r.Bytes
	switch err := r.Err(); {
	case err == nil:
		o.notes = complaints(r.ToStderr)
	case err == r.From:
		o.err = explain(sender, from.Argv, err)
	default:
		o.err = explain(receiver, to.Argv, err)
	}
}

// complaints are what zfs receive says although it exits with 0: a property that it could not set
// (libzfs_sendrecv.c, zfs_receive_one, never makes an error of that).
func complaints(stderr string) []string {
	var all []string
	for line := range strings.Lines(stderr) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// explain adds the meaning of what zfs said. A connection's error explains itself.
func explain(h host.Host, argv []string, err error) error {
	var exit *host.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	return &CommandError{Host: h.Name(), Argv: argv, Meaning: zfs.Explain(exit.Stderr), Err: exit}
}
