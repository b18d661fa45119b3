package retention

import (
	"fmt"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Clock is what is known about the time. No age is reckoned from it: it only says whether the dates of the snapshots
// can be believed. So whatever it says, right or wrong, a policy lets go of the same snapshots, or of fewer.
type Clock struct {
	Now     time.Time
	Witness time.Time // the latest snapshot of any dataset, if the caller knows it: a clock near to it isn't in doubt only because one dataset rests
	Doubt   string    // why Now is in doubt, as when two machines disagree about it; "" if it isn't
}

const (
	// tolerance is how far a date may lie ahead of where it should be: clocks of two machines differ, and are corrected.
	tolerance = 24 * time.Hour
	// longestRest is how far the clock may be ahead of the newest snapshot: a machine that was off for longer has to
	// be on for one more snapshot before anything goes.
	longestRest = 60 * 24 * time.Hour
)

// dates is what the creation times of one dataset's snapshots are held against. The order of the list (createtxg) is
// certain, a creation time is hearsay: a snapshot dated after one that is newer has the wrong date, or the newer one
// has. Either way nothing can be concluded from it.
type dates struct {
	clock  Clock
	newest *zfs.Snapshot // the newest one that has a date, matched by the policy or not; nil if there is none
	ahead  bool          // newest itself is from the future
	limit  time.Time     // what is dated after it is misdated
}

func (c Clock) dates(snaps []zfs.Snapshot) dates {
	d := dates{clock: c}
	for i := len(snaps) - 1; i >= 0 && d.newest == nil; i-- {
		if !snaps[i].Creation.IsZero() {
			d.newest = &snaps[i]
		}
	}
	if d.newest == nil {
		return d
	}
	d.limit = c.Now.Add(tolerance)
	if d.ahead = d.newest.Creation.After(d.limit); !d.ahead {
		d.limit = d.newest.Creation.Add(tolerance)
	}
	return d
}

// doubt says why nothing may be let go by age or calendar, "" if nothing speaks against it.
func (d dates) doubt() string {
	const so = "nothing is pruned by age or calendar"
	if d.newest == nil {
		return ""
	}
	now, seen := d.clock.Now, d.newest.Creation
	if w := d.clock.Witness; w.After(seen) && !w.After(now.Add(tolerance)) {
		seen = w
	}
	switch {
	case d.clock.Doubt != "":
		return d.clock.Doubt + ": " + so
	case d.ahead:
		return fmt.Sprintf("the newest snapshot, @%s of %s, is ahead of the clock, which says %s: %s", d.newest.Name, day(d.newest.Creation), day(now), so)
	case now.Sub(seen) > longestRest:
		return fmt.Sprintf("the clock says %s, more than %s after the newest snapshot, @%s of %s: %s", day(now), formatSpan(longestRest), d.newest.Name, day(d.newest.Creation), so)
	default:
		return ""
	}
}

// misdated says which snapshots have a date that cannot be right, and what they were held against.
func (d dates) misdated(oldestFirst []*Verdict) string {
	const most = 10
	latest := oldestFirst[0].Snapshot.Creation
	var names []string
	for _, v := range oldestFirst {
		names = append(names, "@"+v.Snapshot.Name)
		if v.Snapshot.Creation.After(latest) {
			latest = v.Snapshot.Creation
		}
	}
	are, they := "are dated up to", "they stay and push nothing out"
	if len(names) == 1 {
		are, they = "is dated", "it stays and pushes nothing out"
	}
	if n := len(names) - most; n > 0 {
		names = append(names[:most-1], fmt.Sprintf("%s and %d more", names[most-1], n))
	}
	than := fmt.Sprintf("@%s of %s, which is newer", d.newest.Name, day(d.newest.Creation))
	if d.ahead {
		than = "the clock, which says " + day(d.clock.Now)
	}
	return fmt.Sprintf("%s %s %s, later than %s: %s", strings.Join(names, ", "), are, day(latest), than, they)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
