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

	kept   rules // the rules that keep it
	missed rules // the calendar rules whose period it is in without being its newest
	policy *Policy
}

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
	case v.Keep:
		return "its creation time is unknown"
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
		reasons = append(reasons, "younger than "+formatSpan(v.policy.Within))
	}
	return strings.Join(reasons, ", ")
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
		return "older than " + formatSpan(v.policy.Within)
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
