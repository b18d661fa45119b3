package host

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Watchdog tells systemd that something moves, so that it lets the service go on starting: a oneshot service has no
// WatchdogSec= before it is done, but TimeoutStartSec= can be extended (EXTEND_TIMEOUT_USEC= in sd_notify(3)). What
// does not move for that long is ended, and its locks are free again.
type Watchdog struct {
	socket string
	every  time.Duration // shorter in tests

	mu   sync.Mutex
	last time.Time
}

// NewWatchdog tells whoever listens at the socket, which is what $NOTIFY_SOCKET names; with "" nobody does.
func NewWatchdog(socket string) *Watchdog { return &Watchdog{socket: socket, every: 10 * time.Second} }

// Moved says that something moved just now, and that for so long nothing more need move. It may be called often. That
// nobody can be told is no failure: then systemd's time is what it is.
func (w *Watchdog) Moved(quiet time.Duration) {
	if w == nil || w.socket == "" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.last) >= w.every {
		w.last = now
		_ = notify(w.socket, fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", quiet.Microseconds()))
	}
}

// notify is sd_notify(3). A name that begins with @ is an abstract one, for package net as for systemd.
func notify(socket, text string) error {
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // a manager that does not read must not stop us
	_, err = conn.Write([]byte(text))
	return err
}
