package host_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

func TestRun(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := host.Run(t.Context(), h, sh(`printf out; printf err >&2`))
		if err != nil || string(out.Stdout) != "out" || out.Stderr != "err" {
			t.Errorf("got %q, %q, %v", out.Stdout, out.Stderr, err)
		}
		// Standard input is empty and not the test's: this ends.
		out, err = host.Run(t.Context(), h, []string{"cat"})
		if err != nil || len(out.Stdout) != 0 {
			t.Errorf("cat: got %q, %v", out.Stdout, err)
		}
	})
}

// Jobs meet on a machine when their hosts are equal.
func TestLocalIsOneHost(t *testing.T) {
	if a, b := host.Local(), host.Local(); a != b {
		t.Error("this machine is two")
	}
}

func TestRunReturnsOutputWithAnError(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		argv := sh(`echo tank/a; echo "cannot open 'tank/b'" >&2; exit 3`)
		out, err := host.Run(t.Context(), h, argv)
		exit := asExit(t, err)
		if exit.Code != 3 || exit.Signal != "" || exit.Host != h.Name() || !slices.Equal(exit.Argv, argv) {
			t.Errorf("got %#v", exit)
		}
		if string(out.Stdout) != "tank/a\n" || out.Stderr != "cannot open 'tank/b'\n" || exit.Stderr != out.Stderr {
			t.Errorf("got %q, %q, %q", out.Stdout, out.Stderr, exit.Stderr)
		}
	})
}

// A shell that lets nobody in says so on standard output.
func TestRunFailsWithWordsOnStdout(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		_, err := host.Run(t.Context(), h, sh(`echo 'This account is not available.'; exit 1`))
		if exit := asExit(t, err); exit.Stdout != "This account is not available.\n" || !strings.HasSuffix(err.Error(), `: exit status 1: it printed "This account is not available.\n"`) {
			t.Errorf("got %#v", exit)
		}
		_, err = host.Run(t.Context(), h, sh(`echo list; echo why >&2; exit 1`))
		if exit := asExit(t, err); exit.Stdout != "" || !strings.HasSuffix(err.Error(), ": exit status 1: why") {
			t.Errorf("got %#v", exit)
		}
	})
}

func TestRunSignal(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		// The whole group, for over ssh a shell stands between and would turn the signal into a status.
		_, err := host.Run(t.Context(), h, []string{"kill", "-KILL", "0"})
		if exit := asExit(t, err); exit.Signal != "KILL" || exit.Code != -1 {
			t.Errorf("got %#v", exit)
		}
	})
}

func TestRunMuchOutput(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := host.Run(t.Context(), h, sh(`head -c 20000000 /dev/zero; head -c 300000 /dev/zero >&2; printf end >&2`))
		if err != nil || len(out.Stdout) != 20_000_000 {
			t.Errorf("got %d bytes, %v", len(out.Stdout), err)
		}
		if len(out.Stderr) != 64<<10 || !strings.HasSuffix(out.Stderr, "end") {
			t.Errorf("got %d bytes of standard error", len(out.Stderr))
		}
	})
}

func TestRunPassesArgumentsExactly(t *testing.T) {
	words := []string{"", " ", "a b", "'", `"`, "\\", "$HOME", "`id`", "*", "\n", "é", "\xff", "-n", "#x", "tank/a@b", "a=b", "~"}
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := host.Run(t.Context(), h, append([]string{"printf", `%s\0`}, words...))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Split(strings.TrimSuffix(string(out.Stdout), "\x00"), "\x00"); !slices.Equal(got, words) {
			t.Errorf("got %q", got)
		}
	})
}

func TestRunRefusesWhatCannotRun(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		for _, argv := range [][]string{nil, {"echo", "a\x00b"}} {
			if _, err := host.Run(t.Context(), h, argv); err == nil || !strings.HasPrefix(err.Error(), "cannot run") {
				t.Errorf("%q: got %v", argv, err)
			}
		}
		_, err := host.Run(t.Context(), h, []string{"zfsrep-no-such-program", "x"})
		if exit := asExit(t, err); exit.Code != 127 || exit.Stderr == "" {
			t.Errorf("got %#v", exit)
		}
		file := filepath.Join(t.TempDir(), "plain")
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = host.Run(t.Context(), h, []string{file})
		if exit := asExit(t, err); exit.Code != 126 {
			t.Errorf("got %#v", exit)
		}
	})
}

func TestLineTooLongForSSH(t *testing.T) {
	h := hosttest.NewServer(t, hosttest.Options{}).Dial()
	_, err := host.Run(t.Context(), h, []string{"echo", strings.Repeat("x", 200_000)})
	if err == nil || !strings.Contains(err.Error(), "must have less than 131072") {
		t.Errorf("got %v", err)
	}
	out, err := host.Run(t.Context(), h, []string{"echo", strings.Repeat("x", 131_000)})
	if err != nil || len(out.Stdout) != 131_001 {
		t.Errorf("got %d bytes, %v", len(out.Stdout), err)
	}
}

