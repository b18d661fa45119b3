package retention

import "time"

// keepWithin keeps what is at most Within older than the newest snapshot.
//
// Time that passed without a snapshot lets nothing go by itself: a machine that was off for 60 days, or a clock that
// jumped, must not turn 30 daily snapshots into one. A step longer than half of Within is a pause. A pause, however
// long, counts for nothing; what was there before it goes as others come, at the pace it had come in itself (see
// outlasting). Without a pause this is exactly "at most Within older than the newest".
func (p Policy) keepWithin(newestFirst []*Verdict) {
	if p.Within <= 0 || len(newestFirst) == 0 {
		return
	}
	taken := takenAt(newestFirst)
	oldest := newestFirst[0].Snapshot.Creation.Add(-p.Within)
	young := 0
	for ; young < len(taken) && !taken[young].Before(oldest); young++ {
		newestFirst[young].kept.add(within)
	}
	for _, v := range newestFirst[young:max(young, p.overPauses(taken, young))] {
		if v.standing == plain {
			v.standing = paused
		}
	}
}

// takenAt is when the snapshots were taken, as far as order and dates tell: none before one that is older.
func takenAt(newestFirst []*Verdict) []time.Time {
	taken := make([]time.Time, len(newestFirst))
	var latest time.Time
	for i := len(taken) - 1; i >= 0; i-- {
		if at := newestFirst[i].Snapshot.Creation; at.After(latest) {
			latest = at
		}
		taken[i] = latest
	}
	return taken
}

// overPauses is how many of the newest stay, given that the first keep are young enough, with what was there before
// pauses and all that is newer.
func (p Policy) overPauses(taken []time.Time, keep int) int {
	var elapsed time.Duration // from the snapshot in hand to the newest, without pauses
	pauses := 0
	for i := 0; i+1 < len(taken) && elapsed <= p.Within; i++ {
		step := taken[i].Sub(taken[i+1])
		if step <= p.Within/2 {
			elapsed += step
			continue
		}
		pauses++
		if n := p.outlasting(taken[i+1:], i+1, elapsed, pauses > 1); n > 0 {
			keep = max(keep, i+1+n)
		}
	}
	return keep
}

// outlasting is how many of the snapshots before a pause stay, given how many have come since: the most that would
// still be within Within of the newest, had those after the pause come at the average pace of those that stay. If more
// time than that has elapsed since, without pauses, then that counts. One alone has no pace, and goes by its age.
// Where pauses are often they are how this machine lives: there it is over once as many have come as would stay.
//
// It asks only about what stays, not about what there is. So to plan again after pruning lets nothing more go.
func (p Policy) outlasting(before []time.Time, since int, elapsed time.Duration, often bool) int {
	most := 0
	for i := 1; i < len(before); i++ {
		span := before[0].Sub(before[i])
		left := p.Within - span
		if left < elapsed {
			break
		}
		if pace := span / time.Duration(i); pace <= left/time.Duration(since) && !(often && since > i) {
			most = i + 1
		}
	}
	return most
}
