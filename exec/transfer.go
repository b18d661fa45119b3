package exec

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// transfer runs the two commands of a send as one pipeline.
func (r *run) transfer(ctx context.Context, a *plan.Action, send plan.Send, o *outcome) {
	pipe := r.plan.Commands(a)
	from, to := pipe[0], pipe[1]
	sender, receiver := r.Machines(a.Job, from.Side), r.Machines(a.Job, to.Side)
	want, err := expected(send)
	if err != nil {
		o.err = err
		return
	}
	moved := host.Pipe(ctx, sender, from.Argv, receiver, to.Argv, host.PipeOptions{Gate: want.Gate(),
		Stall: r.plan.Jobs[a.Job].Stall, End: commitTime * r.plan.Jobs[a.Job].Stall, Limiter: r.limits[a.Job], Progress: r.progressTo(o.index)})
	o.bytes = moved.Bytes
	switch err := moved.Err(); {
	case err == nil:
		o.notes = complaints(moved.ToStderr, send.Receive.Exclude)
	case err == moved.From:
		o.err = r.explain(ctx, sender, from.Argv, err)
	default:
		o.err = r.explain(ctx, receiver, to.Argv, err)
	}
}

// commitTime is how many times longer than a stall a receiver may take to put down a stream that is complete: it commits
// then, and on a slow disk that takes as long as it takes.
const commitTime = 6

// Quiet is the longest that nothing may move before an action of one of the jobs is ended by our own limits.
func Quiet(jobs map[string]plan.Connection) time.Duration {
	longest := actTime + lookTime
	for _, j := range jobs {
		longest = max(longest, commitTime*j.Stall)
	}
	return longest
}

// expected is the stream that a send must be: no other one reaches the receiver. What the token of a resume stands for is
// read here as well, since zfs send -t sends whatever that says.
func expected(s plan.Send) (zfs.ExpectStream, error) {
	want := zfs.ExpectStream{Name: s.Dataset + s.To.Name, To: s.To.GUID, Through: s.Intermediates}
	if s.From != nil {
		want.From = s.From.GUID
	}
	if s.Mode == plan.Resume {
		t, err := zfs.DecodeToken(s.Token)
		if err != nil {
			return want, fmt.Errorf("the interrupted transfer cannot be resumed: %w", err)
		}
		if t.ToGUID != s.To.GUID || s.From != nil && t.FromGUID != s.From.GUID {
			return want, fmt.Errorf("the interrupted transfer is not the one that the plan means: it ends with the GUID %s instead of %s", t.ToGUID, s.To.GUID)
		}
		want.From, want.Resume, want.Raw, want.Name = t.FromGUID, true, &t.Raw, ""
	} else if !s.Flags.Raw {
		plain := false
		want.Raw = &plain
	}
	return want, nil
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
// (libzfs_sendrecv.c, zfs_receive_one, never makes an error of that). What was to be left out and does not apply, or may
// not be touched by the user, is left out.
func complaints(stderr string, leftOut []string) []string {
	var all []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		about := func(property string) bool {
			return strings.HasPrefix(line, "cannot receive "+property+" property on ") && strings.HasSuffix(line, ": permission denied") ||
				strings.HasPrefix(line, "Warning: ") && strings.Contains(line, ": property '"+property+"' does not apply ")
		}
		if line != "" && !slices.ContainsFunc(leftOut, about) {
			all = append(all, line)
		}
	}
	return all
}
