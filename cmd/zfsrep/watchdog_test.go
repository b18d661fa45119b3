package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// systemd is told that something moves when it does, and for how long nothing more need move: longer than our own limits.
func TestWatchdogIsFed(t *testing.T) {
	down := func(context.Context, plan.Connection) (host.Host, host.Host, error) {
		return nil, nil, errors.New("down")
	}
	for _, c := range []struct {
		config  string
		connect connector
		want    string
	}{
		{oneJob, nil, "EXTEND_TIMEOUT_USEC=3900000000"},
		{strings.Replace(oneJob, `"remotePool"`, `"timeouts": {"stall": "20m"}, "remotePool"`, 1), nil, "EXTEND_TIMEOUT_USEC=9000000000"},
		{oneJob, down, ""},
	} {
		b := newBench(t, c.config)
		if c.connect != nil {
			b.connect = c.connect
		}
		manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		defer manager.Close()
		b.watchdog = host.NewWatchdog(manager.LocalAddr().String())
		b.run(t.Context(), "run")
		heard := make([]byte, 100)
		_ = manager.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // it has been sent by now, or never will be
		n, _ := manager.Read(heard)
		if string(heard[:n]) != c.want {
			t.Errorf("heard %q, want %q; the run said\n%s", heard[:n], c.want, b.err.Bytes())
		}
	}
}

// What begins or is not tried is no movement: a run may do that and be stuck.
func TestMoves(t *testing.T) {
	for _, e := range []exec.Event{exec.Progress{}, exec.Finished{}, exec.Failed{}} {
		if !moves(e) {
			t.Errorf("%T is no movement", e)
		}
	}
	for _, e := range []exec.Event{exec.Started{}, exec.Skipped{}} {
		if moves(e) {
			t.Errorf("%T is movement", e)
		}
	}
}
