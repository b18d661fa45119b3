package plan

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Snapshot takes one snapshot of several datasets of one pool in the same instant. ZFS takes all of them or none: where it
// refuses some, the executor leaves those out and takes the others, again in one instant. Where nobody can say which are
// refused, each dataset gets its snapshot for itself. The step fails if any dataset got none.
type Snapshot struct {
	Side     Side
	Datasets []string
	Name     string
}

// Kind implements Step.
func (Snapshot) Kind() Kind { return "snapshot" }

// Destructive implements Step.
func (Snapshot) Destructive() bool { return false }

// Title implements Step.
func (s Snapshot) Title() string {
	return fmt.Sprintf("snapshot @%s of %s", s.Name, Count(len(s.Datasets), "dataset"))
}

// Subject implements Step.
func (s Snapshot) Subject() (Side, string) { return s.Side, "" }

func (s Snapshot) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.TakeSnapshot(s.Datasets, s.Name))}
}

func (s Snapshot) toWire(w *wireAction) { w.Side, w.Datasets, w.Name = s.Side, s.Datasets, s.Name }

func snapshotFromWire(w wireAction) Step { return Snapshot{w.Side, w.Datasets, w.Name} }

// SnapshotJob is what the actions of zfsrep snapshot belong to: they are of all jobs at once, and of this machine only.
const SnapshotJob = "autoSnapshot"
