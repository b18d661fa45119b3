package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// CreateDataset makes an empty filesystem that is never mounted: a parent for replicas.
type CreateDataset struct {
	Side    Side
	Dataset string
}

// Kind implements Step.
func (CreateDataset) Kind() Kind { return "create-dataset" }

// Destructive implements Step.
func (CreateDataset) Destructive() bool { return false }

// Title implements Step.
func (s CreateDataset) Title() string { return "create " + s.Dataset }

func (s CreateDataset) subject() (Side, string) { return s.Side, s.Dataset }

func (s CreateDataset) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.CreateParent(s.Dataset))}
}

func (s CreateDataset) toWire(w *wireAction) { w.Side, w.Dataset = s.Side, s.Dataset }

func createDatasetFromWire(w wireAction) Step { return CreateDataset{w.Side, w.Dataset} }
