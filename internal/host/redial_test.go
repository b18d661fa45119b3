package host_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// lostSoon waits for the loss of a connection to be noticed.
func lostSoon(t *testing.T, h host.Host) {
	t.Helper()
	for end := time.Now().Add(bound); h.(host.Reconnecter).Lost() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the loss is not noticed")
		}
	}
}

func works(t *testing.T, h host.Host) {
	t.Helper()
	if out, err := within(t, h, []string{"echo", "hello"}, host.Limits{}); err != nil || string(out.Stdout) != "hello\n" {
		t.Errorf("got %q, %v", out.Stdout, err)
	}
}

// A lost connection is made anew, and the host is the same: whoever holds it goes on.
func TestRedial(t *testing.T) {
	for name, hurt := range map[string]func(*hosttest.Proxy){"cut": (*hosttest.Proxy).Cut, "frozen": (*hosttest.Proxy).Freeze} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			proxy, h := dialProxy(t)
			for range 2 {
				p, _ := startSleeper(t, t.Context(), h)
				hurt(proxy)
				lostSoon(t, h) // also when it is idle: nobody asks, and the keepalives notice
				proxy.Heal()
				if err := host.Redial(t.Context(), host.Counting(h), time.Millisecond); err != nil {
					t.Fatal(err)
				}
				works(t, h)
				asConn(t, soon(t, "Wait", p.Wait), host.ConnLost) // what ran over the old one does not come back
			}
		})
	}
}

// While a machine is off, it is tried after each pause and no more often.
func TestRedialTries(t *testing.T) {
	noLeaks(t)
	proxy, h := dialProxy(t)
	proxy.Refuse()
	lostSoon(t, h)
	began := time.Now()
	err := host.Redial(t.Context(), h, 100*time.Millisecond, 200*time.Millisecond)
	if asConn(t, err, host.ConnDial); time.Since(began) < 300*time.Millisecond {
		t.Errorf("it took only %s", time.Since(began))
	}
	asConn(t, host.Redial(t.Context(), h), host.ConnLost) // no pause is no try
	time.AfterFunc(300*time.Millisecond, proxy.Heal)
	if err := soon(t, "Redial", func() error {
		return host.Redial(t.Context(), h, 100*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond, time.Hour)
	}); err != nil {
		t.Fatal(err)
	}
	works(t, h)
}

func TestRedialCancel(t *testing.T) {
	noLeaks(t)
	proxy, h := dialProxy(t)
	proxy.Refuse()
	lostSoon(t, h)
	why := errors.New("the reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	if err := soon(t, "Redial", func() error { return host.Redial(ctx, h, time.Hour) }); err != why {
		t.Errorf("got %v", err)
	}
}

// What needs no new connection gets none.
func TestRedialNothingToDo(t *testing.T) {
	noLeaks(t)
	if err := host.Redial(t.Context(), host.Local(), time.Hour); err != nil {
		t.Error(err)
	}
	_, h := dialProxy(t)
	if err := host.Redial(t.Context(), h, time.Hour); err != nil {
		t.Error(err)
	}
	_ = h.Close()
	asConn(t, host.Redial(t.Context(), h, time.Millisecond), host.ConnLost) // we closed it ourselves
}

// Another machine answers in its place: that is not tried twice.
func TestRedialOtherMachine(t *testing.T) {
	noLeaks(t)
	right, wrong := hosttest.NewServer(t, hosttest.Options{}), hosttest.NewServer(t, hosttest.Options{})
	proxy := hosttest.NewProxy(t, right, 0)
	h, err := host.Dial(t.Context(), proxy.Through(right.SSH()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	proxy.Redirect(wrong)
	lostSoon(t, h)
	err = soon(t, "Redial", func() error { return host.Redial(t.Context(), h, time.Millisecond, time.Hour) })
	asConn(t, err, host.ConnHostKey)
}
