package retention

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

var now = time.Date(2025, 11, 26, 4, 0, 0, 0, time.UTC)

// snaps reads a notation of one snapshot a word, oldest first: "name@11-26T03", "name@2024-11-26", "name@?" for an
// unknown creation time. Month and hour default to a 2025 at 03:00; a name defaults to the whole word.
func snaps(t testing.TB, words string) []zfs.Snapshot {
	t.Helper()
	var all []zfs.Snapshot
	for i, w := range strings.Fields(words) {
		name, when, ok := strings.Cut(w, "@")
		if !ok {
			name, when = w, w
		}
		var s zfs.Snapshot
		s.Name, s.GUID, s.CreateTXG = name, zfs.GUID(i+1), uint64(i+1)
		if when != "?" {
			s.Creation = date(t, when)
		}
		all = append(all, s)
	}
	return all
}

func date(t testing.TB, s string) time.Time {
	t.Helper()
	day, hour, ok := strings.Cut(s, "T")
	if !ok {
		hour = "03"
	}
	if strings.Count(day, "-") == 1 {
		day = "2025-" + day
	}
	at, err := time.Parse("2006-01-02T15", day+"T"+hour)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func kept(r Result) string {
	var names []string
	for _, v := range r.Verdicts {
		if v.Keep {
			names = append(names, v.Snapshot.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestApply(t *testing.T) {
	all := []string{"*"}
	const day = 24 * time.Hour
	for _, c := range []struct {
		name   string
		policy Policy
		snaps  string
		keeps  string
	}{
		{"nothing to judge", Policy{Match: all, Last: 1}, "", ""},
		{"the newest two", Policy{Match: all, Last: 2}, "a@11-01 b@11-02 c@11-03", "b c"},
		{"more than there are", Policy{Match: all, Last: 9}, "a@11-01 b@11-02", "a b"},
		{"what does not match stays and counts for nothing", Policy{Match: []string{"daily-*"}, Last: 1},
			"daily-1@11-01 manual@11-02 daily-2@11-03 hourly-1@11-04", "manual daily-2 hourly-1"},
		{"no rule keeps but the newest", Policy{Match: all}, "a@11-01 b@11-02", "b"},
		{"exactly as old as allowed stays", Policy{Match: all, Within: 4 * day}, "a@11-22T03 b@11-22T04 c@11-24T04 d@11-25 e@11-26T04", "b c d e"},
		{"age counts from the newest, not from now", Policy{Match: all, Within: 2 * day}, "a@11-01 b@11-02 c@11-03 d@11-04", "b c d"},
		{"age counts from the newest that matches", Policy{Match: []string{"daily-*"}, Within: 2 * day},
			"daily-1@11-01 daily-2@11-02 daily-3@11-03 daily-4@11-04 manual@11-26", "daily-2 daily-3 daily-4 manual"},
		{"an older one is no younger than one that came before it", Policy{Match: all, Within: 2 * day}, "a@11-22 b@11-25 c@1970-01-01 d@11-26", "b c d"},
		{"an unknown creation time keeps", Policy{Match: all, Daily: 1}, "a@? b@11-25 c@11-26", "a c"},
		{"and counts for nothing", Policy{Match: all, Last: 2}, "a@11-24 b@11-25 c@11-26 d@?", "b c d"},
		{"days that have one, not days back from now", Policy{Match: all, Daily: 2}, "a@03-01 b@04-01 c@05-01", "b c"},
		{"the newest of a day", Policy{Match: all, Daily: 1}, "a@11-26T01 b@11-26T02 c@11-26T03", "c"},
		{"a day ends at midnight UTC", Policy{Match: all, Daily: 2}, "a@11-25T22 b@11-25T23 c@11-26T00", "b c"},
		{"within a day the list decides", Policy{Match: all, Daily: 1}, "a@11-26T05 b@11-26T04", "b"},
		{"a clock that ran ahead does not hide the days after it", Policy{Match: all, Daily: 2}, "a@11-24 b@11-30 c@11-25 d@11-26", "b c d"},
		{"a day that comes back is one day", Policy{Match: all, Daily: 2}, "a@11-26 b@11-25 c@11-26", "b c"},
		{"hours", Policy{Match: all, Hourly: 2}, "a@11-26T01 b@11-26T02 c@11-26T02 d@11-26T03", "c d"},
		{"a week begins on Monday", Policy{Match: all, Weekly: 2}, "a@11-22 b@11-23 c@11-24 d@11-26", "b d"},
		{"an ISO week spans the new year", Policy{Match: all, Weekly: 2}, "a@2024-12-29 b@2024-12-30 c@2025-01-01 d@2025-01-05", "a d"},
		{"months", Policy{Match: all, Monthly: 2}, "a@09-30 b@10-01 c@10-31 d@11-01", "c d"},
		{"the same month of another year", Policy{Match: all, Monthly: 2}, "a@2024-11-01 b@2025-11-01", "a b"},
		{"years", Policy{Match: all, Yearly: 2}, "a@2023-12-31 b@2024-01-01 c@2024-12-31 d@2025-01-01", "c d"},
		{"before 1970", Policy{Match: all, Daily: 2}, "a@1969-12-30T23 b@1969-12-31T00 c@1969-12-31T23 d@1970-01-01T00", "c d"},
		{"rules add up", Policy{Match: all, Last: 1, Daily: 2, Monthly: 2, Within: day},
			"a@09-30 b@10-31 c@11-24 d@11-24T20 e@11-25T15 f@11-26", "b e f"},
		{"negative counts are none", Policy{Match: all, Last: -1, Daily: -1}, "a@11-25 b@11-26", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.keeps, kept(c.policy.Apply(snaps(t, c.snaps), Clock{Now: now, Witness: now}))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ExampleVerdict_Why() {
	p := Policy{Match: []string{"daily-*"}, Last: 1, Daily: 2, Within: 30 * 24 * time.Hour}
	for _, v := range p.Apply(snaps(&testing.T{}, "daily-a@10-20 daily-b@11-25T02 daily-c@11-25 manual@11-25T04 daily-d@11-26"), Clock{Now: now}).Verdicts {
		fmt.Println(v.Snapshot.Name, v.Keep, v.Why())
	}
	// Output:
	// daily-a false more than 30d older than the newest and kept by no other rule
	// daily-b true within 30d of the newest
	// daily-c true newest of 2025-11-25, within 30d of the newest
	// manual true not a snapshot of this policy
	// daily-d true newest of 2025-11-26, the newest one, within 30d of the newest
}
