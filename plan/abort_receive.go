package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// AbortReceive throws away what an interrupted transfer had brought.
type AbortReceive struct {
	Side    Side
	Dataset string
}

// Kind implements Step.
func (AbortReceive) Kind() Kind { return "abort-receive" }

// Destructive implements Step.
func (AbortReceive) Destructive() bool { return true }

// Title implements Step.
func (s AbortReceive) Title() string { return "drop the interrupted receive into " + s.Dataset }

// Subject implements Step.
func (s AbortReceive) Subject() (Side, string) { return s.Side, s.Dataset }

func (s AbortReceive) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.AbortReceive(s.Dataset))}
}

func (s AbortReceive) toWire(w *wireAction) { w.Side, w.Dataset = s.Side, s.Dataset }

func abortReceiveFromWire(w wireAction) Step { return AbortReceive{w.Side, w.Dataset} }
