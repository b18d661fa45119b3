package plan

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// DestroySnapshots prunes snapshots of one dataset, each by its name.
type DestroySnapshots struct {
	Side    Side
	Dataset string
	Names   []string
}

// Kind implements Step.
func (DestroySnapshots) Kind() Kind { return "destroy-snapshots" }

// Destructive implements Step.
func (DestroySnapshots) Destructive() bool { return true }

// Title implements Step.
func (s DestroySnapshots) Title() string {
	return "destroy " + Count(len(s.Names), "snapshot") + " of " + s.Dataset
}

// Subject implements Step.
func (s DestroySnapshots) Subject() (Side, string) { return s.Side, s.Dataset }

func (s DestroySnapshots) commands(via privilege) []Command {
	var all []Command
	for _, argv := range zfs.DestroySnapshots(s.Dataset, s.Names) {
		all = append(all, via.cmd(s.Side, argv))
	}
	return all
}

func (s DestroySnapshots) toWire(w *wireAction) {
	w.Side, w.Dataset, w.Names = s.Side, s.Dataset, s.Names
}

func destroySnapshotsFromWire(w wireAction) Step { return DestroySnapshots{w.Side, w.Dataset, w.Names} }

// DestroyBookmarks removes bookmarks of one dataset that zfsrep left and that newer ones replace.
type DestroyBookmarks struct {
	Side    Side
	Dataset string
	Names   []string
}

// Kind implements Step.
func (DestroyBookmarks) Kind() Kind { return "destroy-bookmarks" }

// Destructive implements Step. A bookmark holds no data.
func (DestroyBookmarks) Destructive() bool { return false }

// Title implements Step.
func (s DestroyBookmarks) Title() string {
	return "remove " + Count(len(s.Names), "bookmark") + " of " + s.Dataset
}

// Subject implements Step.
func (s DestroyBookmarks) Subject() (Side, string) { return s.Side, s.Dataset }

func (s DestroyBookmarks) commands(via privilege) []Command {
	var all []Command
	for _, n := range s.Names {
		all = append(all, via.cmd(s.Side, zfs.DestroyBookmark(s.Dataset, n)))
	}
	return all
}

func (s DestroyBookmarks) toWire(w *wireAction) {
	w.Side, w.Dataset, w.Names = s.Side, s.Dataset, s.Names
}

func destroyBookmarksFromWire(w wireAction) Step { return DestroyBookmarks{w.Side, w.Dataset, w.Names} }
