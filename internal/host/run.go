package host

import (
	"bytes"
	"context"
)

// Output is what a command printed.
type Output struct {
	Stdout []byte
	Stderr string // the last 64 KiB
}

// Run runs argv on h with empty standard input and waits for its end. The output is filled as far as there is
// any even when the error is an *ExitError: "zfs list" prints the rest when one of the names does not exist.
func Run(ctx context.Context, h Host, argv []string) (Output, error) {
	p, err := h.Start(ctx, argv)
	if err != nil {
		return Output{}, err
	}
	_ = p.Stdin().Close() // a command that is gone already has no use for it

	var buf bytes.Buffer
	read := make(chan error, 1)
	go func() {
		_, err := buf.ReadFrom(p.Stdout())
		read <- err
	}()
	select {
	case err = <-read:
		waitErr := p.Wait()
		out := Output{Stdout: buf.Bytes(), Stderr: p.Stderr()}
		if waitErr != nil {
			return out, waitErr
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
