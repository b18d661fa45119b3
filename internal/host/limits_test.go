package host_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// within runs a command that must end soon.
func within(t *testing.T, h host.Host, argv []string, l host.Limits) (host.Output, error) {
	t.Helper()
	type result struct {
		host.Output
		err error
	}
	r := soon(t, "RunWithin", func() result {
		out, err := host.RunWithin(t.Context(), h, argv, l)
		return result{out, err}
	})
	return r.Output, r.err
}

func asTimeout(t *testing.T, err error) *host.TimeoutError {
	t.Helper()
	var timeout *host.TimeoutError
	if !errors.As(err, &timeout) {
		t.Fatalf("got %T %v, want a *TimeoutError", err, err)
	}
	return timeout
}

// A command that hangs is ended, and the error says which, where and how long it was waited for.
func TestRunTimeout(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := within(t, h, sh("echo $$ >&2; exec sleep 1000"), host.Limits{Time: 500 * time.Millisecond})
		want := fmt.Sprintf(`"sh -c 'echo $$ >&2; exec sleep 1000' sh" on %s did not answer within 500ms`, h.Name())
		if timeout := asTimeout(t, err); timeout.Error() != want || timeout.Host != h.Name() || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		isGone(t, readPid(t, strings.NewReader(out.Stderr)))
		if _, err := within(t, h, []string{"true"}, host.Limits{}); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// A command that nothing ends is given up, and what comes after it on the same connection works.
func TestRunTimeoutUnkillable(t *testing.T) {
	noLeaks(t)
	_, err := within(t, host.Unkillable(), []string{"sleep", "3"}, host.Limits{Time: 200 * time.Millisecond})
	if asTimeout(t, err); !strings.Contains(err.Error(), "does not react to SIGKILL") {
		t.Errorf("got %v", err)
	}

	h := hosttest.NewServer(t, hosttest.Options{IgnoreSignal: true, MaxSessions: 2}).Dial()
	host.SetPatience(h, 200*time.Millisecond)
	_, err = within(t, h, []string{"sleep", "1000"}, host.Limits{Time: 200 * time.Millisecond})
	asTimeout(t, err)
	for range 3 {
		if out, err := within(t, h, []string{"echo", "hello"}, host.Limits{}); err != nil || string(out.Stdout) != "hello\n" {
			t.Errorf("afterwards: %q, %v", out.Stdout, err)
		}
	}
	// When those that hang take all sessions, nothing more can be started, and that takes no longer either.
	_, _ = within(t, h, []string{"sleep", "1000"}, host.Limits{Time: 200 * time.Millisecond})
	_, err = within(t, h, []string{"true"}, host.Limits{Time: 200 * time.Millisecond})
	asTimeout(t, err)
}

// The machine does not answer at all: the limit holds before the connection is given up.
func TestRunTimeoutWhileFrozen(t *testing.T) {
	noLeaks(t)
	s := hosttest.NewServer(t, hosttest.Options{})
	proxy := hosttest.NewProxy(t, s, 0)
	h, err := host.Dial(t.Context(), proxy.Through(s.SSH()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	proxy.Freeze()
	_, err = within(t, h, []string{"true"}, host.Limits{Time: 200 * time.Millisecond})
	asTimeout(t, err)
}

// sshd takes the command but does not begin it: that is not waited for without end, not even where no limit is given.
func TestStartIsBounded(t *testing.T) {
	noLeaks(t)
	c := hosttest.NewServer(t, hosttest.Options{Silent: true}).SSH()
	c.ConnectTimeout = 2 * time.Second
	h, err := host.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	host.SetSessionWait(h, 0)
	r := pipe(t, t.Context(), host.Local(), []string{"yes"}, h, []string{"cat"}, host.PipeOptions{})
	if conn := asConn(t, r.Err(), host.ConnRefused); !strings.Contains(conn.Error(), "sshd did not begin a command within 2s") {
		t.Errorf("got %v", conn)
	}
}

// A command that prints without end is ended, too.
func TestRunTooMuch(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := within(t, h, sh("echo $$ >&2; exec yes"), host.Limits{Output: 1 << 20})
		var much *host.TooMuchError
		want := fmt.Sprintf(`"sh -c 'echo $$ >&2; exec yes' sh" on %s prints more than 1048576 bytes`, h.Name())
		if !errors.As(err, &much) || much.Error() != want {
			t.Errorf("got %v", err)
		}
		isGone(t, readPid(t, strings.NewReader(out.Stderr)))
		out, err = within(t, h, sh("head -c 1000 /dev/zero"), host.Limits{Output: 1000})
		if err != nil || len(out.Stdout) != 1000 {
			t.Errorf("exactly as much as it may: %d, %v", len(out.Stdout), err)
		}
	})
}
