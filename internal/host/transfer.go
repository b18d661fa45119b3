package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

const (
	// bufferSize is what is read and written at once.
	bufferSize = 256 << 10
	// lastWord is how long the other command may still take when one has failed, to end by itself and say why.
	lastWord = 500 * time.Millisecond
	// commitTime is how long a receiver may take to put down what arrived when the sender has failed, and a sender
	// to end when the receiver is content.
	commitTime = time.Minute
	// abandonAfter is how long both may take to end once they are told to. It is longer than either kind of host
	// needs to give a command up by itself.
	abandonAfter = DefaultGrace + 2*patience
)

// transfer is a Pipe at work. Three goroutines share it: move copies the stream and then waits for the sender,
// awaitReceiver waits for the receiver, and supervise, the caller's own, watches both and ends them. supervise
// returns even when the other two hang on a command that cannot be ended; result then leaves out what only they know.
type transfer struct {
	from, to         Host
	o                PipeOptions
	limit            *Limiter
	sender, receiver Process
	input            io.WriteCloser // the receiver's
	endFrom, endTo   context.CancelCauseFunc

	bytes    atomic.Int64
	inWrite  atomic.Bool   // waiting for the receiver, otherwise for the sender
	broken   chan struct{} // the receiver does not take any more; closed by move
	fromDone chan struct{} // closed by move
	toDone   chan struct{} // closed by awaitReceiver

	readErr, writeErr error // valid after fromDone, writeErr also after broken
	fromErr           error // valid after fromDone
	toErr             error // valid after toDone

	abandoned error // why supervise did not wait for both
}

func newTransfer(from, to Host, o PipeOptions) *transfer {
	t := &transfer{
		from: from, to: to, o: o, limit: o.Limiter,
		broken:   make(chan struct{}),
		fromDone: make(chan struct{}),
		toDone:   make(chan struct{}),
	}
	if t.limit == nil {
		t.limit = NewLimiter(o.Bandwidth)
	}
	return t
}

// senderNeverRan gives the receiver the empty stream.
func (t *transfer) senderNeverRan(err error) {
	_ = t.input.Close()
	t.fromErr = err
	close(t.fromDone)
}

// awaitReceiver throws away what the receiver prints and waits for its end.
func (t *transfer) awaitReceiver() {
	_, _ = io.Copy(io.Discard, t.receiver.Stdout())
	t.toErr = t.receiver.Wait()
	close(t.toDone)
}

// move copies the stream, closes the receiver's input and waits for the sender.
func (t *transfer) move(ctx context.Context) {
	out := t.sender.Stdout()
	t.readErr, t.writeErr = t.copy(ctx, t.input, out)
	if t.writeErr != nil {
		close(t.broken)
		go func() { _, _ = io.Copy(io.Discard, out) }() // so that the sender can end by itself, if it is about to
	}
	_ = t.input.Close()
	t.fromErr = t.sender.Wait()
	close(t.fromDone)
}

// copy moves each byte once through one buffer.
func (t *transfer) copy(ctx context.Context, in io.Writer, out io.Reader) (readErr, writeErr error) {
	buf := t.limit.most(make([]byte, bufferSize))
	for {
		n, err := out.Read(buf)
		if n > 0 {
			if limitErr := t.limit.wait(ctx, n); limitErr != nil {
				return limitErr, nil // ctx is done
			}
			t.inWrite.Store(true)
			written, writeErr := in.Write(buf[:n])
			t.inWrite.Store(false)
			t.bytes.Add(int64(written))
			if writeErr != nil {
				return nil, writeErr
			}
		}
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return err, nil
		}
	}
}

// result puts together what both ends know.
func (t *transfer) result() PipeResult {
	r := PipeResult{Bytes: t.bytes.Load(), From: t.abandoned, To: t.abandoned}
	if isClosed(t.toDone) {
		r.To, r.ToStderr = t.toErr, t.receiver.Stderr()
	}
	if !isClosed(t.fromDone) {
		return r
	}
	r.From, r.receiverFirst = t.fromErr, t.writeErr != nil
	if t.sender != nil {
		r.FromStderr = t.sender.Stderr()
	}
	if r.From == nil && t.readErr != nil {
		r.From = fmt.Errorf("cannot read the stream from %s: %w", t.from.Name(), t.readErr)
	}
	if r.To == nil && t.writeErr != nil {
		r.To = fmt.Errorf("the receiver on %s ended before the stream did, after %d bytes", t.to.Name(), r.Bytes)
	}
	return r
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
