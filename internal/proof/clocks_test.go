package proof

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// No pause, and no clock that jumps on either machine, empties a history: however many nights were missed, and whatever
// the time is said to be, as many snapshots stay on both sides as stay in ordinary nights. (One less is allowed: the last
// one before a pause, being alone, has no pace; see internal/retention/within.go.)
func TestClocksEmptyNothing(t *testing.T) {
	n := 10
	if soak(t) > 0 {
		n = soak(t) / 40
	}
	checking(t, n)
	rapid.Check(t, func(t *rapid.T) {
		s := bareSeason(t)
		s.regular()
		ours := s.pick(2) == 0
		for range 16 {
			s.regularNight(ours)
		}
		least := s.kept()
		for night := range 20 {
			if night%14 == 0 { // more often would be how this machine lives
				s.clockEvent()
			}
			s.regularNight(ours)
			for history, n := range s.kept() {
				if n < least[history]-1 {
					s.fail("%s has %d snapshots left, of the %d that ordinary nights leave", history, n, least[history])
				}
			}
		}
	})
}

// regular is one job whose policies leave the same number of snapshots every night.
func (s *season) regular() {
	policy := func() map[string]any {
		p := map[string]any{"match": []any{"*"}}
		for range 1 + s.pick(2) {
			switch s.pick(3) {
			case 0:
				p["last"] = 2 + s.pick(5)
			case 1:
				p["within"] = fmt.Sprintf("%dd", 2+s.pick(9))
			case 2:
				p["daily"] = 2 + s.pick(9)
			}
		}
		return p
	}
	s.addSlot(s.dst.Machine, "box.test", "vault", false)
	s.subscribe([2]map[string]any{{"vault": map[string]any{"remoteHost": "box.test", "remotePool": "vault", "datasets": []any{"tank/a"},
		"retention": map[string]any{"source": policy(), "target": policy()}}}, {}})
	s.cfg = s.files[0]
}

// regularNight is a snapshot, by zfsrep or by another tool, and a run.
func (s *season) regularNight(ours bool) {
	s.clock = s.clock.Add(oneDay)
	if ours {
		s.snapshot()
	} else {
		s.here("zfs snapshot -r tank/a@" + s.fresh())
	}
	s.clock = s.clock.Add(time.Minute)
	s.run()
	s.clock = s.clock.Add(-time.Minute)
}

// kept counts the snapshots of both sides.
func (s *season) kept() map[string]int {
	count := map[string]int{}
	for _, d := range []string{"tank/a", "tank/a/b"} {
		count["the source "+d] = len(guids(versions(s.src), d, false))
		place := "vault" + d[len("tank"):]
		count["the replica "+place] = len(guids(versions(s.slots[0].side), place, false))
	}
	return count
}
