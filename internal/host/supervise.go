package host

import (
	"context"
	"time"
)

// tick is how often a supervisor looks for progress and for a stall.
const tick = 100 * time.Millisecond

// supervisor waits for both commands of a transfer to end. It ends them when nothing moves, and ends the one that is
// left when the other is gone: after a short while when that one failed, after a longer one when it may have to
// put down what it has. When they do not end then, it gives them up.
type supervisor struct {
	*transfer
	every time.Duration // how often it looks

	seen     int64         // bytes moved and held at the last look
	quiet    time.Duration // for how long that has been the same
	complete bool          // the sender succeeded, and all of its stream was passed on

	cause  error         // why both commands will be, or have been, ended; nil while there is no reason
	within time.Duration // the patience when there was one
	reason error         // why both will be ended when that is over
	told   bool          // both have been told to end; what is due next is giving up
	due    *time.Timer
}

// supervise returns when both commands have ended or are given up. ctx ends them by itself.
func (t *transfer) supervise(ctx context.Context) {
	s := &supervisor{transfer: t, every: tick, due: time.NewTimer(time.Hour), reason: errPeerEnded}
	s.due.Stop()
	defer s.due.Stop()
	for _, limit := range []time.Duration{t.o.Stall, t.o.End} {
		if limit > 0 {
			s.every = min(s.every, max(limit/4, time.Millisecond))
		}
	}
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	defer s.report()

	fromDone, toDone, copied, done := t.fromDone, t.toDone, t.copied, ctx.Done()
	for fromDone != nil || toDone != nil {
		select {
		case <-fromDone:
			fromDone = nil
			s.fromEnded()
		case <-toDone:
			toDone = nil
			s.toEnded()
		case <-copied:
			copied = nil
			s.streamEnded()
		case <-done:
			done = nil
			s.end(context.Cause(ctx))
		case <-ticker.C:
			s.look(fromDone == nil)
		case <-s.due.C:
			if s.told {
				t.abandoned = s.cause
				return
			}
			s.end(s.reason)
		}
	}
}

// streamEnded ends both soon when the receiver took no more of it, or was not given any.
func (s *supervisor) streamEnded() {
	if refused := s.refusal(); refused != nil {
		s.reason = refused
		s.endIn(lastWord)
	}
	if s.writeErr != nil {
		s.endIn(lastWord)
	}
}

// fromEnded leaves the receiver of a complete stream the time it needs to put that down.
func (s *supervisor) fromEnded() {
	switch {
	case s.fromErr != nil:
		s.endIn(commitTime)
	case isClosed(s.copied) && s.readErr == nil && s.writeErr == nil:
		s.complete, s.quiet = true, 0
	}
}

func (s *supervisor) toEnded() {
	if s.toErr != nil {
		s.endIn(lastWord)
	} else {
		s.endIn(commitTime)
	}
}

// endIn has both commands ended after a while. The shortest such while counts.
func (s *supervisor) endIn(within time.Duration) {
	if s.told || s.within > 0 && s.within <= within {
		return
	}
	s.within = within
	s.due.Reset(within)
}

// end tells both commands to end. Only the first cause counts.
func (s *supervisor) end(cause error) {
	if s.told {
		return
	}
	s.told, s.cause = true, cause
	s.endFrom(cause)
	s.endTo(cause)
	s.due.Reset(abandonAfter)
}

// look reports progress and ends a transfer that makes none.
func (s *supervisor) look(fromDone bool) {
	if now := s.bytes.Load() + s.held.Load(); now != s.seen {
		s.seen, s.quiet = now, 0
		s.report()
		return
	}
	s.quiet += s.every
	limit := s.o.Stall
	if s.complete && s.o.End > 0 {
		limit = s.o.End
	}
	if limit <= 0 || s.quiet < limit {
		return
	}
	stalled := &StalledError{From: s.from.Name(), To: s.to.Name(), After: limit, Bytes: s.bytes.Load(), Waiting: "the sender", Complete: s.complete}
	if fromDone || s.inWrite.Load() {
		stalled.Waiting = "the receiver"
	}
	s.end(stalled)
}

func (s *supervisor) report() {
	if s.o.Progress != nil {
		s.o.Progress(s.bytes.Load())
	}
}
