package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// signalGrace is how long a cancelled remote command may take to end after SIGTERM before its channel is closed.
const signalGrace = 2 * time.Second

// sshProcess is a command at the other end of an ssh channel. x/crypto gives a channel a fixed window of 2 MiB,
// so one transfer moves at most 2 MiB per round trip: 20 MiB/s at 100 ms. Several in parallel share the
// connection but not the window.
type sshProcess struct {
	link *sshLink
	argv []string
	ch   ssh.Channel

	stderr     tail
	stdinTaken atomic.Bool
	ctx        context.Context
	unwatch    func() bool

	ended  atomic.Bool   // end has run
	exited chan struct{} // closed when the exit status is there
	exit   *ExitError    // nil is exit status 0; valid after exited
	cut    bool          // the connection broke before the channel was closed; valid after done
	done   chan struct{} // closed when the channel is closed
}

// newSSHProcess keeps what the machine says about the command and its standard error, until the channel closes.
func newSSHProcess(l *sshLink, argv []string, ch ssh.Channel, reqs <-chan *ssh.Request) *sshProcess {
	p := &sshProcess{
		link: l, argv: argv, ch: ch,
		exited: make(chan struct{}),
		done:   make(chan struct{}),
	}
	go p.follow(reqs)
	return p
}

func (p *sshProcess) follow(reqs <-chan *ssh.Request) {
	said := make(chan struct{})
	go func() {
		_, _ = io.Copy(&p.stderr, p.ch.Stderr())
		close(said)
	}()
	for req := range reqs {
		if isEnd, exit := p.ending(req); isEnd && !p.hasExited() {
			p.exit = exit
			close(p.exited)
		}
		_ = req.Reply(false, nil)
	}
	// Output may follow the exit status, so even a command that exited with 0 is not complete when cut.
	p.cut = p.link.conn.broken.Load()
	<-said
	p.link.count(-1)
	close(p.done)
}

// ending reads exit-status and exit-signal, see RFC 4254, section 6.10.
func (p *sshProcess) ending(req *ssh.Request) (bool, *ExitError) {
	exit := &ExitError{Host: p.link.host.Name(), Argv: p.argv}
	switch req.Type {
	case "exit-status":
		if len(req.Payload) < 4 {
			return false, nil
		}
		exit.Code = int(binary.BigEndian.Uint32(req.Payload))
		if exit.Code == 0 {
			return true, nil
		}
		return true, exit
	case "exit-signal":
		var signal struct {
			Name       string
			CoreDumped bool
			Message    string
			Language   string
		}
		if ssh.Unmarshal(req.Payload, &signal) != nil {
			return false, nil
		}
		exit.Code, exit.Signal = -1, Harmless(signal.Name)
		return true, exit
	}
	return false, nil
}

func (p *sshProcess) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// watch ends the command when ctx does.
func (p *sshProcess) watch(ctx context.Context) {
	p.ctx = ctx
	p.unwatch = context.AfterFunc(ctx, p.end)
}

// end asks the machine to end the command, and closes the channel: sshd then closes the command's pipes, which also
// ends one that the signal does not reach, such as sudo's. Neither waits for an answer.
func (p *sshProcess) end() {
	select {
	case <-p.done:
		return
	default:
	}
	p.ended.Store(true)
	_, _ = p.ch.SendRequest("signal", false, ssh.Marshal(struct{ Name string }{string(ssh.SIGTERM)}))
	select {
	case <-p.exited:
	case <-p.done:
	case <-time.After(p.link.host.signalGrace):
	}
	_ = p.ch.Close()
}

func (p *sshProcess) Stdin() io.WriteCloser {
	p.stdinTaken.Store(true)
	return sshStdin{p.ch}
}

// sshStdin closes only our direction of the channel.
type sshStdin struct{ ch ssh.Channel }

func (s sshStdin) Write(b []byte) (int, error) { return s.ch.Write(b) }

func (s sshStdin) Close() error { return s.ch.CloseWrite() }

func (p *sshProcess) Stdout() io.Reader { return p.ch }

func (p *sshProcess) Stderr() string { return p.stderr.String() }

// Wait waits for the channel to be closed by the machine, but for a cancelled command only so long: sshd does not
// close it while the command takes no input and does not end.
func (p *sshProcess) Wait() error {
	if !p.stdinTaken.Load() {
		_ = p.ch.CloseWrite()
	}
	select {
	case <-p.done:
	case <-p.ctx.Done():
		select {
		case <-p.done:
		case <-time.After(p.link.host.signalGrace + p.link.host.patience):
			return fmt.Errorf("cannot end %q on %s, it may still run there: %w",
				shorten(Quote(p.argv)), p.link.host.Name(), context.Cause(p.ctx))
		}
	}
	p.unwatch()
	if p.ended.Load() {
		return context.Cause(p.ctx)
	}
	return p.result()
}

func (p *sshProcess) result() error {
	if p.cut || !p.hasExited() {
		if lost := p.link.lossSoon(true); lost != nil {
			return lost
		}
		return p.link.host.ssh.connError(ConnLost, "look into the logs of sshd there", errors.New(
			"the machine ended a command without saying how it ended"))
	}
	if p.exit == nil {
		return nil
	}
	p.exit.Stderr = p.Stderr()
	return p.exit
}
