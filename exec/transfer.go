package exec

import (
	"context"
	"strings"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// transfer runs the two commands of a send as one pipeline.
func (r *run) transfer(ctx context.Context, a *plan.Action, send plan.Send, o *outcome) {
	pipe := r.plan.Commands(a)
	from, to := pipe[0], pipe[1]
	sender, receiver := r.Machines(a.Job, from.Side), r.Machines(a.Job, to.Side)
	moved := host.Pipe(ctx, sender, from.Argv, receiver, to.Argv, host.PipeOptions{
		Stall: r.plan.Jobs[a.Job].Stall, Limiter: r.limits[a.Job], Progress: r.progressTo(o.index)})
	o.bytes = moved.Bytes
	switch err := moved.Err(); {
	case err == nil:
		o.notes = complaints(moved.ToStderr)
	case err == moved.From:
		o.err = explain(sender, from.Argv, err)
	default:
		o.err = explain(receiver, to.Argv, err)
	}
}

// progressTo passes on how far a transfer has come.
func (r *run) progressTo(i int) func(int64) {
	return func(n int64) {
		if n > 0 {
			r.done <- outcome{index: i, progress: n}
		}
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
