package retention

import (
	"cmp"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Apply judges every snapshot of one dataset, oldest first as in the list, in the same order. Which of two snapshots
// is newer is the list's order (createtxg): clocks go wrong. Which hour, day or week a snapshot stands for, and how
// old it is, can only be its creation time. Calendar rules count the periods that have a snapshot, not back from now.
// A snapshot from the future is young; one whose creation time is unknown stays.
func (p Policy) Apply(snaps []zfs.Snapshot, now time.Time) []Verdict {
	verdicts := make([]Verdict, len(snaps))
	matched := make([]*Verdict, 0, len(snaps)) // newest first
	for i := range slices.Backward(snaps) {
		v := &verdicts[i]
		v.Snapshot, v.policy = snaps[i], &p
		if v.Matched = p.Matches(snaps[i].Name); v.Matched {
			matched = append(matched, v)
		}
	}
	p.keepLast(matched)
	p.keepWithin(matched, now)
	p.keepPeriods(matched)
	for i := range verdicts {
		v := &verdicts[i]
		v.Keep = !v.Matched || v.kept != 0 || v.Snapshot.Creation.IsZero()
	}
	return verdicts
}

func (p Policy) keepLast(newestFirst []*Verdict) {
	for _, v := range newestFirst[:min(max(p.Last, 0), len(newestFirst))] {
		v.kept.add(last)
	}
}

func (p Policy) keepWithin(matched []*Verdict, now time.Time) {
	if p.Within <= 0 {
		return
	}
	oldest := now.Add(-p.Within)
	for _, v := range matched {
		if !v.Snapshot.Creation.Before(oldest) {
			v.kept.add(within)
		}
	}
}

// keepPeriods applies the calendar rules.
func (p Policy) keepPeriods(newestFirst []*Verdict) {
	var all []dated
	for r := hourly; r < ruleCount; r++ {
		if p.has(r) {
			all = inPeriods(all[:0], newestFirst, r)
			keepNewest(all, r, p.count(r))
		}
	}
}

// dated is a verdict and the number of the period it belongs to under the rule in hand.
type dated struct {
	period int64
	*Verdict
}

// inPeriods lists the snapshots by period, the latest first, and the newest of each period first. Where clocks were
// right the list has that order already.
func inPeriods(all []dated, newestFirst []*Verdict, r rule) []dated {
	for _, v := range newestFirst {
		if !v.Snapshot.Creation.IsZero() {
			all = append(all, dated{r.bucket(v.Snapshot.Creation), v})
		}
	}
	later := func(a, b dated) int { return cmp.Compare(b.period, a.period) }
	if !slices.IsSortedFunc(all, later) {
		slices.SortStableFunc(all, later)
	}
	return all
}

// keepNewest keeps the first of each of the first n periods, and marks the others of these periods as missed.
func keepNewest(all []dated, r rule, n int) {
	for i, d := range all {
		if i > 0 && d.period == all[i-1].period {
			d.missed.add(r)
			continue
		}
		if n == 0 {
			return
		}
		n--
		d.kept.add(r)
	}
}
