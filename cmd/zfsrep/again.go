package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// defaultPauses is how long a run waits before each further pass. What takes longer to mend is left to the next run.
var defaultPauses = []time.Duration{5 * time.Second, 30 * time.Second}

// again says that another pass may mend what went wrong, and which jobs must be connected to anew for it.
func (r ran) again() (lost []string, again bool) {
	if r.err != nil || r.result.Interrupted {
		return nil, false
	}
	again = r.busy()
	for _, f := range r.result.Failures {
		var conn *host.ConnError
		switch {
		case errors.As(f.Err, &conn) && conn.Kind == host.ConnLost:
			if again = true; !slices.Contains(lost, f.Action.Job) {
				lost = append(lost, f.Action.Job)
			}
		case changed(f.Err):
			again = true
		}
	}
	return lost, again
}

// busy says that a receiver was busy: somebody's transfer, or one of ours that does not know yet that its sender is gone.
func (r ran) busy() bool {
	return slices.ContainsFunc(r.plan.Conflicts, func(c plan.Conflict) bool { return c.Code == plan.ReceiveBusy })
}

// changed says that the world was not as the plan had it, or that a transfer was cut and can be resumed.
func changed(err error) bool {
	var drift *exec.DriftError
	var refused *host.RefusedError
	var command *exec.CommandError
	return errors.As(err, &drift) || errors.As(err, &refused) ||
		errors.As(err, &command) && (command.Meaning.Class == zfs.ClassReplan || command.Meaning.Busy() || command.Meaning.Cut())
}

// reopen connects anew to the targets of jobs whose connection is gone.
func (p *program) reopen(ctx context.Context, s *session, jobs []config.Job, lost []string) {
	if len(lost) == 0 {
		return
	}
	gone := slices.DeleteFunc(slices.Clone(jobs), func(j config.Job) bool { return !slices.Contains(lost, j.Name) && !s.sharesConnection(j.Name, lost) })
	fresh := p.open(ctx, connections(gone))
	p.hold(ctx, fresh, connections(gone))
	for _, j := range gone {
		if err := fresh.failed[j.Name]; err != nil {
			s.failed[j.Name] = err
			continue
		}
		s.source[j.Name], s.target[j.Name] = fresh.source[j.Name], fresh.target[j.Name]
	}
	s.open = append(s.open, fresh.open...)
	s.locks = append(s.locks, fresh.locks...)
}

// sharesConnection says that the job uses the connection of one of the others.
func (s *session) sharesConnection(job string, others []string) bool {
	return s.target[job] != nil && slices.ContainsFunc(others, func(o string) bool { return s.target[o] == s.target[job] })
}
