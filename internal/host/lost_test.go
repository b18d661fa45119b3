package host_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// dialProxy connects through a proxy that can cut or freeze the connection.
func dialProxy(t *testing.T) (*hosttest.Proxy, host.Host) {
	t.Helper()
	s := hosttest.NewServer(t, hosttest.Options{})
	p := hosttest.NewProxy(t, s, 0)
	c := p.Through(s.SSH())
	c.KeepAlive = 300 * time.Millisecond
	h, err := host.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return p, h
}

// The connection breaks, or the cable is pulled, in the middle of a Pipe. Both ends end, and the error says why.
func TestPipeLost(t *testing.T) {
	waits(t)
	for name, test := range map[string]struct {
		hurt func(*hosttest.Proxy)
		want string
	}{
		"cut":    {(*hosttest.Proxy).Cut, "connection"},
		"frozen": {(*hosttest.Proxy).Freeze, "the machine has not answered for 600ms"},
	} {
		for _, remote := range []string{"receiver", "sender", "both"} {
			t.Run(name+" "+remote, func(t *testing.T) {
				noLeaks(t)
				proxy, h := dialProxy(t)
				from, to := host.Local(), host.Local()
				if remote != "sender" {
					to = h
				}
				if remote != "receiver" {
					from = h
				}
				hurt := false
				r := pipe(t, t.Context(), from, sh("echo $$ >&2; exec yes"), to, sh("echo $$ >&2; exec cat >/dev/null"), host.PipeOptions{
					Progress: func(total int64) {
						if total > 0 && !hurt {
							hurt = true
							test.hurt(proxy)
						}
					},
				})
				conn := asConn(t, r.Err(), host.ConnLost)
				if !strings.HasPrefix(conn.Error(), "lost the connection to "+h.Name()+": ") || !strings.Contains(conn.Error(), test.want) && name == "frozen" {
					t.Errorf("got %v", conn)
				}
				if remote != "receiver" && r.From == nil || remote != "sender" && r.To == nil {
					t.Errorf("got %#v", r)
				}
				switch remote {
				case "receiver":
					isGone(t, readPid(t, strings.NewReader(r.FromStderr)))
				case "sender":
					isGone(t, readPid(t, strings.NewReader(r.ToStderr)))
				}
			})
		}
	}
}

// Everything that runs over a lost connection ends, and nothing more can be started.
func TestLost(t *testing.T) {
	for name, hurt := range map[string]func(*hosttest.Proxy){"cut": (*hosttest.Proxy).Cut, "frozen": (*hosttest.Proxy).Freeze} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			proxy, h := dialProxy(t)
			errs := make(chan error)
			for range 3 {
				p, _ := startSleeper(t, t.Context(), h)
				go func() { errs <- p.Wait() }()
			}
			hurt(proxy)
			for range 3 {
				asConn(t, soon(t, "Wait", func() error { return <-errs }), host.ConnLost)
			}
			asConn(t, soon(t, "Start", func() error { _, err := h.Start(t.Context(), []string{"true"}); return err }), host.ConnLost)
		})
	}
}

func TestStartWhileFrozen(t *testing.T) {
	noLeaks(t)
	proxy, h := dialProxy(t)
	proxy.Freeze()
	asConn(t, soon(t, "Start", func() error { _, err := h.Start(t.Context(), []string{"true"}); return err }), host.ConnLost)
}

// Cancelling does not wait for the keepalive to notice.
func TestCancelWhileFrozen(t *testing.T) {
	noLeaks(t)
	s := hosttest.NewServer(t, hosttest.Options{})
	proxy := hosttest.NewProxy(t, s, 0)
	h, err := host.Dial(t.Context(), proxy.Through(s.SSH()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	host.SetPatience(h, 200*time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	r := pipe(t, ctx, host.Local(), []string{"yes"}, h, sh("cat >/dev/null"), host.PipeOptions{Progress: func(total int64) {
		if total > 0 && ctx.Err() == nil {
			proxy.Freeze()
			time.AfterFunc(200*time.Millisecond, cancel)
		}
	}})
	if !errors.Is(r.Err(), context.Canceled) || !strings.Contains(r.To.Error(), "it may still run there") {
		t.Errorf("got %#v", r)
	}
}

// An idle connection stays: the keepalives are answered.
func TestIdle(t *testing.T) {
	waits(t)
	noLeaks(t)
	_, h := dialProxy(t)
	time.Sleep(1500 * time.Millisecond)
	if _, err := host.Run(t.Context(), h, []string{"true"}); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsCommands(t *testing.T) {
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{}).Dial()
	p, _ := startSleeper(t, t.Context(), h)
	_ = h.Close()
	asConn(t, soon(t, "Wait", p.Wait), host.ConnLost)
	if err := h.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}
