package retention

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// everyDay adds one snapshot a day at 03:00, n of them from the day on, to those there are.
func everyDay(t testing.TB, all []zfs.Snapshot, prefix, from string, n int) []zfs.Snapshot {
	all = slices.Clone(all)
	at := date(t, from)
	for range n {
		k := len(all) + 1
		all = append(all, zfs.Snapshot{Version: zfs.Version{Name: prefix + at.Format(time.DateOnly), GUID: zfs.GUID(k), CreateTXG: uint64(k), Creation: at}})
		at = at.AddDate(0, 0, 1)
	}
	return all
}

// stories are what clocks and machines do, with the nights that follow: golden files that people read.
func TestStories(t *testing.T) {
	const day = 24 * time.Hour
	month, week := Policy{Match: []string{"*"}, Within: 30 * day}, Policy{Match: []string{"*"}, Daily: 7}
	thirty := everyDay(t, nil, "d-", "2025-10-28", 30)
	bogus := everyDay(t, thirty, "bogus-", "2029-02-09", 7)
	var b strings.Builder
	tell := func(title string, p Policy, snaps []zfs.Snapshot, clock Clock) {
		fmt.Fprintf(&b, "# %s\n%s, on %s\n", title, p, clock.Now.Format(time.DateOnly))
		r := p.Apply(snaps, clock)
		for _, d := range r.Doubts {
			fmt.Fprintf(&b, "doubt: %s\n", d)
		}
		b.WriteString(summary(r) + "\n")
	}
	at := func(day string) Clock { return Clock{Now: date(t, day).Add(time.Hour)} }

	tell("an ordinary night", month, everyDay(t, thirty, "d-", "2025-11-27", 3), at("2025-11-29"))
	tell("a clock was wrong for a week, and is right again", week, everyDay(t, bogus, "d-", "2025-11-28", 1), at("2025-12-01"))
	tell("the same, with the last 7", Policy{Match: []string{"*"}, Last: 7}, everyDay(t, bogus, "d-", "2025-11-28", 1), at("2025-12-01"))
	tell("a clock is wrong, or was while the newest were taken", week, bogus, at("2025-12-01"))
	tell("the same, with the last 7", Policy{Match: []string{"*"}, Last: 7}, bogus, at("2025-12-01"))
	tell("this machine's clock is ahead by eighty years", month, everyDay(t, nil, "d-", "2025-10-01", 40), Clock{Now: date(t, "2106-02-07")})
	tell("one dataset has none for half a year, others have", month, everyDay(t, nil, "d-", "2025-05-01", 40), Clock{Now: now, Witness: now.Add(-day)})
	tell("two machines disagree about the time", week, thirty, Clock{Now: now, Doubt: "the clocks of box and kraken are 3 years apart"})
	tell("without a battery the clock began in 1970", week, everyDay(t, thirty, "d-", "1970-01-01", 1), at("2025-11-27"))
	tell("and then it was set", month, everyDay(t, everyDay(t, thirty, "d-", "1970-01-01", 1), "d-", "2025-11-27", 1), at("2025-11-27"))
	tell("the clock jumped 400 days while one was taken", month, everyDay(t, thirty, "d-", "2026-12-31", 1), at("2026-12-31"))
	tell("few before a pause, and more after it", month, everyDay(t, everyDay(t, everyDay(t, everyDay(t, nil, "d-", "2025-01-01", 1), "d-", "2025-01-10", 1), "d-", "2025-02-14", 2), "d-", "2025-02-18", 1), at("2025-02-19"))

	sessions := everyDay(t, everyDay(t, nil, "march-", "2025-03-01", 4), "may-", "2025-05-01", 4)
	tell("a laptop that is on for some days every other month", month, everyDay(t, sessions, "july-", "2025-07-01", 1), at("2025-07-01"))

	nights(t, &b, "off for 60 days, then on every night", month, thirty, "2026-01-25", 35, 1)
	nights(t, &b, "the clock jumps 60 days, night after night", month, thirty, "2026-01-25", 35, 60)
	nights(t, &b, "off for 10 days: that much older they are", month, thirty, "2025-12-06", 12, 1)
	golden(t, "stories.txt", b.String())
}

// summary says what happens to each snapshot; those in a row with one reason share a line.
func summary(r Result) string {
	var b strings.Builder
	for i := 0; i < len(r.Verdicts); {
		first, k := r.Verdicts[i], i
		for k < len(r.Verdicts) && r.Verdicts[k].Keep == first.Keep && r.Verdicts[k].Why() == first.Why() {
			k++
		}
		which := first.Snapshot.Name
		if k-i > 1 {
			which = fmt.Sprintf("%s ... %s (%d)", which, r.Verdicts[k-1].Snapshot.Name, k-i)
		}
		fmt.Fprintf(&b, "%s %s: %s\n", map[bool]string{true: "keep", false: "gone"}[first.Keep], which, first.Why())
		i = k
	}
	return b.String()
}

// nights plays n nights from a day on, step days apart, each with a new snapshot and what the policy then lets go.
func nights(t *testing.T, b *strings.Builder, title string, p Policy, left []zfs.Snapshot, from string, n, step int) {
	fmt.Fprintf(b, "# %s\n%s\nnight  old  new\n", title, p)
	old := len(left)
	for night := range n {
		at := date(t, from).AddDate(0, 0, night*step)
		left = survivors(p, everyDay(t, left, "new-", at.Format(time.DateOnly), 1), Clock{Now: at})
		kept := 0
		for _, s := range left {
			if !strings.HasPrefix(s.Name, "new-") {
				kept++
			}
		}
		if night < 3 || night%10 == 9 || kept == 0 && old != 0 || night == n-1 {
			fmt.Fprintf(b, "%5d  %3d  %3d\n", night+1, kept, len(left)-kept)
		}
		old = kept
	}
	b.WriteString("\n")
}

func survivors(p Policy, snaps []zfs.Snapshot, clock Clock) []zfs.Snapshot {
	var left []zfs.Snapshot
	for _, v := range p.Apply(snaps, clock).Verdicts {
		if v.Keep {
			left = append(left, v.Snapshot)
		}
	}
	return left
}
