package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
)

// prefixGate lets streams with a certain beginning pass, and remembers what it saw.
type prefixGate struct {
	want  string
	seen  int
	calls int
}

func (g *prefixGate) Admit(b []byte) (bool, error) {
	g.calls++
	g.seen = len(b)
	if len(b) < len(g.want) {
		return false, nil
	}
	if !bytes.HasPrefix(b, []byte(g.want)) {
		return true, fmt.Errorf("it begins with %q", b[:len(g.want)])
	}
	return true, nil
}

func asRefused(t *testing.T, err error) *host.RefusedError {
	t.Helper()
	var refused *host.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %T %v, want a *RefusedError", err, err)
	}
	return refused
}

// What the gate has seen passes, in one piece or in many, and everything after it.
func TestGatePasses(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		gate := &prefixGate{want: "abcdef"}
		var progress int64
		r := pipe(t, t.Context(), from, sh("for c in a b c d e f; do printf $c; sleep 0.1; done; head -c 3000000 /dev/zero"),
			to, sh("{ head -c 6; wc -c; } >&2"), host.PipeOptions{Gate: gate, Stall: bound, Progress: func(n int64) { progress = n }})
		if r.Err() != nil || r.Bytes != 3000006 || progress != r.Bytes || r.ToStderr != "abcdef3000000\n" || gate.calls < 2 {
			t.Errorf("got %#v, %d calls", r, gate.calls)
		}
	})
}

// Nothing of a stream that is refused reaches the receiver, both ends are ended, and nothing counts as moved.
func TestGateRefuses(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, sh("echo $$ >&2; exec yes"), to, sh("wc -c >&2; exit 1"), host.PipeOptions{Gate: &prefixGate{want: "abc"}})
		refused := asRefused(t, r.Err())
		want := fmt.Sprintf("cannot let the stream from %s into %s: it begins with \"y\\ny\"", from.Name(), to.Name())
		if refused.Error() != want || strings.TrimSpace(r.ToStderr) != "0" || r.Bytes != 0 {
			t.Errorf("got %v, %#v", refused, r)
		}
		isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
	})
}

// A receiver that does not react to the end of its input is ended as well.
func TestGateRefusesStubborn(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		r := pipe(t, t.Context(), from, []string{"yes"}, to, sh("echo $$ >&2; exec sleep 1000"), host.PipeOptions{Gate: &prefixGate{want: "abc"}})
		asRefused(t, r.Err())
		isGone(t, readPid(t, strings.NewReader(r.ToStderr)))
	})
}

// A stream that ends before the gate has seen enough is refused, and what came instead is quoted.
func TestGateShortStream(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		for script, want := range map[string]string{
			"true":                "it ends after 0 bytes, before it says what it carries",
			"echo 'no entry'":     `it ends after 9 bytes, before it says what it carries: "no entry\n"`,
			"echo sorry; exit 1":  `it ends after 6 bytes, before it says what it carries: "sorry\n"`,
			"printf '\\033[31mx'": `it ends after 6 bytes, before it says what it carries: "\x1b[31mx"`,
		} {
			r := pipe(t, t.Context(), from, sh(script), to, sh("wc -c >&2; exit 1"), host.PipeOptions{Gate: &prefixGate{want: strings.Repeat("x", 20)}})
			if refused := asRefused(t, r.Err()); refused.Err.Error() != want || strings.TrimSpace(r.ToStderr) != "0" {
				t.Errorf("%s: got %v, %q", script, refused, r.ToStderr)
			}
		}
	})
}

// A sender that fails and says why, a receiver that fails before anything came, and a cancellation explain more than
// the gate does.
func TestGateIsNotToBlame(t *testing.T) {
	onAll(t, func(t *testing.T, from, to host.Host) {
		gate := func() host.PipeOptions { return host.PipeOptions{Gate: &prefixGate{want: "abc"}} }
		r := pipe(t, t.Context(), from, sh("echo 'cannot open tank/a' >&2; exit 1"), to, sh("cat; exit 1"), gate())
		if exit := asExit(t, r.Err()); exit.Host != from.Name() || exit.Stderr != "cannot open tank/a\n" {
			t.Errorf("got %#v", r)
		}
		r = pipe(t, t.Context(), from, sh("exec sleep 1000"), to, sh("echo denied >&2; exit 1"), gate())
		if exit := asExit(t, r.Err()); exit.Host != to.Name() || exit.Stderr != "denied\n" {
			t.Errorf("got %#v", r)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		r = pipe(t, ctx, from, sh("exec sleep 1000"), to, sh("cat; exit 1"), gate())
		if !errors.Is(r.Err(), context.DeadlineExceeded) {
			t.Errorf("got %#v", r)
		}
	})
}

// A gate that never has enough does not take all memory.
func TestGateIsBounded(t *testing.T) {
	noLeaks(t)
	gate := &prefixGate{want: strings.Repeat("x", 10<<20)}
	r := pipe(t, t.Context(), host.Local(), sh("exec cat /dev/zero"), host.Local(), sh("wc -c >&2"), host.PipeOptions{Gate: gate})
	if refused := asRefused(t, r.Err()); refused.Err.Error() != "it does not say what it is within 8388608 bytes" || gate.seen != 8<<20 {
		t.Errorf("got %v after %d bytes", refused, gate.seen)
	}
}

// What the gate holds back counts as moving, and a sender that says nothing is a stall.
func TestGateStall(t *testing.T) {
	noLeaks(t)
	slow := sh("for c in a b c d e f g h; do printf $c; sleep 0.2; done")
	r := pipe(t, t.Context(), host.Local(), slow, host.Local(), sh("cat >&2"), host.PipeOptions{Gate: &prefixGate{want: "abcdefgh"}, Stall: time.Second})
	if r.Err() != nil || r.ToStderr != "abcdefgh" {
		t.Errorf("got %#v", r)
	}
	r = pipe(t, t.Context(), host.Local(), sh("printf a; exec sleep 1000"), host.Local(), sh("cat >&2"), host.PipeOptions{Gate: &prefixGate{want: "abcdefgh"}, Stall: time.Second})
	var stalled *host.StalledError
	if !errors.As(r.Err(), &stalled) || stalled.Waiting != "the sender" || stalled.Bytes != 0 {
		t.Errorf("got %#v", r)
	}
}

// The limit holds for what was held back, too.
func TestGateBandwidth(t *testing.T) {
	noLeaks(t)
	start := time.Now()
	r := pipe(t, t.Context(), host.Local(), sh("head -c 300000 /dev/zero"), host.Local(), sh("cat >/dev/null"),
		host.PipeOptions{Gate: &prefixGate{want: strings.Repeat("\x00", 300000)}, Bandwidth: 200_000})
	if took := time.Since(start); r.Err() != nil || r.Bytes != 300_000 || took < time.Second {
		t.Errorf("got %d bytes in %s, %v", r.Bytes, took, r.Err())
	}
}
