package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"
)

// Output is what a command printed.
type Output struct {
	Stdout []byte
	Stderr string // the last 64 KiB
}

// Run is [RunWithin] the default limits.
func Run(ctx context.Context, h Host, argv []string) (Output, error) {
	return RunWithin(ctx, h, argv, Limits{})
}

// RunWithin runs argv on h with empty standard input and waits for its end. The output is filled as far as there is
// any even when the error is an *ExitError: "zfs list" prints the rest when one of the names does not exist.
//
// A command that passes a limit is ended: the error is then a *TimeoutError or *TooMuchError. One that cannot be ended,
// because it sleeps in the kernel, is given up some seconds later; the host goes on to be usable.
func RunWithin(ctx context.Context, h Host, argv []string, l Limits) (Output, error) {
	l = l.withDefaults()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer time.AfterFunc(l.Time, func() { end(&TimeoutError{Host: h.Name(), Argv: argv, After: l.Time}) }).Stop()
	p, err := h.Start(ctx, argv)
	if err != nil {
		return Output{}, err
	}
	_ = p.Stdin().Close() // a command that is gone already has no use for it

	var buf bytes.Buffer
	read := make(chan error, 1)
	go func() {
		n, err := buf.ReadFrom(io.LimitReader(p.Stdout(), l.Output+1))
		if n > l.Output {
			end(&TooMuchError{Host: h.Name(), Argv: argv, Limit: l.Output})
		}
		read <- err
	}()
	select {
	case err = <-read:
		waitErr := p.Wait()
		out := Output{Stdout: buf.Bytes(), Stderr: p.Stderr()}
		if waitErr != nil {
			return out, withPrinted(waitErr, out.Stdout)
		}
		return out, err
	case <-ctx.Done():
		// Not waiting for the reader: it may hang on a command that cannot be ended.
		err = p.Wait()
		if err == nil {
			err = context.Cause(ctx)
		}
		return Output{Stderr: p.Stderr()}, err
	}
}

// withPrinted adds what a command printed that failed without a word: a login that is not allowed says so there.
func withPrinted(err error, stdout []byte) error {
	const most = 200
	var exit *ExitError
	if errors.As(err, &exit) && strings.TrimSpace(exit.Stderr) == "" {
		exit.Stdout = string(stdout[:min(len(stdout), most)])
	}
	return err
}
