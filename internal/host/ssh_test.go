package host_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// dialError dials and fails the test when that works.
func dialError(t *testing.T, c host.SSH) error {
	t.Helper()
	return soon(t, "Dial", func() error {
		h, err := host.Dial(t.Context(), c)
		if err == nil {
			_ = h.Close()
			t.Error("Dial worked")
		}
		return err
	})
}

// listen returns the port of a listener that gives each connection to serve.
func listen(t *testing.T, serve func(net.Conn)) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			serve(conn)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func TestDialRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	_, identity := hosttest.NewIdentity(t)
	err = dialError(t, host.SSH{Host: "127.0.0.1", Port: port, User: "box", IdentityFile: identity})
	p := strconv.Itoa(port)
	if want := "cannot reach box@127.0.0.1:" + p + ": port " + p + " refuses connections"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	asConn(t, err, host.ConnDial)
	if got, want := host.Hint(err), "check that sshd runs there and that remotePort is its port"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDialNoSuchName(t *testing.T) {
	_, identity := hosttest.NewIdentity(t)
	err := dialError(t, host.SSH{Host: "no-such-host.invalid", IdentityFile: identity, ConnectTimeout: bound / 2})
	asConn(t, err, host.ConnDial)
	if !strings.HasPrefix(err.Error(), "cannot reach root@no-such-host.invalid: ") {
		t.Errorf("got %v", err)
	}
}

// The machine accepts the connection and never says a word.
func TestDialSilence(t *testing.T) {
	noLeaks(t)
	port := listen(t, func(net.Conn) {})
	_, identity := hosttest.NewIdentity(t)
	err := dialError(t, host.SSH{Host: "127.0.0.1", Port: port, IdentityFile: identity, ConnectTimeout: 300 * time.Millisecond})
	asConn(t, err, host.ConnDial)
	if !strings.Contains(err.Error(), "accepts the connection but does not answer with ssh within 300ms") {
		t.Errorf("got %v", err)
	}
}

func TestDialCancel(t *testing.T) {
	noLeaks(t)
	port := listen(t, func(net.Conn) {})
	_, identity := hosttest.NewIdentity(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the reason")
	time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
	err := soon(t, "Dial", func() error {
		_, err := host.Dial(ctx, host.SSH{Host: "127.0.0.1", Port: port, IdentityFile: identity})
		return err
	})
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
}

// Something else than sshd listens there.
func TestDialNotSSH(t *testing.T) {
	_, identity := hosttest.NewIdentity(t)
	for name, serve := range map[string]func(net.Conn){
		"closes": func(c net.Conn) { _ = c.Close() },
		"http": func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := dialError(t, host.SSH{Host: "127.0.0.1", Port: listen(t, serve), IdentityFile: identity, ConnectTimeout: bound / 2})
			asConn(t, err, host.ConnDial)
			if !strings.Contains(err.Error(), "ends the connection before ssh is set up") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestDialIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	_ = l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, identity := hosttest.NewIdentity(t)
	for _, name := range []string{"::1", "[::1]"} {
		err := dialError(t, host.SSH{Host: name, Port: port, User: "box", IdentityFile: identity})
		if want := "cannot reach box@[::1]:" + strconv.Itoa(port) + ": port"; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v", err)
		}
	}
}

func TestServerRefusesCommands(t *testing.T) {
	h := hosttest.NewServer(t, hosttest.Options{NoExec: true}).Dial()
	_, err := host.Run(t.Context(), h, []string{"true"})
	asConn(t, err, host.ConnRefused)
}

func TestNoExitStatus(t *testing.T) {
	h := hosttest.NewServer(t, hosttest.Options{NoStatus: true}).Dial()
	out, err := host.Run(t.Context(), h, []string{"echo", "hi"})
	asConn(t, err, host.ConnLost)
	if string(out.Stdout) != "hi\n" || !strings.Contains(err.Error(), "without saying how it ended") {
		t.Errorf("got %q, %v", out.Stdout, err)
	}
}

func TestRemoteLineIsWhatPeopleWouldType(t *testing.T) {
	s := hosttest.NewServer(t, hosttest.Options{})
	_, _ = host.Run(t.Context(), s.Dial(), []string{"sudo", "-n", "zfs", "destroy", "tank/a#b c"})
	if got := s.Lines(); len(got) != 1 || got[0] != "sudo -n zfs destroy 'tank/a#b c'" {
		t.Errorf("got %q", got)
	}
}

// More commands than sshd allows at once wait for each other.
func TestMaxSessions(t *testing.T) {
	for _, most := range []int{1, 3} {
		t.Run(strconv.Itoa(most), func(t *testing.T) {
			noLeaks(t)
			s := hosttest.NewServer(t, hosttest.Options{MaxSessions: most})
			h := s.Dial()
			errs := make(chan error)
			for range 8 {
				go func() {
					_, err := host.Run(t.Context(), h, []string{"sleep", "0.05"})
					errs <- err
				}()
			}
			for range 8 {
				if err := soon(t, "Run", func() error { return <-errs }); err != nil {
					t.Error(err)
				}
			}
			if s.PeakSessions() != most {
				t.Errorf("%d sessions at once", s.PeakSessions())
			}
		})
	}
}

// Both ends of a pipe over a connection that allows one command would wait for each other for ever.
func TestMaxSessionsDeadlock(t *testing.T) {
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{MaxSessions: 1}).Dial()
	host.SetSessionWait(h, 300*time.Millisecond)
	r := soon(t, "Pipe", func() host.PipeResult {
		return host.Pipe(t.Context(), h, []string{"echo", "hi"}, h, sh("cat >/dev/null; exit 1"), host.PipeOptions{})
	})
	asConn(t, r.From, host.ConnRefused)
	asConn(t, r.Err(), host.ConnRefused)
	asExit(t, r.To)
}

// sshd allows no session at all.
func TestNoSessions(t *testing.T) {
	h := hosttest.NewServer(t, hosttest.Options{MaxSessions: -1}).Dial()
	_, err := h.Start(t.Context(), []string{"true"})
	asConn(t, err, host.ConnRefused)
}

func TestWaitingForASessionCanBeCancelled(t *testing.T) {
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{MaxSessions: 1}).Dial()
	busy, cancelBusy := context.WithCancel(t.Context())
	p, _ := startSleeper(t, busy, h)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := h.Start(ctx, []string{"true"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	cancelBusy()
	_ = soon(t, "Wait", p.Wait)
}