func TestLocale(t *testing.T) {
	t.Setenv("LC_ALL", "de_DE.UTF-8")
	out, err := host.Run(t.Context(), host.Local(), sh(`printf %s "$LC_ALL"`))
	if err != nil || string(out.Stdout) != "C" {
		t.Errorf("got %q, %v", out.Stdout, err)
	}
}

func TestCancel(t *testing.T) {
	why := errors.New("the reason")
	onBoth(t, func(t *testing.T, h host.Host) {
		ctx, cancel := context.WithCancelCause(t.Context())
		p, pid := startSleeper(t, ctx, h)
		cancel(why)
		if err := soon(t, "Wait", p.Wait); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		isGone(t, pid)
		if _, err := h.Start(ctx, []string{"true"}); !errors.Is(err, why) {
			t.Errorf("Start with a context that is done: got %v", err)
		}
	})
}

func TestCancelRun(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		err := soon(t, "Run", func() error {
			_, err := host.Run(ctx, h, []string{"sleep", "1000"})
			return err
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// A command that ignores SIGTERM, and what it started, are gone after the grace.
func TestCancelStubborn(t *testing.T) {
	noLeaks(t)
	h := host.LocalGrace(100 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := h.Start(ctx, sh(`trap '' TERM; sleep 1000 & echo $!; while :; do sleep 1000; done`))
	if err != nil {
		t.Fatal(err)
	}
	child := readPid(t, p.Stdout())
	cancel()
	if err := soon(t, "Wait", p.Wait); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	isGone(t, child)
}

// The command is gone, but a child of its own holds its standard output open.
func TestCancelOrphan(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := soon(t, "Run", func() error {
		_, err := host.Run(ctx, host.Local(), sh(`sleep 5 & echo hi`))
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// A command sleeps in the kernel, where not even SIGKILL reaches it. Wait gives it up and says so, and whoever reads
// from it is let go.
func TestCancelUnkillable(t *testing.T) {
	noLeaks(t)
	h := host.Unkillable()
	ctx, cancel := context.WithCancel(t.Context())
	p, pid := startSleeper(t, ctx, h)
	read := make(chan error)
	go func() {
		_, err := p.Stdout().Read(make([]byte, 1))
		read <- err
	}()
	cancel()
	err := soon(t, "Wait", p.Wait)
	want := fmt.Sprintf("process %d does not react to SIGKILL, it sleeps in the kernel", pid)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if err := soon(t, "Read", func() error { return <-read }); err == nil {
		t.Error("Read worked")
	}

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	pidFile := filepath.Join(t.TempDir(), "pid")
	r := pipe(t, ctx, host.Local(), []string{"yes"}, h, sh(`echo $$ >"$1"; exec sleep 1000`, pidFile), host.PipeOptions{})
	if !errors.Is(r.Err(), context.Canceled) || !strings.Contains(r.To.Error(), "does not react to SIGKILL") {
		t.Errorf("got %#v", r)
	}
	f, err := os.Open(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, pid := range []int{pid, readPid(t, f)} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("it was not there any more: %v", err)
		}
	}
}

// The signal does not reach the command, as with sudo: the closed channel still ends it when it next writes.
func TestCancelWithoutSignal(t *testing.T) {
	waits(t)
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{IgnoreSignal: true}).Dial()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := h.Start(ctx, sh(`echo $$; exec yes`))
	if err != nil {
		t.Fatal(err)
	}
	pid := readPid(t, p.Stdout())
	cancel()
	if err := soon(t, "Wait", p.Wait); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	isGone(t, pid)
}

func TestManyAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		errs := make(chan error)
		for i := range 30 {
			go func() {
				out, err := host.Run(t.Context(), h, sh(`sleep 0.0$1; echo $1`, fmt.Sprint(i)))
				if err == nil && string(out.Stdout) != fmt.Sprintln(i) {
					err = fmt.Errorf("%d printed %q", i, out.Stdout)
				}
				errs <- err
			}()
		}
		for range 30 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestCounting(t *testing.T) {
	c := host.Counting(host.Local())
	for _, argv := range [][]string{{"true"}, {"zfsrep-no-such-program"}, {"false"}} {
		_, _ = host.Run(t.Context(), c, argv)
	}
	if c.Count() != 3 || !slices.Equal(c.Commands()[1], []string{"zfsrep-no-such-program"}) {
		t.Errorf("got %q", c.Commands())
	}
	c.Reset()
	if c.Count() != 0 || c.Name() != "this machine" {
		t.Errorf("got %d of %s", c.Count(), c.Name())
	}
}
