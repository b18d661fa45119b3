package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// Rename renames a dataset and all below it.
type Rename struct {
	Side    Side
	Dataset string
	To      string
}

// Kind implements Step.
func (Rename) Kind() Kind { return "rename" }

// Destructive implements Step.
func (Rename) Destructive() bool { return false }

// Title implements Step.
func (s Rename) Title() string { return "rename " + s.Dataset + " to " + s.To }

func (s Rename) subject() (Side, string) { return s.Side, s.Dataset }

func (s Rename) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.Rename(s.Dataset, s.To))}
}

func (s Rename) toWire(w *wireAction) { w.Side, w.Dataset, w.To = s.Side, s.Dataset, s.To }

func renameFromWire(w wireAction) Step {
	to, _ := w.To.(string)
	return Rename{w.Side, w.Dataset, to}
}
