package retention

import (
	"fmt"
	"time"
)

// rule is one way for a snapshot to stay. The calendar rules come last, the finest first.
type rule uint8

const (
	last rule = iota
	within
	hourly
	daily
	weekly
	monthly
	yearly
	ruleCount
)

const (
	secondsPerHour = 60 * 60
	secondsPerDay  = 24 * secondsPerHour
)

// String is the rule's name in the config.
func (r rule) String() string {
	return [ruleCount]string{"last", "within", "hourly", "daily", "weekly", "monthly", "yearly"}[r]
}

// period is what one snapshot of a calendar rule stands for.
func (r rule) period() string {
	return [ruleCount]string{"", "", "hour", "day", "week", "month", "year"}[r]
}

// length is roughly how long a period lasts: good for comparing the reach of rules only.
func (r rule) length() time.Duration {
	const day = 24 * time.Hour
	return [ruleCount]time.Duration{0, 0, time.Hour, day, 7 * day, 30 * day, 365 * day}[r]
}

// bucket numbers the period of a calendar rule that t falls into; a later period has a greater number. Periods are
// in UTC, weeks are ISO weeks.
func (r rule) bucket(t time.Time) int64 {
	switch r {
	case hourly:
		return floorDiv(t.Unix(), secondsPerHour)
	case daily:
		return floorDiv(t.Unix(), secondsPerDay)
	case weekly: // 1970-01-01 was a Thursday
		return floorDiv(floorDiv(t.Unix(), secondsPerDay)+3, 7)
	case monthly:
		year, month, _ := t.UTC().Date()
		return int64(year)*12 + int64(month)
	default:
		return int64(t.UTC().Year())
	}
}

// label names the period of a calendar rule that t falls into.
func (r rule) label(t time.Time) string {
	t = t.UTC()
	switch r {
	case hourly:
		return t.Format("2006-01-02 15:00")
	case daily:
		return t.Format(time.DateOnly)
	case weekly:
		year, week := t.ISOWeek()
		return fmt.Sprintf("week %04d-W%02d", year, week)
	case monthly:
		return t.Format("2006-01")
	default:
		return t.Format("2006")
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
