package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// Rename renames a dataset and all below it.
type Rename struct {
	Side    Side
	Dataset string
	To      string
	Volume  bool // zfs refuses -u for volumes
}

// Kind implements Step.
func (Rename) Kind() Kind { return "rename" }

// Destructive implements Step.
func (Rename) Destructive() bool { return false }

// Title implements Step.
func (s Rename) Title() string { return "rename " + s.Dataset + " to " + s.To }

// Subject implements Step.
func (s Rename) Subject() (Side, string) { return s.Side, s.Dataset }

func (s Rename) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.Rename(s.Dataset, s.To, s.Volume))}
}

func (s Rename) toWire(w *wireAction) {
	w.Side, w.Dataset, w.To.NewName, w.Volume = s.Side, s.Dataset, s.To, s.Volume
}

func renameFromWire(w wireAction) Step {
	return Rename{w.Side, w.Dataset, w.To.NewName, w.Volume}
}
