package plan

import "github.com/zfsrep/zfsrep/internal/zfs"

// Bookmark leaves a bookmark of a snapshot that has arrived, so that the chain survives the snapshot.
type Bookmark struct {
	Side     Side
	Dataset  string
	Snapshot string
	Bookmark string
}

// Kind implements Step.
func (Bookmark) Kind() Kind { return "bookmark" }

// Destructive implements Step.
func (Bookmark) Destructive() bool { return false }

// Title implements Step.
func (s Bookmark) Title() string { return "bookmark " + s.Dataset + "@" + s.Snapshot }

// Subject implements Step.
func (s Bookmark) Subject() (Side, string) { return s.Side, s.Dataset }

func (s Bookmark) commands(via privilege) []Command {
	return []Command{via.cmd(s.Side, zfs.MakeBookmark(s.Dataset+"@"+s.Snapshot, s.Dataset+"#"+s.Bookmark))}
}

func (s Bookmark) toWire(w *wireAction) {
	w.Side, w.Dataset, w.Snapshot, w.Bookmark = s.Side, s.Dataset, s.Snapshot, s.Bookmark
}

func bookmarkFromWire(w wireAction) Step {
	return Bookmark{w.Side, w.Dataset, w.Snapshot, w.Bookmark}
}
