package retention

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// histories are lists of snapshots as they come: an hour to some weeks apart, now and then from a clock that was
// wrong, a few not matched, rarely without a creation time.
var histories = rapid.Custom(func(t *rapid.T) []zfs.Snapshot {
	at := now.Add(-time.Duration(rapid.IntRange(0, 800).Draw(t, "days")) * 24 * time.Hour)
	var all []zfs.Snapshot
	for i := range rapid.IntRange(0, 40).Draw(t, "snapshots") {
		at = at.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 5, 24, 24, 24, 170, 700}).Draw(t, "hours")) * time.Hour)
		s := zfs.Snapshot{Version: zfs.Version{Name: "daily-" + at.Format(time.DateOnly), GUID: zfs.GUID(i + 1), CreateTXG: uint64(i), Creation: at}}
		switch rapid.IntRange(0, 19).Draw(t, "odd") {
		case 0:
			s.Creation = at.Add(time.Duration(rapid.IntRange(-1000, 1000).Draw(t, "skew")) * time.Hour)
		case 1, 2:
			s.Name = "manual"
		case 3:
			s.Creation = time.Time{}
		}
		all = append(all, s)
	}
	return all
})

var policies = rapid.Custom(func(t *rapid.T) Policy {
	n := rapid.SampledFrom([]int{0, 0, 0, 1, 2, 5, 1000})
	return Policy{
		Match: []string{"daily-*"},
		Last:  n.Draw(t, "last"), Within: time.Duration(n.Draw(t, "within")) * 24 * time.Hour,
		Hourly: n.Draw(t, "hourly"), Daily: n.Draw(t, "daily"), Weekly: n.Draw(t, "weekly"), Monthly: n.Draw(t, "monthly"), Yearly: n.Draw(t, "yearly"),
	}
})

// clocks are right or wrong, or in doubt.
var clocks = rapid.Custom(func(t *rapid.T) Clock {
	c := Clock{Now: now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, -30000, -400, -3, 3, 50, 70, 400, 30000}).Draw(t, "days")) * 24 * time.Hour)}
	c.Doubt = rapid.SampledFrom([]string{"", "", "", "two machines disagree"}).Draw(t, "doubt")
	return c
})

// asWritten is the policy's meaning, word for word and without a thought for speed, where the clock is not in doubt.
func asWritten(p Policy, snaps []zfs.Snapshot, i int) bool {
	s := snaps[i]
	reference := newestDated(snaps)
	counts := func(s zfs.Snapshot) bool {
		return p.Matches(s.Name) && !s.Creation.IsZero() && s.Creation.Sub(reference) <= 24*time.Hour
	}
	if !counts(s) && (!p.Matches(s.Name) || s.Creation.IsZero() || p.usesDates()) {
		return true
	}
	if !counts(s) {
		newer := slices.DeleteFunc(slices.Clone(snaps[i+1:]), func(s zfs.Snapshot) bool { return !p.Matches(s.Name) })
		return len(newer) < max(p.Last, 1)
	}
	var newer, older []zfs.Snapshot
	for k, other := range snaps {
		if k > i && counts(other) {
			newer = append(newer, other)
		} else if counts(other) {
			older = append(older, other)
		}
	}
	if len(newer) < max(p.Last, 1) || p.Within > 0 && withinAsWritten(append(older, newer...), len(older)-1, p.Within) {
		return true
	}
	for r, label := range map[rule]func(time.Time) string{
		hourly: func(t time.Time) string { return t.Format("2006-01-02 15") },
		daily:  func(t time.Time) string { return t.Format("2006-01-02") },
		weekly: func(t time.Time) string {
			monday := t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
			return monday.Format("2006-01-02")
		},
		monthly: func(t time.Time) string { return t.Format("2006-01") },
		yearly:  func(t time.Time) string { return t.Format("2006") },
	} {
		newestOf := map[string]int{}
		for k, other := range snaps {
			if counts(other) {
				newestOf[label(other.Creation.UTC())] = k
			}
		}
		periods := slices.Sorted(maps.Keys(newestOf))
		mine := label(s.Creation.UTC())
		if at := slices.Index(periods, mine); at >= len(periods)-p.count(r) && newestOf[mine] == i {
			return true
		}
	}
	return false
}

func newestDated(snaps []zfs.Snapshot) time.Time {
	for _, s := range slices.Backward(snaps) {
		if !s.Creation.IsZero() {
			return s.Creation
		}
	}
	return time.Time{}
}

