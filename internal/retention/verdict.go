package retention

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Verdict is what a policy says about one snapshot.
type Verdict struct {
	Snapshot zfs.Snapshot
	Matched  bool // the policy decides about it
	Keep     bool // it stays, as far as the policy is concerned

	kept     rules // the rules that keep it
	missed   rules // the calendar rules whose period it is in without being its newest
	standing standing
	policy   *Policy
}

// standing is why a snapshot stays whatever the rules say.
type standing uint8

const (
	plain    standing = iota // the rules decide
	newest                   // nothing that matches is newer
	undated                  // its creation time is unknown
	misdated                 // its creation time cannot be right
	paused                   // only a pause has made it too old
	spared                   // the clock is in doubt
)

// rules is a set of rules.
type rules uint8

func (s *rules) add(r rule)     { *s |= 1 << r }
func (s rules) has(r rule) bool { return s&(1<<r) != 0 }

// Why says in a few plain words what the verdict rests on. It is put together only when asked for.
func (v Verdict) Why() string {
	switch {
	case !v.Matched:
		return "not a snapshot of this policy"
	case v.kept != 0:
		return v.whyKept()
	case v.standing != plain:
		return v.whySpared()
	case v.policy.Empty():
		return "the policy has no rule"
	case v.policy.Rules() == 1:
		return v.whyGone()
	default:
		return v.whyGone() + " and kept by no other rule"
	}
}

func (v Verdict) whyKept() string {
	var reasons []string
	for r := hourly; r < ruleCount; r++ {
		if v.kept.has(r) {
			reasons = append(reasons, "newest of "+r.label(v.Snapshot.Creation))
		}
	}
	if v.kept.has(last) {
		reasons = append(reasons, lastOf(v.policy.Last))
	}
	if v.kept.has(within) {
		reasons = append(reasons, "within "+formatSpan(v.policy.Within)+" of the newest")
	}
	return strings.Join(reasons, ", ")
}

func (v Verdict) whySpared() string {
	switch v.standing {
	case newest:
		return "the newest one"
	case undated:
		return "its creation time is unknown"
	case misdated:
		return "its date, " + day(v.Snapshot.Creation) + ", is in doubt"
	case paused:
		return v.policy.tooOld() + " only by a pause"
	default:
		return "the clock is in doubt"
	}
}

func (p Policy) tooOld() string {
	return "more than " + formatSpan(p.Within) + " older than the newest"
}

// whyGone names the rule that came closest: the finest one whose period has a newer snapshot, else the one that
// reaches back the furthest.
func (v Verdict) whyGone() string {
	for r := hourly; r < ruleCount; r++ {
		if v.missed.has(r) {
			return "not the newest of " + r.label(v.Snapshot.Creation)
		}
	}
	switch r := v.policy.furthest(); {
	case r == last:
		return "not " + lastOf(v.policy.Last)
	case r == within:
		return v.policy.tooOld()
	case v.policy.count(r) == 1:
		return fmt.Sprintf("older than the last %s that has one", r.period())
	default:
		return fmt.Sprintf("older than the last %d %ss that have one", v.policy.count(r), r.period())
	}
}

func lastOf(n int) string {
	if n == 1 {
		return "the newest one"
	}
	return fmt.Sprintf("one of the last %d", n)
}

// furthest is the rule that reaches back the furthest if there is a snapshot in every period.
func (p Policy) furthest() rule {
	best, reach := last, 0.0
	for r := range ruleCount {
		if !p.has(r) {
			continue
		}
		span := float64(p.count(r)) * float64(r.length())
		if r == within {
			span = float64(p.Within)
		}
		if span > reach {
			best, reach = r, span
		}
	}
	return best
}
