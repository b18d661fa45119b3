package zfssim

import (
	"bytes"
	"io"
)

// Fault is something that goes wrong with one command.
type Fault struct {
	// When the command fails.
	When When
	// Stderr is what it says, Code its exit code (0 with [Before] or [After] means 1).
	Stderr string
	Code   int
	// Bytes is, for [Cut] and [Stall], how much of the stream passes: out of a send, into a receive.
	Bytes int64
	// Lost makes the connection to the machine break as well: the host's process ends with a ConnError instead of an
	// exit code. Exec returns 255, as ssh does.
	Lost bool
}

// When is the moment of a fault.
type When int

const (
	// Before does nothing but fail.
	Before When = iota
	// After does everything, then fails: what the command printed is lost.
	After
	// Cut ends the stream of a send or a receive after some bytes, as a broken link or a killed process does.
	Cut
	// Stall lets some bytes of a stream pass and then nothing more until the process is killed; any other command does
	// nothing until then. It needs a host: Exec alone would never return, and fails instead.
	Stall
)

// Fail installs a hook that is asked about every command and may answer with a fault. Hooks are asked in the order they were
// installed; the first answer counts.
func (m *Machine) Fail(hook func(argv []string) *Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = append(m.faults[:len(m.faults):len(m.faults)], hook)
}

// Heal removes all fault hooks.
func (m *Machine) Heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults = nil
}

// DenyReceived makes setting the named properties during a receive fail with "permission denied", which ZFS reports on
// standard error while the receive succeeds.
func (m *Machine) DenyReceived(props ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range props {
		m.deny[p] = true
	}
}

// runFaulty runs the command with something going wrong.
func (c *call) runFaulty(argv []string, f *Fault) int {
	code := f.Code
	switch f.When {
	case Before:
	case After:
		real := c.stdout
		c.stdout = &bytes.Buffer{}
		if isSend(argv) {
			c.stdout = real
		}
		c.run(argv)
	case Cut:
		if isSend(argv) {
			c.stdout = &cutWriter{w: c.stdout, left: f.Bytes}
		} else {
			c.stdin = io.LimitReader(c.stdin, f.Bytes)
		}
		if code == 0 && !f.Lost {
			return c.run(argv)
		}
		c.run(argv)
	}
	_, _ = io.WriteString(c.stderr, f.Stderr)
	if f.When == Stall {
		return c.runStalled(argv, f)
	}
	if f.Lost {
		if c.proc != nil {
			c.proc.lost = true
		}
		return 255
	}
	if code == 0 {
		return failed
	}
	return code
}

// runStalled runs a command that gets stuck.
func (c *call) runStalled(argv []string, f *Fault) int {
	if c.proc == nil {
		return failed
	}
	inner := unwrap(argv)
	switch {
	case isSend(argv):
		c.stdout = &stallWriter{cutWriter{w: c.stdout, left: f.Bytes}, c.proc.dead}
	case len(inner) > 1 && (inner[1] == "receive" || inner[1] == "recv"):
		c.stdin = io.MultiReader(io.LimitReader(c.stdin, f.Bytes), stallReader(c.proc.dead))
	default:
		<-c.proc.dead
		return failed
	}
	return c.run(argv)
}

func isSend(argv []string) bool {
	for i, a := range argv {
		if a == "send" && i > 0 {
			return true
		}
	}
	return false
}

// cutWriter passes some bytes and then behaves as a pipe nobody reads.
type cutWriter struct {
	w    io.Writer
	left int64
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.w.Write(p)
	}
	n, _ := c.w.Write(p[:c.left])
	c.left = 0
	return n, io.ErrClosedPipe
}

// stallWriter passes some bytes and then waits for the end of the process.
type stallWriter struct {
	cutWriter
	dead <-chan struct{}
}

func (s *stallWriter) Write(p []byte) (int, error) {
	n, err := s.cutWriter.Write(p)
	if err != nil {
		<-s.dead
	}
	return n, err
}

// stallReader waits for the end of the process.
type stallReader <-chan struct{}

func (s stallReader) Read([]byte) (int, error) {
	<-s
	return 0, io.ErrUnexpectedEOF
}
