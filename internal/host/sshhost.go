package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// sessionWait bounds how long a command waits for another one to end when the machine allows no more at once.
// Both ends of a Pipe may run over one connection that allows one command; then neither would ever end.
const sessionWait = 5 * time.Minute

// sshHost is a machine at the other end of one ssh connection. Each command is a channel of it.
type sshHost struct {
	ssh    SSH
	client *ssh.Client
	conn   *listener

	lost    chan struct{} // closed when the connection is gone
	lostErr error         // why; valid after lost

	mu      sync.Mutex
	reason  error // why we closed it ourselves
	running int
	ended   chan struct{} // closed and replaced whenever a command ends

	sessionWait, signalGrace, patience time.Duration // see the constants; shorter in tests
}

func newSSHHost(c SSH, client *ssh.Client, conn *listener) *sshHost {
	h := &sshHost{ssh: c, client: client, conn: conn, lost: make(chan struct{}), ended: make(chan struct{}),
		sessionWait: sessionWait, signalGrace: signalGrace, patience: patience}
	go h.awaitLoss()
	go h.keepAlive()
	return h
}

// Name returns "user@host".
func (h *sshHost) Name() string { return h.ssh.name() }

// Close closes the connection.
func (h *sshHost) Close() error {
	h.closeFor(errors.New("it was closed by us"))
	<-h.lost
	return nil
}

// closeFor closes the TCP connection, which unblocks whatever waits for it. The first reason counts.
func (h *sshHost) closeFor(reason error) {
	h.mu.Lock()
	if h.reason == nil {
		h.reason = reason
	}
	h.mu.Unlock()
	_ = h.conn.Close()
}

func (h *sshHost) awaitLoss() {
	err := h.client.Wait()
	h.mu.Lock()
	if h.reason != nil {
		err = h.reason
	}
	h.mu.Unlock()
	switch {
	case err == nil, errors.Is(err, io.EOF):
		err = errors.New("the machine closed it")
	default:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the addresses, which the name stands for
		}
	}
	h.lostErr = h.ssh.connError(ConnLost, "check the network, and whether the machine was restarted", err)
	close(h.lost)
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
	started := make(chan result, 1)
	go func() { // x/crypto does not know contexts
		p, err := h.open(ctx, argv, line)
		started <- result{p, err}
	}()
	select {
	case r := <-started:
		if r.err != nil {
			return nil, r.err
		}
		r.p.watch(ctx)
		return r.p, nil
	case <-ctx.Done():
		go func() {
			if r := <-started; r.err == nil {
				r.p.watch(ctx) // which ends it at once
			}
		}()
		return nil, context.Cause(ctx)
	}
}

// maxLine is the longest single argument Linux lets sshd hand to the shell.
const maxLine = 128 << 10

func (h *sshHost) open(ctx context.Context, argv []string, line string) (*sshProcess, error) {
	ch, reqs, err := h.openSession(ctx)
	if err != nil {
		return nil, err
	}
	p := newSSHProcess(h, argv, ch, reqs)
	env := ssh.Marshal(struct{ Name, Value string }{"LC_ALL", "C"})
	_, _ = ch.SendRequest("env", false, env) // sshd may well ignore it
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Line string }{line}))
	if err == nil && ok {
		return p, nil
	}
	_ = ch.Close()
	if lost := h.lossSoon(err != nil); lost != nil {
		return nil, lost
	}
	return nil, h.ssh.connError(ConnRefused, "check the account's shell and the options of its key there",
		errors.New("sshd does not execute commands for this login"))
}

// openSession opens a channel. sshd allows MaxSessions of them at once, 10 by default; when ours are in use, one of
// them has to end first.
func (h *sshHost) openSession(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	giveUp := time.NewTimer(h.sessionWait)
	defer giveUp.Stop()
	idle := 0 // tries during which none of ours ran
	for try := 0; ; try++ {
		ended, before := h.sessions()
		ch, reqs, err := h.client.OpenChannel("session", nil)
		if err == nil {
			h.count(+1)
			return ch, reqs, nil
		}
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) {
			if lost := h.lossSoon(true); lost != nil {
				return nil, nil, lost
			}
			return nil, nil, h.ssh.connError(ConnLost, "", err)
		}
		if _, after := h.sessions(); before+after > 0 {
			idle = 0
		} else if idle++; idle > 7 { // a few times, for sshd frees a session shortly after we see its end
			return nil, nil, h.ssh.connError(ConnRefused, "check MaxSessions of sshd there",
				fmt.Errorf("sshd refuses to open a session: %s", refused.Message))
		}
		select {
		case <-ended:
			try = 0
		case <-time.After(5 * time.Millisecond << min(try, 7)):
		case <-giveUp.C:
			return nil, nil, h.ssh.connError(ConnRefused, "raise MaxSessions of sshd there, or lower limits.parallel",
				fmt.Errorf("sshd allows no more than %d commands at once, and none of ours ended for %s", before, h.sessionWait))
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
}

// sessions returns how many commands run, and what is closed when one of them ends.
func (h *sshHost) sessions() (ended <-chan struct{}, running int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended, h.running
}

// count adds to the number of running commands, and tells those who wait when one has ended.
func (h *sshHost) count(change int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running += change
	if change < 0 {
		close(h.ended)
		h.ended = make(chan struct{})
	}
}

// lossSoon returns why the connection is gone, or nil. A channel ends a moment before that is known, so when one
// ended without reason it waits for that moment.
func (h *sshHost) lossSoon(suspect bool) error {
	if suspect {
		select {
		case <-h.lost:
		case <-time.After(time.Second):
		}
	}
	select {
	case <-h.lost:
		return h.lostErr
	default:
		return nil
	}
}