// withinAsWritten reckons in whole hours, as the histories do: the oldest first, is the i-th within or held by a pause?
func withinAsWritten(all []zfs.Snapshot, i int, within time.Duration) bool {
	w := int(within.Hours())
	var taken []int
	latest := math.MinInt
	for _, s := range all {
		latest = max(latest, int(s.Creation.Unix()/3600))
		taken = append(taken, latest)
	}
	end := len(taken) - 1
	if taken[i] >= int(all[end].Creation.Unix()/3600)-w {
		return true
	}
	pause := func(k int) bool { return k > 0 && 2*(taken[k]-taken[k-1]) > w }
	for k := 1; k <= end; k++ { // a pause before k
		if !pause(k) {
			continue
		}
		elapsed, pauses := 0, 1
		for n := k + 1; n <= end; n++ {
			if pause(n) {
				pauses++
			} else {
				elapsed += taken[n] - taken[n-1]
			}
		}
		since := end - k + 1
		for from := range min(i+1, k-1) { // would those of from ... k-1 stay?
			span, steps := taken[k-1]-taken[from], k-1-from
			pace := float64(span) / float64(steps)
			if span+elapsed <= w && float64(span)+pace*float64(since) <= float64(w)+1e-9 && (pauses == 1 || since <= steps) {
				return true
			}
		}
	}
	return false
}

func TestApplyMeansWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps := policies.Draw(t, "policy"), histories.Draw(t, "snapshots")
		r := p.Apply(snaps, Clock{Now: newestDated(snaps)})
		if len(r.Verdicts) != len(snaps) {
			t.Fatalf("%d verdicts about %d snapshots", len(r.Verdicts), len(snaps))
		}
		for i, v := range r.Verdicts {
			if v.Snapshot != snaps[i] {
				t.Fatalf("verdict %d is about another snapshot", i)
			}
			if want := asWritten(p, snaps, i); v.Keep != want {
				t.Fatalf("%s: %v %s: keep %t, want %t (%s)", p, snaps[i].Name, snaps[i].Creation, v.Keep, want, v.Why())
			}
			if v.Why() == "" {
				t.Fatalf("%s: no reason", snaps[i].Name)
			}
		}
	})
}

// What a policy keeps, it keeps again: applying it twice lets nothing more go. And it says the same when asked again.
func TestApplyTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps, clock := policies.Draw(t, "policy"), histories.Draw(t, "snapshots"), clocks.Draw(t, "clock")
		if diff := cmp.Diff(told(p.Apply(snaps, clock)), told(p.Apply(snaps, clock))); diff != "" {
			t.Fatal(diff)
		}
		left := survivors(p, snaps, clock)
		for _, v := range p.Apply(left, clock).Verdicts {
			if !v.Keep {
				t.Fatalf("%s: %s went at the second time", p, v.Snapshot.Name)
			}
		}
	})
}

func told(r Result) string { return summary(r) + strings.Join(r.Doubts, "\n") }

// A policy that asks for more keeps at least as much. (Not so of Within where there are pauses: what is a pause
// depends on it.)
func TestMoreKeepsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps, clock := policies.Draw(t, "policy"), histories.Draw(t, "snapshots"), clocks.Draw(t, "clock")
		more := p
		more.Last += rapid.IntRange(0, 2).Draw(t, "last")
		more.Daily += rapid.IntRange(0, 2).Draw(t, "daily")
		more.Monthly += rapid.IntRange(0, 2).Draw(t, "monthly")
		if p.Within > 60*24*time.Hour {
			more.Within += time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour
		}
		after := more.Apply(snaps, clock).Verdicts
		for i, v := range p.Apply(snaps, clock).Verdicts {
			if v.Keep && !after[i].Keep {
				t.Fatalf("%s keeps %s, %s does not", p, v.Snapshot.Name, more)
			}
		}
	})
}

// Whatever the policy, and whatever clocks said, the newest stays.
func TestTheNewestStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps := policies.Draw(t, "policy"), histories.Draw(t, "snapshots")
		if v := p.Apply(snaps, clocks.Draw(t, "clock")).Verdicts; len(v) > 0 && !v[len(v)-1].Keep {
			t.Fatal(v[len(v)-1].Why())
		}
	})
}

func TestMatchGlob(t *testing.T) {
	for _, c := range []struct {
		glob, name string
		want       bool
	}{
		{"*", "", true}, {"*", "a/b", true}, {"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "ab", false},
		{"daily-*", "daily-", true}, {"daily-*", "daily", false}, {"*-x", "a-x", true}, {"*-x", "-x", true}, {"a*a", "a", false},
		{"a*a", "aa", true}, {"a*b", "a/b", true}, {"a?b", "a/b", true}, {"a[^x]b", "a/b", true}, {"a*b*c", "a1/2b3/4c", true},
		{"[a-c]*", "b1", true}, {"[a-c]*", "d1", false}, {`\*`, "*", true}, {`\*`, "a", false}, {"*[", "a", false}, {`a*\*`, "ab*", true}, {"a/*", "a/b/c", true},
	} {
		if got := MatchGlob(c.glob, c.name); got != c.want {
			t.Errorf("%q matches %q: %t", c.glob, c.name, got)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	var snaps []zfs.Snapshot
	for i := range 100 {
		at := now.AddDate(0, 0, i-100)
		snaps = append(snaps, zfs.Snapshot{Version: zfs.Version{Name: "daily-" + at.Format(time.DateOnly), Creation: at}})
	}
	p := Policy{Match: []string{"daily-*"}, Last: 3, Within: 7 * 24 * time.Hour, Daily: 7, Weekly: 4, Monthly: 12, Yearly: 2}
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(snaps, Clock{Now: now})
	}
}
