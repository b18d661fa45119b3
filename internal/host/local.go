package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	// DefaultGrace is how long a cancelled command may take to end after SIGTERM before it gets SIGKILL.
	DefaultGrace = 5 * time.Second
	// patience is how long Wait still waits after that. A zfs process may sleep in the kernel, where no
	// signal reaches it.
	patience = 5 * time.Second
)

type local struct {
	grace    time.Duration
	patience time.Duration
	kill     func(pid int, signal syscall.Signal) error
}

var thisMachine = LocalGrace(DefaultGrace)

// Local returns this machine, the same host every time.
func Local() Host { return thisMachine }

// LocalGrace is [Local] with another time between SIGTERM and SIGKILL for cancelled commands.
func LocalGrace(grace time.Duration) Host {
	return &local{grace: grace, patience: patience, kill: syscall.Kill}
}

// Name returns "this machine".
func (local) Name() string { return "this machine" }

// Close does nothing: commands on this machine end with their contexts.
func (local) Close() error { return nil }

// Start begins argv in a process group of its own. The program is looked up in PATH.
func (l local) Start(ctx context.Context, argv []string) (Process, error) {
	if err := checkArgv(l.Name(), argv); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &localProcess{
		host:       l,
		argv:       argv,
		cmd:        cmd,
		cause:      func() error { return context.Cause(ctx) },
		exited:     make(chan struct{}),
		abandoned:  make(chan struct{}),
		stderrDone: make(chan struct{}),
	}
	if err := p.start(); err != nil {
		return nil, startError(l.Name(), argv, err)
	}
	go p.reap()
	go p.keepStderr()
	p.stopWatching = context.AfterFunc(ctx, p.end)
	return p, nil
}

// start makes the three pipes and starts the command. They are ours and not exec.Cmd's, because exec.Cmd.Wait
// closes its pipes when the process exits, whether or not everything has been read.
func (p *localProcess) start() error {
	var theirs []io.Closer
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
	}()
	for _, end := range []struct {
		ours   **os.File
		attach func(*os.File)
		writes bool // we write, the command reads
	}{
		{&p.stdin, func(f *os.File) { p.cmd.Stdin = f }, true},
		{&p.stdout, func(f *os.File) { p.cmd.Stdout = f }, false},
		{&p.stderrPipe, func(f *os.File) { p.cmd.Stderr = f }, false},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			p.closePipes()
			return err
		}
		mine, their := r, w
		if end.writes {
			mine, their = w, r
		}
		*end.ours = mine
		end.attach(their)
		theirs = append(theirs, their)
	}
	widenPipe(p.stdin)
	widenPipe(p.stdout)
	if err := p.cmd.Start(); err != nil {
		p.closePipes()
		return err
	}
	return nil
}

// checkArgv refuses what no machine can run.
func checkArgv(name string, argv []string) error {
	if len(argv) == 0 {
		return fmt.Errorf("cannot run an empty command on %s", name)
	}
	for _, arg := range argv {
		if strings.IndexByte(arg, 0) >= 0 {
			return fmt.Errorf("cannot run %q on %s: an argument contains a NUL byte", shorten(Quote(argv)), name)
		}
	}
	return nil
}

// startError says with the shell's exit codes that there is no such program or that it is not executable.
func startError(name string, argv []string, err error) error {
	exit := &ExitError{Host: name, Argv: argv, Stderr: argv[0] + ": " + err.Error()}
	var notFound *exec.Error
	switch {
	case errors.As(err, &notFound) && errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		exit.Code = 127
		exit.Stderr = argv[0] + ": no such program"
		return exit
	case errors.Is(err, fs.ErrPermission):
		exit.Code = 126
		return exit
	}
	return fmt.Errorf("cannot start %q on %s: %w", shorten(Quote(argv)), name, err)
}
