package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// SetProperty sets one property of a dataset.
type SetProperty struct {
	Side     Side
	Dataset  string
	Property string
	Value    string
}

// Kind implements Step.
func (SetProperty) Kind() Kind { return "set-property" }

// Destructive implements Step.
func (SetProperty) Destructive() bool { return false }

// Title implements Step.
func (s SetProperty) Title() string { return "set " + s.Property + "=" + s.Value + " on " + s.Dataset }

// Subject implements Step.
func (s SetProperty) Subject() (Side, string) { return s.Side, s.Dataset }

func (s SetProperty) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.SetProperty(s.Dataset, s.Property, s.Value))}
}

func (s SetProperty) toWire(w *wireAction) {
	w.Side, w.Dataset, w.Property, w.Value = s.Side, s.Dataset, s.Property, s.Value
}

func setPropertyFromWire(w wireAction) Step {
	return SetProperty{w.Side, w.Dataset, w.Property, w.Value}
}
