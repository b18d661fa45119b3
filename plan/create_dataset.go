package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// CreateDataset makes an empty parent that is never mounted.
type CreateDataset struct {
	Side    Side
	Dataset string
	Set     map[string]string // properties; among them the marker that says that it is ours
}

// Kind implements Step.
func (CreateDataset) Kind() Kind { return "create-dataset" }

// Destructive implements Step.
func (CreateDataset) Destructive() bool { return false }

// Title implements Step.
func (s CreateDataset) Title() string { return "create " + s.Dataset }

// Subject implements Step.
func (s CreateDataset) Subject() (Side, string) { return s.Side, s.Dataset }

func (s CreateDataset) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.CreateParent(s.Dataset, s.Set))}
}

func (s CreateDataset) toWire(w *wireAction) { w.Side, w.Dataset, w.Set = s.Side, s.Dataset, s.Set }

func createDatasetFromWire(w wireAction) Step { return CreateDataset{w.Side, w.Dataset, w.Set} }
