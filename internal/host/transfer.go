package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

// transfer is a Pipe at work. stream copies the bytes, awaitSender and awaitReceiver wait for the commands, and
// supervise, the caller's own goroutine, watches them and ends the commands. A goroutine that hangs on a command that
// cannot be ended is left behind, and result leaves out what only it knows; it ends with the connection.
type transfer struct {
	from, to         Host
	o                PipeOptions
	limit            *Limiter
	sender, receiver Process
	input            io.WriteCloser // the receiver's
	endFrom, endTo   context.CancelCauseFunc

	bytes    atomic.Int64
	held     atomic.Int64  // read for the gate
	inWrite  atomic.Bool   // waiting for the receiver, otherwise for the sender
	copied   chan struct{} // closed by stream
	fromDone chan struct{} // closed by awaitSender
	toDone   chan struct{} // closed by awaitReceiver

	readErr, writeErr error // valid after copied
	fromErr           error // valid after fromDone
	toErr             error // valid after toDone

	abandoned error // why supervise did not wait for both
}

func newTransfer(from, to Host, o PipeOptions) *transfer {
	t := &transfer{
		from: from, to: to, o: o, limit: o.Limiter,
		copied:   make(chan struct{}),
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
	close(t.copied)
	close(t.fromDone)
}

// awaitReceiver throws away what the receiver prints and waits for its end. Once it is told to end, what it still
// prints is not waited for.
func (t *transfer) awaitReceiver(ctx context.Context) {
	printed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, t.receiver.Stdout())
		close(printed)
	}()
	select {
	case <-printed:
	case <-ctx.Done():
	}
	t.toErr = t.receiver.Wait()
	close(t.toDone)
}

// awaitSender waits for the end of the stream and then of the sender.
func (t *transfer) awaitSender(ctx context.Context) {
	select {
	case <-t.copied:
	case <-ctx.Done():
	}
	t.fromErr = t.sender.Wait()
	close(t.fromDone)
}

// stream copies the stream and closes the receiver's input. When the receiver takes no more or the gate lets nothing
// pass, what the sender still has is thrown away, so that it can end by itself if it is about to.
func (t *transfer) stream(ctx context.Context) {
	from := t.sender.Stdout()
	t.readErr, t.writeErr = t.copy(ctx, t.input, from)
	_ = t.input.Close()
	close(t.copied)
	if t.writeErr != nil || t.refusal() != nil {
		_, _ = io.Copy(io.Discard, from)
	}
}

// refusal is the gate's error. Valid after copied.
func (t *transfer) refusal() *RefusedError {
	var refused *RefusedError
	errors.As(t.readErr, &refused)
	return refused
}

// copy moves each byte once through one buffer, after those that the gate has to see first.
func (t *transfer) copy(ctx context.Context, in io.Writer, out io.Reader) (readErr, writeErr error) {
	buf := t.limit.most(make([]byte, bufferSize))
	if t.o.Gate != nil {
		head, err := t.admit(out)
		if err != nil {
			return err, nil
		}
		for piece := range slices.Chunk(head, len(buf)) {
			if readErr, writeErr := t.move(ctx, in, piece); readErr != nil || writeErr != nil {
				return readErr, writeErr
			}
		}
	}
	for {
		n, err := out.Read(buf)
		if n > 0 {
			if readErr, writeErr := t.move(ctx, in, buf[:n]); readErr != nil || writeErr != nil {
				return readErr, writeErr
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

// move passes on one piece as soon as the limit allows it.
func (t *transfer) move(ctx context.Context, in io.Writer, piece []byte) (readErr, writeErr error) {
	if err := t.limit.wait(ctx, len(piece)); err != nil {
		return err, nil // ctx is done
	}
	t.inWrite.Store(true)
	written, err := in.Write(piece)
	t.inWrite.Store(false)
	t.bytes.Add(int64(written))
	return nil, err
}

// result puts together what both ends know.
func (t *transfer) result(ctx context.Context) PipeResult {
	r := PipeResult{Bytes: t.bytes.Load(), From: t.abandoned, To: t.abandoned, interrupted: context.Cause(ctx)}
	if isClosed(t.toDone) {
		r.To, r.ToStderr = t.toErr, t.receiver.Stderr()
	}
	if isClosed(t.fromDone) {
		r.From = t.fromErr
		if t.sender != nil {
			r.FromStderr = t.sender.Stderr()
		}
	}
	if !isClosed(t.copied) {
		return r
	}
	r.receiverFirst = t.writeErr != nil
	switch refused := t.refusal(); {
	case refused != nil && (r.From == nil || isSilent(r.From)):
		r.From = refused
	case r.From == nil && t.readErr != nil:
		r.From = fmt.Errorf("cannot read the stream from %s: %w", t.from.Name(), t.readErr)
	}
	if r.To == nil && t.writeErr != nil {
		r.To = fmt.Errorf("the receiver on %s ended before the stream did, after %d bytes", t.to.Name(), r.Bytes)
	}
	return r
}

// isSilent reports whether a sender failed by itself without giving a reason. With one, it knows better than the gate
// why its stream is none.
func isSilent(err error) bool {
	var exit *ExitError
	return errors.As(err, &exit) && strings.TrimSpace(exit.Stderr) == ""
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
