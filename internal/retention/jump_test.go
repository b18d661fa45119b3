package retention

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Properties of histories whose clocks jump, go wrong, or are looked at by a clock that is.

// regular is a dataset that gets a snapshot every pace and is pruned after each by a policy of Within alone.
type regular struct {
	policy Policy
	pace   time.Duration
	at     time.Time
	count  int
	left   []zfs.Snapshot
}

func newRegular(t *rapid.T) *regular {
	pace := time.Duration(rapid.IntRange(1, 48).Draw(t, "pace")) * time.Hour
	reach := rapid.IntRange(2, 60).Draw(t, "steps within")
	over := time.Duration(rapid.IntRange(0, 59).Draw(t, "minutes more")) * pace / 60
	r := &regular{policy: Policy{Match: []string{"*"}, Within: time.Duration(reach)*pace + over}, pace: pace, at: now}
	for range rapid.IntRange(1, 80).Draw(t, "nights before") {
		r.night(pace)
	}
	return r
}

// night takes a snapshot that long after the last one and prunes.
func (r *regular) night(step time.Duration) {
	r.at = r.at.Add(step)
	r.count++
	s := zfs.Snapshot{Version: zfs.Version{Name: fmt.Sprint(r.count), GUID: zfs.GUID(r.count), CreateTXG: uint64(r.count), Creation: r.at}}
	r.left = survivors(r.policy, append(slices.Clone(r.left), s), Clock{Now: r.at})
}

func jumps(t *rapid.T, r *regular) time.Duration {
	return r.policy.Within/2 + time.Duration(rapid.IntRange(1, 20000).Draw(t, "hours more"))*time.Hour
}

// A machine that was off, or a clock that jumps, once: no night takes more than one more than it adds. And when the
// time of Within has passed on top, nothing from before is left.
func TestOneJumpEmptiesNoHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRegular(t)
		before, jumped := len(r.left), r.count
		r.night(jumps(t, r))
		for night := range int(r.policy.Within/r.pace) + 2 {
			if len(r.left) < before-1 {
				t.Fatalf("%s every %s, night %d after the jump: %d became %d", r.policy, r.pace, night, before, len(r.left))
			}
			before = len(r.left)
			r.night(r.pace)
		}
		if r.left[0].GUID <= zfs.GUID(jumped) {
			t.Fatalf("%s every %s: %s from before the jump is still there", r.policy, r.pace, r.left[0].Name)
		}
	})
}

// Two jumps, whatever comes between them: none takes more than half of what there is.
func TestTwoJumpsEmptyNoHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newRegular(t)
		for range 2 {
			before := len(r.left)
			r.night(jumps(t, r))
			for range rapid.IntRange(1, 40).Draw(t, "nights after") {
				if 2*(len(r.left)+1) < before {
					t.Fatalf("%s every %s: %d became %d", r.policy, r.pace, before, len(r.left))
				}
				before = len(r.left)
				r.night(r.pace)
			}
		}
	})
}

// honest draws a history in which dates follow the order.
func honest(t *rapid.T) []zfs.Snapshot {
	snaps := histories.Draw(t, "snapshots")
	at := now
	for i := range slices.Backward(snaps) {
		if snaps[i].Creation.IsZero() || snaps[i].Creation.After(at) {
			snaps[i].Creation = at
		}
		at = snaps[i].Creation
	}
	return snaps
}

// Once a pause is longer than Within, its length does not matter.
func TestALongerPauseTakesNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Policy{Match: []string{"daily-*"}, Within: time.Duration(rapid.IntRange(1, 1000).Draw(t, "hours")) * time.Hour}
		snaps := honest(t)
		if len(snaps) == 0 {
			t.Skip()
		}
		at := rapid.IntRange(0, len(snaps)-1).Draw(t, "pause before")
		paused := func(hours int) []zfs.GUID {
			moved := slices.Clone(snaps)
			for i := range moved[:at] {
				moved[i].Creation = moved[i].Creation.Add(-p.Within - time.Duration(hours)*time.Hour)
			}
			return keptOf(p.Apply(moved, Clock{Now: moved[len(moved)-1].Creation}), func(zfs.Snapshot) bool { return true })
		}
		if short, long := paused(1), paused(rapid.IntRange(1, 20000).Draw(t, "more hours")); !slices.Equal(short, long) {
			t.Fatalf("%s, a pause before %d: %v, a longer one: %v", p, at, short, long)
		}
	})
}

