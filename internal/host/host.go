// Package host runs argument vectors on a machine: this one, or another one over ssh.
//
// It is the only package that starts processes or touches the network, and it knows nothing of ZFS. Observing
// and executing ask it for two things: the output of a short command ([Run]) and a stream from a command on one
// machine into a command on another ([Pipe]).
package host

import (
	"context"
	"io"
)

// Host is a machine that can run commands. It is safe for use by several goroutines at once. Hosts are compared: two that
// are equal are one machine, which is asked once; so what implements Host is a pointer.
type Host interface {
	// Name is what messages call the machine: "this machine" or "box@192.168.1.15".
	Name() string
	// Start begins argv, never through a shell of ours. Cancelling ctx ends the command.
	// Errors: *ConnError when the machine cannot be reached, *ExitError (Code 127) when there is no such program;
	// over ssh it is Wait that says so.
	Start(ctx context.Context, argv []string) (Process, error)
	// Close ends the connection, and with it whatever still runs over it.
	Close() error
}

// Process is one running command. The caller closes Stdin (or never uses it), reads Stdout to its end and then
// calls Wait. Standard error is kept by the process (its last 64 KiB) for the error message.
type Process interface {
	Stdin() io.WriteCloser
	Stdout() io.Reader
	// Stderr is what the command said on standard error. Valid after Wait: ZFS also says important things
	// there when it exits with 0.
	Stderr() string
	// Wait returns nil when the command exited with 0, *ExitError when it exited otherwise,
	// *ConnError when the connection broke before it was done, and the context's cause when that ended it.
	// After a cancel it returns even when the command cannot be ended; a Read or Write that hangs on such a
	// command may go on hanging until the host is closed.
	Wait() error
}
