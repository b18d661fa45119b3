package host

import (
	"context"
	"errors"
	"time"
)

// Reconnecter is a Host whose connection can be lost and made anew. It stays the same host: what is started afterwards
// runs over the new connection.
type Reconnecter interface {
	Host
	// Lost says why the connection is gone; nil while it stands.
	Lost() error
	// Reconnect tries once to connect again. It does nothing while the connection stands.
	Reconnect(ctx context.Context) error
}

var _ Reconnecter = (*sshHost)(nil)

// Redial connects h again if its connection is lost: one try after each pause, until one succeeds. It returns the last
// try's error. A machine that shows a wrong host key is not tried again, but one that does not let us in is: while it
// starts, it lets nobody in. A host without a connection, or with one that stands, needs nothing.
func Redial(ctx context.Context, h Host, pauses ...time.Duration) error {
	if c, ok := h.(*Counter); ok {
		h = c.host
	}
	r, ok := h.(Reconnecter)
	if !ok {
		return nil
	}
	err := r.Lost()
	for _, pause := range pauses {
		var conn *ConnError
		if err == nil || errors.As(err, &conn) && conn.Kind == ConnHostKey {
			break
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err = r.Reconnect(ctx)
	}
	return err
}

// Lost implements [Reconnecter].
func (h *sshHost) Lost() error { return h.current().lossSoon(false) }

// Reconnect implements [Reconnecter]. A host that we closed stays closed.
func (h *sshHost) Reconnect(ctx context.Context) error {
	if lost := h.Lost(); lost == nil || h.isClosed() {
		return lost
	}
	client, conn, err := h.ssh.dial(ctx)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.link.lossSoon(false) == nil { // in the meantime
		_ = client.Close()
		return h.link.lossSoon(false)
	}
	h.link = newSSHLink(h, client, conn)
	return nil
}

func (h *sshHost) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}
