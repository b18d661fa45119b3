package hosttest

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
)

// Proxy forwards connections to a server until it is told to misbehave. It lives until the test ends.
type Proxy struct {
	listener net.Listener
	target   string
	delay    time.Duration

	mu     sync.Mutex
	conns  []net.Conn
	frozen chan struct{} // closed when the connections of the moment are frozen
	deaf   bool          // new connections are reset
	end    chan struct{} // closed at the end of the test
	gone   sync.WaitGroup
}

// NewProxy puts a proxy before a server. delay is how much longer each direction takes.
func NewProxy(t testing.TB, s *Server, delay time.Duration) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		listener: listener, target: s.listener.Addr().String(), delay: delay,
		frozen: make(chan struct{}), end: make(chan struct{}),
	}
	p.gone.Add(1)
	go p.accept()
	t.Cleanup(func() {
		close(p.end)
		_ = listener.Close()
		p.Cut()
		p.gone.Wait()
	})
	return p
}

// Through returns c with its address replaced by the proxy's.
func (p *Proxy) Through(c host.SSH) host.SSH {
	addr := p.listener.Addr().(*net.TCPAddr)
	c.Host, c.Port = addr.IP.String(), addr.Port
	return c
}

// Freeze stops forwarding but keeps the connections: a cable that was pulled, or an address that changed. New
// connections freeze as well.
func (p *Proxy) Freeze() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.frozen:
	default:
		close(p.frozen)
	}
}

// Heal lets new connections work again. Those that were frozen stay so.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen, p.deaf = make(chan struct{}), false
}

// Refuse resets all connections, and every new one until Heal: a machine that is off.
func (p *Proxy) Refuse() {
	p.Cut()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deaf = true
}

// Cut resets all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		reset(conn)
	}
	p.conns = nil
}

// Redirect resets all connections and lets new ones lead to another server.
func (p *Proxy) Redirect(s *Server) {
	p.Cut()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = s.listener.Addr().String()
}

func (p *Proxy) accept() {
	defer p.gone.Done()
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		deaf, frozen, target := p.deaf, p.frozen, p.target
		p.mu.Unlock()
		if deaf {
			reset(near)
			continue
		}
		far, err := net.Dial("tcp", target)
		if err != nil {
			_ = near.Close()
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, near, far)
		p.mu.Unlock()
		p.gone.Add(2)
		go p.forward(near, far, frozen)
		go p.forward(far, near, frozen)
	}
}

// forward copies one direction, each piece delay after it came, and nothing any more once the connection is frozen.
func (p *Proxy) forward(to io.WriteCloser, from io.Reader, frozen <-chan struct{}) {
	defer p.gone.Done()
	defer to.Close()
	type piece struct {
		data []byte
		due  time.Time
	}
	pieces := make(chan piece, 4096)
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 64<<10)
			n, err := from.Read(buf)
			select {
			case pieces <- piece{buf[:n], time.Now().Add(p.delay)}:
			case <-p.end:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	for piece := range pieces {
		time.Sleep(time.Until(piece.due))
		select {
		case <-frozen:
			<-p.end
			return
		default:
		}
		if _, err := to.Write(piece.data); err != nil {
			return
		}
	}
}
