// Package retention decides which snapshots stay, and says why for each. It is pure: the time is a parameter, and
// what a policy lets go may still have to stay for other reasons, which are the planner's.
//
// Age is measured against the history, not against the clock, and no jump empties a history: docs/decisions says why.
package retention

import (
	"fmt"
	"strings"
	"time"
)

// Policy says which of the snapshots it matches stay. A matching snapshot that no rule keeps goes; one that it does
// not match is none of its business.
type Policy struct {
	Match                                  []string      // globs of snapshot names
	Last                                   int           // the newest n
	Within                                 time.Duration // what is at most so much older than the newest
	Hourly, Daily, Weekly, Monthly, Yearly int           // the newest of each of the last n hours, days (UTC), ... that have one
}

// Rules counts the rules of p that can keep something.
func (p Policy) Rules() int {
	n := 0
	for r := range ruleCount {
		if p.has(r) {
			n++
		}
	}
	return n
}

// Empty says that p has no rule, so that it would let go of all it matches.
func (p Policy) Empty() bool { return p.Rules() == 0 }

// usesDates says that p has a rule that goes by dates: any but Last.
func (p Policy) usesDates() bool {
	for r := within; r < ruleCount; r++ {
		if p.has(r) {
			return true
		}
	}
	return false
}

// Matches says that the policy decides about the snapshot of that name, without dataset and @.
func (p Policy) Matches(snapshot string) bool { return MatchAny(p.Match, snapshot) }

// String is the policy in one line: "daily-*: last 3, within 30d, daily 7".
func (p Policy) String() string {
	var rules []string
	for r := range ruleCount {
		switch {
		case !p.has(r):
		case r == within:
			rules = append(rules, "within "+formatSpan(p.Within))
		default:
			rules = append(rules, fmt.Sprintf("%s %d", r, p.count(r)))
		}
	}
	if len(rules) == 0 {
		rules = []string{"no rule"}
	}
	return strings.Join(p.Match, " ") + ": " + strings.Join(rules, ", ")
}

func (p Policy) has(r rule) bool {
	if r == within {
		return p.Within > 0
	}
	return p.count(r) > 0
}

func (p Policy) count(r rule) int {
	switch r {
	case last:
		return p.Last
	case hourly:
		return p.Hourly
	case daily:
		return p.Daily
	case weekly:
		return p.Weekly
	case monthly:
		return p.Monthly
	case yearly:
		return p.Yearly
	default:
		return 0
	}
}

// formatSpan prints whole days and hours as people write them.
func formatSpan(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	default:
		return d.String()
	}
}
