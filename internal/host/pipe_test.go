package host_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// pipe runs a Pipe that has to end.
func pipe(t *testing.T, ctx context.Context, from host.Host, fromArgv []string, to host.Host, toArgv []string, o host.PipeOptions) host.PipeResult {
	t.Helper()
	return soon(t, "Pipe", func() host.PipeResult { return host.Pipe(ctx, from, fromArgv, to, toArgv, o) })
}

// onAll runs a test with every combination of this machine and one over ssh.
func onAll(t *testing.T, test func(t *testing.T, from, to host.Host)) {
	t.Helper()
	noLeaks(t)
	for _, name := range []string{"local-local", "local-ssh", "ssh-local", "ssh-ssh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ends := strings.Split(name, "-")
			hosts := [2]host.Host{host.Local(), host.Local()}
			for i, end := range ends {
				if end == "ssh" {
					hosts[i] = hosttest.NewServer(t, hosttest.Options{}).Dial()
				}
			}
			test(t, hosts[0], hosts[1])
		})
	}
}

func TestPipeIntact(t *testing.T) {
	data := make([]byte, 64<<20+12345)
	_, _ = rand.Read(data)
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x", sha256.Sum256(data))
	onAll(t, func(t *testing.T, from, to host.Host) {
		var last, calls int64
		r := pipe(t, t.Context(), from, sh("cat \"$1\"; echo sent >&2", file), to, sh("sha256sum >&2; echo noise"), host.PipeOptions{
			Progress: func(total int64) {
				if total < last {
					t.Errorf("progress went from %d to %d", last, total)
				}
				last = total
				calls++
			},
			Stall: bound,
		})
		if r.Err() != nil || r.Bytes != int64(len(data)) || last != r.Bytes || calls == 0 {
			t.Errorf("got %d bytes, %d in progress, %v", r.Bytes, last, r.Err())
		}
		if !strings.HasPrefix(r.ToStderr, want) || r.FromStderr != "sent\n" {
			t.Errorf("got %q, %q", r.ToStderr, r.FromStderr)
		}
	})
}

// The session keys change every megabyte, in the middle of everything.
func TestPipeRekeying(t *testing.T) {
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{RekeyEvery: 1 << 20}).Dial()
	const size = 64 << 20
	for range 2 {
		r := pipe(t, t.Context(), host.Local(), sh("head -c $1 /dev/zero", fmt.Sprint(size)), h, sh("wc -c >&2"), host.PipeOptions{Stall: bound})
		if r.Err() != nil || strings.TrimSpace(r.ToStderr) != fmt.Sprint(size) {
			t.Errorf("got %#v", r)
		}
		r = pipe(t, t.Context(), h, sh("head -c $1 /dev/zero", fmt.Sprint(size)), host.Local(), sh("wc -c >&2"), host.PipeOptions{Stall: bound})
		if r.Err() != nil || strings.TrimSpace(r.ToStderr) != fmt.Sprint(size) {
			t.Errorf("got %#v", r)
		}
	}
}

func TestPipeEmpty(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, []string{"true"}, to, []string{"cat"}, host.PipeOptions{})
		if r.Err() != nil || r.Bytes != 0 {
			t.Errorf("got %#v", r)
		}
	})
}

// The receiver refuses and the sender, which has no end, is ended and not blamed.
func TestPipeReceiverRefuses(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo $$ >&2; exec yes"), to, sh("echo 'cannot receive: destination exists' >&2; exit 1"), host.PipeOptions{})
		exit := asExit(t, r.Err())
		if exit.Host != to.Name() || exit.Code != 1 || r.ToStderr != "cannot receive: destination exists\n" || r.From == nil {
			t.Errorf("got %#v", r)
		}
		isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
	})
}

// The same with a sender that has nothing to say: nothing is ever written, and still it is ended.
func TestPipeReceiverRefusesSilentSender(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo $$ >&2; exec sleep 1000"), to, sh("exit 1"), host.PipeOptions{})
		if exit := asExit(t, r.Err()); exit.Host != to.Name() || !errors.Is(r.From, context.Canceled) {
			t.Errorf("got %#v", r)
		}
		isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
	})
}

// The receiver ends well but too early: that is not success.
func TestPipeReceiverEndsEarly(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, []string{"yes"}, to, sh("head -c 10 >/dev/null"), host.PipeOptions{})
		if r.Err() == nil || r.To == nil || !strings.Contains(r.To.Error(), "ended before the stream did") {
			t.Errorf("got %#v", r)
		}
	})
}

// A receiver that needs no end of file and a sender that lingers after its last byte are both content.
func TestPipeSlowGoodbye(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo hello; exec sleep 1"), to, sh("head -c 6 >/dev/null"), host.PipeOptions{})
		if r.Err() != nil {
			t.Errorf("got %#v", r)
		}
	})
}

// The sender fails, the receiver then misses the end of the stream: both say so, the sender's error explains.
func TestPipeSenderFails(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo half; echo 'cannot send: I/O error' >&2; exit 2"),
			to, sh("cat >/dev/null; echo 'incomplete stream' >&2; exit 1"), host.PipeOptions{})
		exit := asExit(t, r.Err())
		if exit.Host != from.Name() || exit.Code != 2 || r.FromStderr != "cannot send: I/O error\n" || r.ToStderr != "incomplete stream\n" {
			t.Errorf("got %#v", r)
		}
		if asExit(t, r.To).Code != 1 || r.Bytes != 5 {
			t.Errorf("got %#v", r)
		}
	})
}

