package plan

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Rollback takes a replica back to one of its snapshots. What dies on the way is listed and destroyed by name, so
// that zfs rollback, without -r, refuses if anything else is newer.
type Rollback struct {
	Side      Side
	Dataset   string
	To        Ref
	Destroys  []string // snapshots newer than To
	Bookmarks []string // and bookmarks
}

// Kind implements Step.
func (Rollback) Kind() Kind { return "rollback" }

// Destructive implements Step.
func (Rollback) Destructive() bool { return true }

// Title implements Step.
func (s Rollback) Title() string {
	if n := len(s.Destroys); n > 0 {
		return fmt.Sprintf("roll %s back to %s, destroying %s", s.Dataset, s.To.Name, Count(n, "snapshot"))
	}
	return fmt.Sprintf("roll %s back to %s", s.Dataset, s.To.Name)
}

// Subject implements Step.
func (s Rollback) Subject() (Side, string) { return s.Side, s.Dataset }

func (s Rollback) commands(via privilege) []Command {
	var all []Command
	for _, argv := range zfs.DestroySnapshots(s.Dataset, s.Destroys) {
		all = append(all, via.cmd(s.Side, argv))
	}
	for _, b := range s.Bookmarks {
		all = append(all, via.cmd(s.Side, zfs.DestroyBookmark(s.Dataset, b)))
	}
	return append(all, via.cmd(s.Side, zfs.Rollback(s.Dataset+s.To.Name)))
}

func (s Rollback) toWire(w *wireAction) {
	destroys := append([]string{}, s.Destroys...) // [] rather than null: "nothing dies" is said
	w.Side, w.Dataset, w.To.Ref, w.Destroys, w.DestroysBookmarks = s.Side, s.Dataset, s.To, &destroys, s.Bookmarks
}

func rollbackFromWire(w wireAction) Step {
	s := Rollback{Side: w.Side, Dataset: w.Dataset, Bookmarks: w.DestroysBookmarks, To: w.To.Ref}
	if w.Destroys != nil {
		s.Destroys = *w.Destroys
	}
	return s
}
