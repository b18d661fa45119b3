package zfssim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/zfsrep/zfsrep/internal/host"
)

const (
	streamBuffer = 64 << 10 // of a send's output and every command's input, as Linux has it
	outputBuffer = 64 << 20 // of what other commands print: they never wait
)

// Host is the machine as the program reaches it.
type Host struct {
	m       *Machine
	closed  atomic.Bool
	mu      sync.Mutex
	running map[*running]bool
}

var _ host.Host = (*Host)(nil)

// Host returns the machine as a host to run commands on. Closing it ends what was started over it, and nothing else.
func (m *Machine) Host() *Host { return &Host{m: m, running: map[*running]bool{}} }

// SetReachable says whether commands can be started over the network. Unreachable machines answer with a ConnError; what
// runs already goes on.
func (m *Machine) SetReachable(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unreachable = !yes
}

// Name is the name given in the [Options].
func (h *Host) Name() string { return h.m.opt.Name }

// Close ends everything that runs.
func (h *Host) Close() error {
	h.closed.Store(true)
	h.mu.Lock()
	list := make([]*running, 0, len(h.running))
	for p := range h.running {
		list = append(list, p)
	}
	h.mu.Unlock()
	for _, p := range list {
		p.kill(h.lost())
	}
	return nil
}

func (h *Host) lost() error {
	return &host.ConnError{Host: h.Name(), Kind: host.ConnLost, Err: errors.New("the connection broke")}
}

// Start begins argv.
func (h *Host) Start(ctx context.Context, argv []string) (host.Process, error) {
	h.m.mu.Lock()
	down := h.m.unreachable
	h.m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case down || h.closed.Load():
		return nil, &host.ConnError{Host: h.Name(), Kind: host.ConnDial, Err: errors.New("no route to host")}
	case !knownProgram(argv):
		return nil, &host.ExitError{Host: h.Name(), Argv: argv, Code: noShell, Stderr: strings.Join(argv[:min(1, len(argv))], "") + ": command not found"}
	}
	limit := outputBuffer
	if isSend(argv) {
		limit = streamBuffer
	}
	p := &running{h: h, argv: argv, stdin: newPipe(streamBuffer), stdout: newPipe(limit), done: make(chan struct{}), dead: make(chan struct{})}
	h.mu.Lock()
	h.running[p] = true
	h.mu.Unlock()
	p.stop = context.AfterFunc(ctx, func() { p.kill(context.Cause(ctx)) })
	go p.run()
	return p, nil
}

// knownProgram reports whether the machine has the program.
func knownProgram(argv []string) bool {
	if isLock(argv) {
		return true
	}
	for _, a := range argv {
		if a == "sudo" || a == "env" || strings.HasPrefix(a, "-") || strings.Contains(a, "=") {
			continue
		}
		switch a[strings.LastIndexByte(a, '/')+1:] {
		case "zfs", "zpool", "ps", "date", "true":
			return true
		}
		return false
	}
	return false
}

// running is a command started over a host.
type running struct {
	h      *Host
	argv   []string
	stdin  *pipe
	stdout *pipe
	stderr lockedBuffer
	done   chan struct{}
	dead   chan struct{} // closed by kill
	stop   func() bool

	killed atomic.Bool
	once   sync.Once
	reason error // why it was killed; valid after killed
	code   int   // valid after done
	lost   bool  // valid after done: a fault broke the connection
}

func (p *running) run() {
	p.code = p.h.m.exec(p.argv, p.stdin, p.stdout, &p.stderr, p)
	p.stdin.closeRead()
	p.stdout.closeWrite()
	p.h.mu.Lock()
	delete(p.h.running, p)
	p.h.mu.Unlock()
	close(p.done)
}

// kill ends the command as a signal or a broken connection does: it reads and writes no more.
func (p *running) kill(reason error) {
	p.once.Do(func() {
		p.reason = reason
		p.killed.Store(true)
		close(p.dead)
		p.stdin.breakRead(io.ErrUnexpectedEOF)
		p.stdout.closeRead()
		p.stdout.breakRead(io.EOF)
	})
}

func (p *running) Stdin() io.WriteCloser { return stdinWriter{p.stdin} }
func (p *running) Stdout() io.Reader     { return p.stdout }
func (p *running) Stderr() string        { return p.stderr.String() }

func (p *running) Wait() error {
	<-p.done
	p.stop()
	switch {
	case p.killed.Load():
		return p.reason
	case p.lost:
		return p.h.lost()
	case p.code != done:
		return &host.ExitError{Host: p.h.Name(), Argv: p.argv, Code: p.code, Stderr: p.stderr.String()}
	}
	return nil
}

// stdinWriter is the caller's end of a command's standard input.
type stdinWriter struct{ p *pipe }

func (w stdinWriter) Write(b []byte) (int, error) { return w.p.Write(b) }

func (w stdinWriter) Close() error {
	w.p.closeWrite()
	return nil
}

// lockedBuffer keeps the last of what was written to it.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-64<<10):]
}
