package host_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
)

// A receiver may take longer to put down a complete stream than a stream may be silent, but not for ever.
func TestPipeEnd(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo x"), to, sh("cat >/dev/null; sleep 2"), host.PipeOptions{Stall: 500 * time.Millisecond, End: bound})
		if r.Err() != nil {
			t.Errorf("got %#v", r)
		}
		r = pipe(t, t.Context(), from, sh("echo x"), to, sh("echo $$ >&2; cat >/dev/null; exec sleep 1000"), host.PipeOptions{Stall: bound, End: time.Second})
		want := fmt.Sprintf("the receiver on %s did not end within 1s after the whole stream from %s, 2 bytes", to.Name(), from.Name())
		var stalled *host.StalledError
		if !errors.As(r.Err(), &stalled) || !stalled.Complete || stalled.Error() != want {
			t.Errorf("got %#v", r)
		}
		isGone(t, readPid(t, strings.NewReader(r.ToStderr)))
		// A sender that lingers is not at its end.
		r = pipe(t, t.Context(), from, sh("echo x; exec sleep 1000"), to, sh("cat >/dev/null"), host.PipeOptions{Stall: time.Second, End: bound})
		if !errors.As(r.Err(), &stalled) || stalled.Complete || stalled.Waiting != "the sender" {
			t.Errorf("got %#v", r)
		}
	})
}

// scripted is a host whose commands end when the test says so, with what it says.
type scripted struct {
	host.Host
	ended func(ctx context.Context) error
}

func (s *scripted) Start(ctx context.Context, _ []string) (host.Process, error) {
	return &scriptedProcess{s, ctx}, nil
}

type scriptedProcess struct {
	*scripted
	ctx context.Context
}

func (p *scriptedProcess) Stdin() io.WriteCloser { return nopCloser{io.Discard} }
func (p *scriptedProcess) Stdout() io.Reader     { return strings.NewReader("") }
func (p *scriptedProcess) Stderr() string        { return "" }
func (p *scriptedProcess) Wait() error           { return p.ended(p.ctx) }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// After a cancel both ends may say anything: the sender that it is done, the receiver that the stream is broken. What
// counts is the cancel, unless both had succeeded.
func TestPipeCancelledAnyhow(t *testing.T) {
	noLeaks(t)
	why := errors.New("the reason")
	broken := &host.ExitError{Host: "to", Code: 1, Stderr: "checksum mismatch"}
	killed := &host.ExitError{Host: "from", Code: -1, Signal: "TERM"}
	for _, test := range []struct{ from, to, want error }{
		{nil, broken, why}, {killed, nil, why}, {killed, broken, why}, {why, broken, why}, {broken, why, why}, {nil, nil, nil},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		end := func(err error) *scripted {
			return &scripted{host.Local(), func(ctx context.Context) error {
				cancel(why)
				<-ctx.Done()
				return err
			}}
		}
		r := pipe(t, ctx, end(test.from), []string{"send"}, end(test.to), []string{"receive"}, host.PipeOptions{})
		if got := r.Err(); got != test.want {
			t.Errorf("%v and %v: got %v", test.from, test.to, got)
		}
	}
}
