package exec

import (
	"context"
	"errors"
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
	if send, ok := a.Do.(plan.Send); ok {
		r.transfer(ctx, a, send, &o)
	} else {
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
			return explain(h, c.Argv, err)
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
