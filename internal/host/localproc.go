package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// localProcess is a command on this machine. Three goroutines work for it: reap waits for its end, keepStderr
// reads its standard error, and end is started by the context. Wait only watches them, so that a process that
// cannot be ended is given up and not waited for.
type localProcess struct {
	host  local
	argv  []string
	cmd   *exec.Cmd
	cause func() error

	stdin, stdout, stderrPipe *os.File

	stderr       tail
	stdinTaken   atomic.Bool
	stopWatching func() bool

	ended      atomic.Bool   // end has sent signals
	exited     chan struct{} // closed by reap
	exitErr    error         // valid after exited
	abandoned  chan struct{} // closed by end: no signal helps
	stderrDone chan struct{} // closed by keepStderr
}

func (p *localProcess) Stdin() io.WriteCloser {
	p.stdinTaken.Store(true)
	return p.stdin
}

func (p *localProcess) Stdout() io.Reader { return p.stdout }

func (p *localProcess) Stderr() string { return p.stderr.String() }

func (p *localProcess) reap() {
	p.exitErr = p.cmd.Wait()
	close(p.exited)
}

func (p *localProcess) keepStderr() {
	_, _ = io.Copy(&p.stderr, p.stderrPipe)
	close(p.stderrDone)
}

// end ends the command's process group. Once the command itself is gone no signal is sent any more, for its
// number may be another's; then only the readers of a pipe that a grandchild holds open are let go.
func (p *localProcess) end() {
	defer p.stdout.Close()
	defer p.stdin.Close()
	select {
	case <-p.exited:
		return
	default:
	}
	p.ended.Store(true)
	group := -p.cmd.Process.Pid
	_ = p.host.kill(group, syscall.SIGTERM)
	p.exitedWithin(p.host.grace)
	_ = p.host.kill(group, syscall.SIGKILL) // also what the command left behind in its group
	if !p.exitedWithin(p.host.patience) {
		close(p.abandoned)
	}
}

func (p *localProcess) exitedWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return false
	}
}

// Wait waits for the exit, and then for the end of standard error, which a grandchild may hold open: that only
// shortly.
func (p *localProcess) Wait() error {
	if !p.stdinTaken.Load() {
		_ = p.stdin.Close()
	}
	select {
	case <-p.exited:
	case <-p.abandoned:
		_ = p.stderrPipe.Close()
		return fmt.Errorf("cannot end %q on %s: process %d does not react to SIGKILL, it sleeps in the kernel: %w",
			shorten(Quote(p.argv)), p.host.Name(), p.cmd.Process.Pid, p.cause())
	}
	p.stopWatching()
	select {
	case <-p.stderrDone:
	case <-time.After(time.Second):
	}
	p.closePipes()
	if p.ended.Load() {
		return p.cause()
	}
	return p.result()
}

func (p *localProcess) closePipes() {
	for _, f := range []*os.File{p.stdin, p.stdout, p.stderrPipe} {
		if f != nil {
			_ = f.Close()
		}
	}
}

func (p *localProcess) result() error {
	var exit *exec.ExitError
	if !errors.As(p.exitErr, &exit) {
		return p.exitErr // nil, or wait itself failed
	}
	e := &ExitError{Host: p.host.Name(), Argv: p.argv, Code: exit.ExitCode(), Stderr: p.Stderr()}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Signal = strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")
	}
	return e
}
