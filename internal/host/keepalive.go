package host

import (
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// listener is a connection that notes whether anything came in. Whatever came counts as a sign of life, not only
// the answer to a keepalive: that may be stuck behind a full stream on a slow line.
type listener struct {
	net.Conn
	heard  atomic.Bool
	broken atomic.Bool // reading has failed: the channels that end now were not closed by the machine
}

func (l *listener) Read(b []byte) (int, error) {
	n, err := l.Conn.Read(b)
	if n > 0 {
		l.heard.Store(true)
	}
	if err != nil {
		l.broken.Store(true)
	}
	return n, err
}

// keepAlive asks once per interval and gives the connection up when nothing came in for two whole intervals.
func (l *sshLink) keepAlive() {
	tick := time.NewTicker(l.host.ssh.KeepAlive)
	defer tick.Stop()
	asking := make(chan struct{}, 1) // one question at a time, and not in this goroutine: it may block
	for silent := 0; ; {
		select {
		case <-l.lost:
			return
		case <-tick.C:
		}
		if l.conn.heard.Swap(false) {
			silent = 0
		} else if silent++; silent == 2 {
			l.closeFor(fmt.Errorf("the machine has not answered for %s", 2*l.host.ssh.KeepAlive))
			return
		}
		select {
		case asking <- struct{}{}:
			go func() {
				_, _, _ = l.client.SendRequest("keepalive@openssh.com", true, nil)
				<-asking
			}()
		default:
		}
	}
}
