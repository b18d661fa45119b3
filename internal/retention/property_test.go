package retention

import (
	"cmp"
	"slices"
	"testing"
	"time"

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

// asWritten is the policy's meaning, word for word and without a thought for speed.
func asWritten(p Policy, snaps []zfs.Snapshot, i int, now time.Time) bool {
	s := snaps[i]
	if !p.Matches(s.Name) || s.Creation.IsZero() {
		return true
	}
	newer := 0
	for _, other := range snaps[i+1:] {
		if p.Matches(other.Name) {
			newer++
		}
	}
	if newer < p.Last || p.Within > 0 && !s.Creation.Before(now.Add(-p.Within)) {
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
		newest := map[string]int{}
		for k, other := range snaps {
			if p.Matches(other.Name) && !other.Creation.IsZero() {
				newest[label(other.Creation.UTC())] = k
			}
		}
		var periods []string
		for l := range newest {
			periods = append(periods, l)
		}
		slices.SortFunc(periods, func(a, b string) int { return cmp.Compare(b, a) })
		mine := label(s.Creation.UTC())
		if at := slices.Index(periods, mine); at < p.count(r) && newest[mine] == i {
			return true
		}
	}
	return false
}

func TestApplyMeansWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps := policies.Draw(t, "policy"), histories.Draw(t, "snapshots")
		verdicts := p.Apply(snaps, now)
		if len(verdicts) != len(snaps) {
			t.Fatalf("%d verdicts about %d snapshots", len(verdicts), len(snaps))
		}
		for i, v := range verdicts {
			if v.Snapshot != snaps[i] {
				t.Fatalf("verdict %d is about another snapshot", i)
			}
			if want := asWritten(p, snaps, i, now); v.Keep != want {
				t.Fatalf("%s: %v %s: keep %t, want %t (%s)", p, snaps[i].Name, snaps[i].Creation, v.Keep, want, v.Why())
			}
			if v.Why() == "" {
				t.Fatalf("%s: no reason", snaps[i].Name)
			}
		}
	})
}

// What a policy keeps, it keeps again: applying it twice lets nothing more go.
func TestApplyTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policies.Draw(t, "policy")
		var left []zfs.Snapshot
		for _, v := range p.Apply(histories.Draw(t, "snapshots"), now) {
			if v.Keep {
				left = append(left, v.Snapshot)
			}
		}
		for _, v := range p.Apply(left, now) {
			if !v.Keep {
				t.Fatalf("%s: %s went at the second time", p, v.Snapshot.Name)
			}
		}
	})
}

// A policy that asks for more keeps at least as much.
func TestMoreKeepsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps := policies.Draw(t, "policy"), histories.Draw(t, "snapshots")
		more := p
		more.Last += rapid.IntRange(0, 2).Draw(t, "last")
		more.Daily += rapid.IntRange(0, 2).Draw(t, "daily")
		more.Monthly += rapid.IntRange(0, 2).Draw(t, "monthly")
		more.Within += time.Duration(rapid.IntRange(0, 50).Draw(t, "hours")) * time.Hour
		after := more.Apply(snaps, now)
		for i, v := range p.Apply(snaps, now) {
			if v.Keep && !after[i].Keep {
				t.Fatalf("%s keeps %s, %s does not", p, v.Snapshot.Name, more)
			}
		}
	})
}

// Whoever asks to keep any, keeps the newest, as long as clocks are right.
func TestTheNewestStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps := policies.Draw(t, "policy"), histories.Draw(t, "snapshots")
		p.Match = []string{"*"}
		inOrder := slices.IsSortedFunc(snaps, func(a, b zfs.Snapshot) int { return a.Creation.Compare(b.Creation) })
		if p.Within = 0; p.Empty() || len(snaps) == 0 || !inOrder {
			t.Skip()
		}
		if verdicts := p.Apply(snaps, now); !verdicts[len(verdicts)-1].Keep {
			t.Fatal(verdicts[len(verdicts)-1].Why())
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
		p.Apply(snaps, now)
	}
}
