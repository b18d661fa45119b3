package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// bound is the most any test waits for something to end. Nothing asserts how fast it is within that.
const bound = 60 * time.Second

// waits marks a test that spends seconds waiting, which a package's build does not: it runs `go test -short`.
func waits(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("it waits for seconds")
	}
}

// sh is the argv of a shell script.
func sh(script string, args ...string) []string {
	return append([]string{"sh", "-c", script, "sh"}, args...)
}

// onBoth runs a test on this machine and over ssh.
func onBoth(t *testing.T, test func(t *testing.T, h host.Host)) {
	t.Helper()
	noLeaks(t)
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		test(t, host.Local())
	})
	t.Run("ssh", func(t *testing.T) {
		t.Parallel()
		test(t, hosttest.NewServer(t, hosttest.Options{}).Dial())
	})
}

// noLeaks fails the test when goroutines are left at its end, after all other cleanups. Subtests may be parallel, but
// not the test itself.
func noLeaks(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
	})
}

// soon returns what f returns, or fails when that takes longer than bound.
func soon[T any](t *testing.T, what string, f func() T) T {
	t.Helper()
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case v := <-done:
		return v
	case <-time.After(bound):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%s did not end within %s:\n%s", what, bound, stacks[:runtime.Stack(stacks, true)])
		panic("unreachable")
	}
}

// startSleeper starts a command that does not end by itself, and returns its process id.
func startSleeper(t *testing.T, ctx context.Context, h host.Host) (host.Process, int) {
	t.Helper()
	p, err := h.Start(ctx, sh("echo $$; exec sleep 1000"))
	if err != nil {
		t.Fatal(err)
	}
	return p, readPid(t, p.Stdout())
}

func readPid(t *testing.T, r io.Reader) int {
	t.Helper()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// isGone waits for a process to have ended. Whether its parent has noticed does not matter.
func isGone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(bound); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
		if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
}

func asExit(t *testing.T, err error) *host.ExitError {
	t.Helper()
	var exit *host.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("got %T %v, want an *ExitError", err, err)
	}
	return exit
}

func asConn(t *testing.T, err error, kind host.ConnKind) *host.ConnError {
	t.Helper()
	var conn *host.ConnError
	if !errors.As(err, &conn) {
		t.Fatalf("got %T %v, want a *ConnError", err, err)
	}
	if conn.Kind != kind {
		t.Fatalf("got kind %s (%v), want %s", conn.Kind, err, kind)
	}
	return conn
}
