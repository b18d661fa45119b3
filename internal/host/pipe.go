package host

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// PipeOptions bound a [Pipe].
type PipeOptions struct {
	Bandwidth int64         // bytes per second, 0 is no limit
	Limiter   *Limiter      // a limit shared with other pipes; when set, Bandwidth does not count
	Stall     time.Duration // both commands are ended when nothing moved for so long, 0 is never
	End       time.Duration // the same once the stream is complete and the receiver puts it down; 0 is as Stall
	Gate      Gate          // sees the beginning of the stream before the receiver does; nil lets everything pass
	// Progress is told the bytes moved so far, at most ten times a second, and the total once at the end.
	Progress func(total int64)
}

// PipeResult says how both commands of a [Pipe] ended. The pipe is complete when both errors are nil.
type PipeResult struct {
	Bytes                int64 // moved from one to the other
	From, To             error // as Start or Wait returned them, or what the pipe found itself
	FromStderr, ToStderr string

	receiverFirst bool  // the receiver stopped taking data before the sender was done
	interrupted   error // why the pipe's context had ended by then
}

// errPeerEnded is why a command is ended when the other one is gone. It counts as a cancellation.
var errPeerEnded = fmt.Errorf("ended because the other end of the pipe is gone: %w", context.Canceled)

// Err returns nil when both commands succeeded, and otherwise the error that explains most. When the context ended, that
// is it, for commands that are being ended say all kinds of things; a lost connection, a stall or a stream that was not
// let in explains both ends; the sender's failure explains the incomplete stream at the receiver; a receiver that
// refuses the stream explains the sender's broken pipe.
func (r PipeResult) Err() error {
	switch {
	case r.From == nil && r.To == nil:
		return nil
	case r.interrupted != nil:
		return r.interrupted
	case r.From == nil:
		return r.To
	case r.To == nil:
		return r.From
	case explainsBoth(r.To):
		return r.To
	case explainsBoth(r.From):
		return r.From
	case errors.Is(r.From, errPeerEnded):
		return r.To
	case errors.Is(r.To, errPeerEnded):
		return r.From
	case r.receiverFirst:
		return r.To
	}
	return r.From
}

func explainsBoth(err error) bool {
	var conn *ConnError
	var stalled *StalledError
	var refused *RefusedError
	return errors.As(err, &conn) || errors.As(err, &stalled) || errors.As(err, &refused) ||
		(errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) && !errors.Is(err, errPeerEnded)
}

// Pipe runs fromArgv on one machine and toArgv on another and moves the standard output of the first into the
// standard input of the second. It returns when both have ended, or when they have been given up.
//
// The receiver is started first: when it cannot be started nothing needs to be sent, whereas a receiver whose sender
// cannot be started sees an empty stream, which is harmless. When one of the two fails, the other is left a
// moment to end by itself, so that it can say what it has to say, and is then ended.
//
// Over ssh one transfer moves at most 2 MiB per round trip (x/crypto's fixed window): 20 MiB/s at 100 ms.
func Pipe(ctx context.Context, from Host, fromArgv []string, to Host, toArgv []string, o PipeOptions) PipeResult {
	t := newTransfer(from, to, o)
	fromCtx, endFrom := context.WithCancelCause(ctx)
	defer endFrom(nil)
	toCtx, endTo := context.WithCancelCause(ctx)
	defer endTo(nil)
	t.endFrom, t.endTo = endFrom, endTo

	var err error
	if t.receiver, err = to.Start(toCtx, toArgv); err != nil {
		return PipeResult{To: err}
	}
	t.input = t.receiver.Stdin() // before Wait, which closes what nobody asked for
	go t.awaitReceiver(toCtx)
	if t.sender, err = from.Start(fromCtx, fromArgv); err != nil {
		t.senderNeverRan(err)
	} else {
		go t.stream(fromCtx)
		go t.awaitSender(fromCtx)
	}
	t.supervise(ctx)
	return t.result(ctx)
}
