package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// sessionWait bounds how long a command waits for another one to end when the machine allows no more at once.
// Both ends of a Pipe may run over one connection that allows one command; then neither would ever end.
const sessionWait = 5 * time.Minute

// sshHost is a machine that is reached over one ssh connection at a time.
type sshHost struct {
	ssh SSH

	mu     sync.Mutex
	link   *sshLink
	closed bool // by us, for good

	sessionWait, signalGrace, patience time.Duration // see the constants; shorter in tests
}

func newSSHHost(c SSH, client *ssh.Client, conn *listener) *sshHost {
	h := &sshHost{ssh: c, sessionWait: sessionWait, signalGrace: signalGrace, patience: patience}
	h.link = newSSHLink(h, client, conn)
	return h
}

// Name returns "user@host".
func (h *sshHost) Name() string { return h.ssh.name() }

// Close closes the connection.
func (h *sshHost) Close() error {
	h.mu.Lock()
	l := h.link
	h.closed = true
	h.mu.Unlock()
	l.closeFor(errors.New("it was closed by us"))
	<-l.lost
	return nil
}

// current is the connection that new commands use.
func (h *sshHost) current() *sshLink {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.link
}

// Start opens a channel and has the machine's sshd execute argv, quoted for the shell it uses for that. A missing
// program thus shows as exit status 127 from Wait.
func (h *sshHost) Start(ctx context.Context, argv []string) (Process, error) {
	if err := checkArgv(h.Name(), argv); err != nil {
		return nil, err
	}
	line := Quote(argv)
	if len(line) >= maxLine {
		return nil, fmt.Errorf("cannot run %q on %s: the command line has %d bytes, over ssh it must have less than %d",
			shorten(line), h.Name(), len(line), maxLine)
	}
	type result struct {
		p   *sshProcess
		err error
	}
	limit := h.sessionWait + h.ssh.ConnectTimeout
	within, done := context.WithTimeoutCause(ctx, limit, h.ssh.connError(ConnRefused, "check the load and the logs of sshd there",
		fmt.Errorf("sshd did not begin a command within %s", limit)))
	started := make(chan result, 1)
	go func() { // x/crypto does not know contexts
		p, err := h.current().open(within, argv, line)
		started <- result{p, err}
	}()
	select {
	case r := <-started:
		done()
		if r.err != nil {
			return nil, r.err
		}
		r.p.watch(ctx)
		return r.p, nil
	case <-within.Done():
		go func() {
			defer done()
			if r := <-started; r.err == nil {
				r.p.watch(within) // which ends it at once
			}
		}()
		return nil, context.Cause(within)
	}
}

// maxLine is the longest single argument Linux lets sshd hand to the shell.
const maxLine = 128 << 10
