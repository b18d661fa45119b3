package host

import (
	"syscall"
	"time"
)

// SetSessionWait shortens how long a command waits for a session.
func SetSessionWait(h Host, d time.Duration) { h.(*sshHost).sessionWait = d }

// SetPatience shortens how long cancelled commands over ssh are waited for.
func SetPatience(h Host, d time.Duration) {
	h.(*sshHost).signalGrace, h.(*sshHost).patience = d, d
}

// What we offer, and in which order.
var (
	CiphersFor = ciphersFor
	Transport  = transport
)

// Unkillable is this machine with commands that no signal reaches, as if they slept in the kernel.
func Unkillable() Host {
	return local{
		grace:    100 * time.Millisecond,
		patience: 100 * time.Millisecond,
		kill:     func(int, syscall.Signal) error { return nil },
	}
}

// LockerWith is a Locker with other times.
func LockerWith(l Locker, beat, patience time.Duration) Locker {
	l.beat, l.patience = beat, patience
	return l
}
