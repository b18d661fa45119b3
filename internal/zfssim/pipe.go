package zfssim

import (
	"io"
	"sync"
	"syscall"
)

// pipe is a pipe of the operating system: it holds some bytes, the writer waits for room, and each end notices when the
// other is gone.
type pipe struct {
	mu      sync.Mutex
	changed sync.Cond
	buf     []byte
	limit   int
	noMore  bool  // the writer is gone: after the rest, end of file
	noOne   bool  // the reader is gone: writing fails
	broken  error // what reading gives after a kill, instead of the rest
}

func newPipe(limit int) *pipe {
	p := &pipe{limit: limit}
	p.changed.L = &p.mu
	return p
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	written := 0
	for {
		if p.noOne || p.noMore {
			return written, syscall.EPIPE
		}
		if n := min(p.limit-len(p.buf), len(b)); n > 0 {
			p.buf = append(p.buf, b[:n]...)
			b, written = b[n:], written+n
			p.changed.Broadcast()
		}
		if len(b) == 0 {
			return written, nil
		}
		p.changed.Wait()
	}
}

func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.broken != nil:
			return 0, p.broken
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = p.buf[n:]
			p.changed.Broadcast()
			return n, nil
		case p.noMore:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

// closeWrite is the writer's end of it.
func (p *pipe) closeWrite() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noMore = true
	p.changed.Broadcast()
}

// closeRead is the reader's.
func (p *pipe) closeRead() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noOne = true
	p.buf = nil
	p.changed.Broadcast()
}

// breakRead makes the reader fail at once.
func (p *pipe) breakRead(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.broken == nil {
		p.broken = err
	}
	p.noOne = true
	p.changed.Broadcast()
}
