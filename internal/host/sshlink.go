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

// sshLink is one connection to a machine. Each command is a channel of it.
type sshLink struct {
	host   *sshHost
	client *ssh.Client
	conn   *listener

	lost    chan struct{} // closed when the connection is gone
	lostErr error         // why; valid after lost

	mu      sync.Mutex
	reason  error // why we closed it ourselves
	running int
	ended   chan struct{} // closed and replaced whenever a command ends
	giveWay func()        // ends a command that does not end by itself; nil: there is none
}

func newSSHLink(h *sshHost, client *ssh.Client, conn *listener) *sshLink {
	l := &sshLink{host: h, client: client, conn: conn, lost: make(chan struct{}), ended: make(chan struct{})}
	go l.awaitLoss()
	go l.keepAlive()
	return l
}

// closeFor closes the TCP connection, which unblocks whatever waits for it. The first reason counts.
func (l *sshLink) closeFor(reason error) {
	l.mu.Lock()
	if l.reason == nil {
		l.reason = reason
	}
	l.mu.Unlock()
	_ = l.conn.Close()
}

func (l *sshLink) awaitLoss() {
	err := l.client.Wait()
	l.mu.Lock()
	if l.reason != nil {
		err = l.reason
	}
	l.mu.Unlock()
	switch {
	case err == nil, errors.Is(err, io.EOF):
		err = errors.New("the machine closed it")
	default:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // without the addresses, which the name stands for
		}
	}
	l.lostErr = l.host.ssh.connError(ConnLost, "check the network, and whether the machine was restarted", err)
	close(l.lost)
}

func (l *sshLink) open(ctx context.Context, argv []string, line string) (*sshProcess, error) {
	ch, reqs, err := l.openSession(ctx)
	if err != nil {
		return nil, err
	}
	p := newSSHProcess(l, argv, ch, reqs)
	env := ssh.Marshal(struct{ Name, Value string }{"LC_ALL", "C"})
	_, _ = ch.SendRequest("env", false, env) // sshd may well ignore it
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Line string }{line}))
	if err == nil && ok {
		return p, nil
	}
	_ = ch.Close()
	if lost := l.lossSoon(err != nil); lost != nil {
		return nil, lost
	}
	return nil, l.host.ssh.connError(ConnRefused, "check the account's shell and the options of its key there",
		errors.New("sshd does not execute commands for this login"))
}

// openSession opens a channel. sshd allows MaxSessions of them at once, 10 by default; when ours are in use, one of
// them has to end first.
func (l *sshLink) openSession(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	giveUp := time.NewTimer(l.host.sessionWait)
	defer giveUp.Stop()
	idle := 0 // tries during which none of ours ran
	for try := 0; ; try++ {
		ended, before := l.sessions()
		ch, reqs, err := l.client.OpenChannel("session", nil)
		if err == nil {
			l.count(+1)
			return ch, reqs, nil
		}
		var refused *ssh.OpenChannelError
		if !errors.As(err, &refused) {
			if lost := l.lossSoon(true); lost != nil {
				return nil, nil, lost
			}
			return nil, nil, l.host.ssh.connError(ConnLost, "", err)
		}
		if _, after := l.sessions(); before+after > 0 {
			idle = 0
		} else if idle++; idle > 7 { // a few times, for sshd frees a session shortly after we see its end
			return nil, nil, l.host.ssh.connError(ConnRefused, "check MaxSessions of sshd there",
				fmt.Errorf("sshd refuses to open a session: %s", refused.Message))
		}
		if before == 1 && l.makeRoom() {
			continue
		}
		select {
		case <-ended:
			try = 0
		case <-time.After(5 * time.Millisecond << min(try, 7)):
		case <-giveUp.C:
			return nil, nil, l.host.ssh.connError(ConnRefused, "raise MaxSessions of sshd there, or lower limits.parallel",
				fmt.Errorf("sshd allows no more than %d commands at once, and none of ours ended for %s", before, l.host.sessionWait))
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
}

// whenCrowded says how to end a command that runs until the connection ends: it has to go when the machine allows no
// other beside it, which would wait for ever.
func (l *sshLink) whenCrowded(giveWay func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.giveWay = giveWay
}

func (l *sshLink) makeRoom() bool {
	l.mu.Lock()
	giveWay := l.giveWay
	l.giveWay = nil
	l.mu.Unlock()
	if giveWay != nil {
		giveWay()
	}
	return giveWay != nil
}

// sessions returns how many commands run, and what is closed when one of them ends.
func (l *sshLink) sessions() (ended <-chan struct{}, running int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended, l.running
}

// count adds to the number of running commands, and tells those who wait when one has ended.
func (l *sshLink) count(change int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running += change
	if change < 0 {
		close(l.ended)
		l.ended = make(chan struct{})
	}
}

// lossSoon returns why the connection is gone, or nil. A channel ends a moment before that is known, so when one
// ended without reason it waits for that moment.
func (l *sshLink) lossSoon(suspect bool) error {
	if suspect {
		select {
		case <-l.lost:
		case <-time.After(time.Second):
		}
	}
	select {
	case <-l.lost:
		return l.lostErr
	default:
		return nil
	}
}
