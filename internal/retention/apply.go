package retention

import (
	"cmp"
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Result is what a policy says about the snapshots of one dataset.
type Result struct {
	Verdicts []Verdict // in the order of the list
	Doubts   []string  // why less goes than the policy says; each fit for a warning that says which dataset it is about
}

// Apply judges every snapshot of one dataset, oldest first as in the list. Which of two snapshots is newer is the
// list's order (createtxg): clocks go wrong. Which hour, day or week a snapshot stands for, and how much older it is
// than the newest, can only be its creation time. Calendar rules count the periods that have a snapshot, not back from
// now. One whose creation time is unknown or cannot be right counts for nothing and stays, unless Last alone decides
// and has enough newer ones. The newest one always stays.
func (p Policy) Apply(snaps []zfs.Snapshot, clock Clock) Result {
	dates := clock.dates(snaps)
	verdicts := make([]Verdict, len(snaps))
	matched := make([]*Verdict, 0, len(snaps)) // newest first
	var odd []*Verdict
	newer := 0
	for i := range slices.Backward(snaps) {
		v := &verdicts[i]
		v.Snapshot, v.policy = snaps[i], &p
		if v.Matched = p.Matches(snaps[i].Name); !v.Matched {
			continue
		}
		switch at := snaps[i].Creation; {
		case at.IsZero():
			v.standing = undated
		case !at.After(dates.limit):
			matched = append(matched, v)
		case p.usesDates() || dates.ahead || newer < max(p.Last, 1): // else it goes by the order, which is certain
			v.standing = misdated
			odd = append(odd, v)
		}
		newer++
	}
	if len(matched) > 0 {
		matched[0].standing = newest
	}
	p.keepLast(matched)
	p.keepWithin(matched)
	p.keepPeriods(matched)
	r := Result{Verdicts: verdicts}
	if len(odd) > 0 {
		slices.Reverse(odd)
		r.Doubts = append(r.Doubts, dates.misdated(odd))
	}
	if doubt := dates.doubt(); doubt != "" && p.usesDates() {
		r.Doubts = append(r.Doubts, doubt)
		spare(matched)
	}
	for i := range verdicts {
		v := &verdicts[i]
		v.Keep = !v.Matched || v.kept != 0 || v.standing != plain
	}
	return r
}

// spare keeps what no rule keeps, for the dates that the rules go by are in doubt.
func spare(matched []*Verdict) {
	for _, v := range matched {
		if v.kept == 0 && v.standing == plain {
			v.standing = spared
		}
	}
}

func (p Policy) keepLast(newestFirst []*Verdict) {
	for _, v := range newestFirst[:min(max(p.Last, 0), len(newestFirst))] {
		v.kept.add(last)
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
		all = append(all, dated{r.bucket(v.Snapshot.Creation), v})
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