func TestPipeSenderCannotStart(t *testing.T) {
	noLeaks(t)
	r := pipe(t, t.Context(), host.Local(), []string{"zfsrep-no-such-program"}, host.Local(), sh("cat; echo empty >&2; exit 1"), host.PipeOptions{})
	if exit := asExit(t, r.Err()); exit.Code != 127 || r.ToStderr != "empty\n" || asExit(t, r.To).Code != 1 {
		t.Errorf("got %#v", r)
	}
}

// A receiver that cannot be started keeps the sender from being started at all.
func TestPipeReceiverCannotStart(t *testing.T) {
	noLeaks(t)
	from := host.Counting(host.Local())
	r := pipe(t, t.Context(), from, []string{"yes"}, host.Local(), []string{"zfsrep-no-such-program"}, host.PipeOptions{})
	if exit := asExit(t, r.Err()); exit.Code != 127 || r.From != nil || from.Count() != 0 {
		t.Errorf("got %#v, %d started", r, from.Count())
	}
}

func TestPipeStall(t *testing.T) {
	waits(t)
	for name, test := range map[string]struct{ from, to, waiting string }{
		"sender":   {"echo $$ >&2; echo x; exec sleep 1000", "echo $$ >&2; exec cat", "the sender"},
		"receiver": {"echo $$ >&2; exec yes", "echo $$ >&2; exec sleep 1000", "the receiver"},
		"commit":   {"echo $$ >&2; echo x", "echo $$ >&2; cat; exec sleep 1000", "the receiver"},
	} {
		t.Run(name, func(t *testing.T) {
			onAll(t, func(t *testing.T, from, to host.Host) {
				r := pipe(t, t.Context(), from, sh(test.from), to, sh(test.to), host.PipeOptions{Stall: time.Second})
				var stalled *host.StalledError
				if !errors.As(r.Err(), &stalled) {
					t.Fatalf("got %#v", r)
				}
				if stalled.Waiting != test.waiting || stalled.From != from.Name() || stalled.To != to.Name() || stalled.After != time.Second {
					t.Errorf("got %v", stalled)
				}
				isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
				isGone(t, readPid(t, strings.NewReader(r.ToStderr)))
			})
		})
	}
}

// Slow is not stalled.
func TestPipeSlow(t *testing.T) {
	noLeaks(t)
	r := pipe(t, t.Context(), host.Local(), sh("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done"), host.Local(), sh("cat >/dev/null"),
		host.PipeOptions{Stall: time.Second})
	if r.Err() != nil || r.Bytes != 16 {
		t.Errorf("got %#v", r)
	}
}

func TestPipeCancel(t *testing.T) {
	why := errors.New("the reason")
	onAll(t, func(t *testing.T, from, to host.Host) {
		ctx, cancel := context.WithCancelCause(t.Context())
		r := pipe(t, ctx, from, sh("echo $$ >&2; exec yes"), to, sh("echo $$ >&2; exec cat >/dev/null"), host.PipeOptions{
			Progress: func(int64) { cancel(why) },
		})
		if !errors.Is(r.Err(), why) || !errors.Is(r.From, why) || !errors.Is(r.To, why) {
			t.Errorf("got %#v", r)
		}
		isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
		isGone(t, readPid(t, strings.NewReader(r.ToStderr)))
	})
}

// The limit holds: time is only bounded from below, which a slow machine cannot break.
func TestPipeBandwidth(t *testing.T) {
	waits(t)
	for name, o := range map[string]host.PipeOptions{
		"own":    {Bandwidth: 200_000},
		"shared": {Limiter: host.NewLimiter(200_000)},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			start := time.Now()
			r := pipe(t, t.Context(), host.Local(), sh("head -c 300000 /dev/zero"), host.Local(), sh("cat >/dev/null"), o)
			if took := time.Since(start); r.Err() != nil || r.Bytes != 300_000 || took < time.Second {
				t.Errorf("got %d bytes in %s, %v", r.Bytes, took, r.Err())
			}
		})
	}
}

func TestPipeBandwidthWithDeadline(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r := pipe(t, ctx, host.Local(), []string{"yes"}, host.Local(), sh("cat >/dev/null; exit 1"), host.PipeOptions{Bandwidth: 10})
	if !errors.Is(r.Err(), context.DeadlineExceeded) {
		t.Errorf("got %#v", r)
	}
}

// With a limit of its own the stall has to be longer than a step of the limit, which is a tenth of a second.
func TestPipeBandwidthIsNotAStall(t *testing.T) {
	waits(t)
	noLeaks(t)
	r := pipe(t, t.Context(), host.Local(), sh("head -c 20 /dev/zero"), host.Local(), sh("cat >/dev/null"), host.PipeOptions{Bandwidth: 10, Stall: time.Second})
	if r.Err() != nil || r.Bytes != 20 {
		t.Errorf("got %#v", r)
	}
}

func TestPipeErr(t *testing.T) {
	from, to := &host.ExitError{Host: "from", Code: 1}, &host.ExitError{Host: "to", Code: 1}
	lost := &host.ConnError{Host: "to", Kind: host.ConnLost, Err: errors.New("gone")}
	stalled := &host.StalledError{}
	for _, test := range []struct{ from, to, want error }{
		{nil, nil, nil},
		{from, nil, from},
		{nil, to, to},
		{from, to, from},
		{from, lost, lost},
		{lost, to, lost},
		{stalled, to, stalled},
		{from, stalled, stalled},
		{context.Canceled, to, context.Canceled},
		{from, context.DeadlineExceeded, context.DeadlineExceeded},
	} {
		if got := (host.PipeResult{From: test.from, To: test.to}).Err(); got != test.want {
			t.Errorf("%v and %v: got %v", test.from, test.to, got)
		}
	}
}