// One more snapshot, however much later, makes each rule but Within let go of one at most.
func TestOneMoreTakesOnePerRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := policies.Draw(t, "policy")
		p.Within = 0
		snaps := honest(t)
		left := survivors(p, snaps, Clock{Now: newestDated(snaps)})
		next := zfs.Snapshot{Version: zfs.Version{Name: "daily-next", GUID: 1000, CreateTXG: 1000,
			Creation: now.Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "hours later")) * time.Hour)}}
		after := survivors(p, append(slices.Clone(left), next), Clock{Now: next.Creation})
		if lost := len(left) + 1 - len(after); lost > max(p.Rules(), 1) {
			t.Fatalf("%s: one more took %d", p, lost)
		}
	})
}

// Snapshots with a date that cannot be right change nothing for the others, wherever they are in the list.
func TestMisdatedPushNothingOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps, clock := policies.Draw(t, "policy"), histories.Draw(t, "snapshots"), clocks.Draw(t, "clock")
		newest := newestDated(snaps)
		if newest.IsZero() {
			t.Skip()
		}
		bogus := zfs.Snapshot{Version: zfs.Version{Name: "daily-bogus", GUID: 5000, Creation: newest.Add(25 * time.Hour)}}
		with := slices.Clone(snaps)
		for range rapid.IntRange(1, 9).Draw(t, "bogus ones") {
			bogus.Creation = bogus.Creation.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "hours on")) * time.Hour)
			before := slices.IndexFunc(with, func(s zfs.Snapshot) bool { return s.Creation.Equal(newest) })
			with = slices.Insert(with, rapid.IntRange(0, before).Draw(t, "at"), bogus)
		}
		// By order alone, one more is one more: Last without another rule may let go of what is misdated itself.
		compared := func(s zfs.Snapshot) bool {
			return s.GUID != bogus.GUID && (p.usesDates() || s.Creation.Sub(newest) <= 24*time.Hour)
		}
		without, among := keptOf(p.Apply(snaps, clock), compared), keptOf(p.Apply(with, clock), compared)
		if diff := cmp.Diff(without, among); diff != "" {
			t.Fatalf("%s: -without +with\n%s", p, diff)
		}
		if p.usesDates() && len(keptOf(p.Apply(with, clock), func(s zfs.Snapshot) bool { return s.GUID == bogus.GUID })) < len(with)-len(snaps) {
			t.Fatalf("%s: a misdated one went", p)
		}
	})
}

// keptOf lists what stays, of the snapshots asked for.
func keptOf(r Result, asked func(zfs.Snapshot) bool) []zfs.GUID {
	var kept []zfs.GUID
	for _, v := range r.Verdicts {
		if v.Keep && asked(v.Snapshot) {
			kept = append(kept, v.Snapshot.GUID)
		}
	}
	return kept
}

// No clock, whatever it says, takes more than a right one.
func TestAWrongClockTakesNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, snaps, wrong := policies.Draw(t, "policy"), histories.Draw(t, "snapshots"), clocks.Draw(t, "clock")
		right := Clock{Now: newestDated(snaps).Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "hours since the newest")) * time.Hour)}
		kept := p.Apply(snaps, wrong).Verdicts
		for i, v := range p.Apply(snaps, right).Verdicts {
			if v.Keep && !kept[i].Keep {
				t.Fatalf("%s: %s goes only when the clock says %s", p, v.Snapshot.Name, wrong.Now)
			}
		}
	})
}
