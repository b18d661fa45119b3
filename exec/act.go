package exec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// act runs one action's commands.
func (r *run) act(ctx context.Context, i int) outcome {
	a := &r.plan.Actions[i]
	o := outcome{index: i}
	began := r.Now()
	switch do := a.Do.(type) {
	case plan.Send:
		r.transfer(ctx, a, do, &o)
	case plan.Snapshot:
		o.err = r.snapshot(ctx, a, do)
	default:
		o.err = r.commands(ctx, a)
	}
	o.took = r.Now().Sub(began)
	return o
}

// actTime is how long one command may take that is no transfer. Destroying very much is what takes longest: ZFS frees the
// space later, but the names go one transaction group after the other.
const actTime = 30 * time.Minute

// commands runs the commands of an action one after the other.
func (r *run) commands(ctx context.Context, a *plan.Action) error {
	for _, c := range r.plan.Commands(a) {
		h := r.Machines(a.Job, c.Side)
		if _, err := host.RunWithin(ctx, h, c.Argv, host.Limits{Time: actTime}); err != nil {
			return r.explain(ctx, h, c.Argv, err)
		}
	}
	return nil
}

// explain adds the meaning of what zfs said. A connection's error explains itself.
func explain(h host.Host, argv []string, err error) error {
	var exit *host.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	return &CommandError{Host: h.Name(), Argv: argv, Meaning: zfs.Explain(exit.Stderr), Err: exit}
}

// askingWhy is how long a machine may take to say why it has no room.
const askingWhy = time.Minute

// explain is the same for a command of an action: if there was no room, the machine is asked for what.
func (r *run) explain(ctx context.Context, h host.Host, argv []string, err error) error {
	err = explain(h, argv, err)
	var failed *CommandError
	var exit *host.ExitError
	if !errors.As(err, &failed) || !errors.As(err, &exit) {
		return err
	}
	short, ok := zfs.ShortageOf(argv, exit.Stderr)
	if !ok {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, askingWhy)
	defer cancel()
	found, lookErr := r.look(ctx, h, short.Properties(), short.Names())
	if lookErr != nil {
		return err // what zfs said must do
	}
	says, do, cure := short.Cause(func(name, property string) string { return found[[2]string{name, property}] }, h.Name())
	if says != "" {
		failed.Meaning.Says, failed.Meaning.Do = says, fmt.Sprintf("%s, on %s: %s", do, h.Name(), host.Quote(cure))
	}
	return failed
}
