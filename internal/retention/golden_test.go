package retention

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// year is what a machine has after a year of daily snapshots, with a holiday in summer, hourly ones in the last two
// days and two that somebody took by hand.
func year() []zfs.Snapshot {
	var all []zfs.Snapshot
	add := func(name string, at time.Time) {
		all = append(all, zfs.Snapshot{Version: zfs.Version{Name: name, GUID: zfs.GUID(len(all) + 1), CreateTXG: uint64(len(all) + 1), Creation: at}})
	}
	for at := now.AddDate(-1, 0, 0); at.Before(now); at = at.Add(time.Hour) {
		holiday := at.Month() == time.July
		switch {
		case holiday:
		case at.Hour() == 3:
			add("daily-"+at.Format(time.DateOnly), at)
		case now.Sub(at) < 48*time.Hour:
			add("hourly-"+at.Format("2006-01-02T15"), at)
		case at.Hour() == 12 && at.Day() == 1 && at.Month()%6 == 0:
			add("before-upgrade-"+at.Format("2006-01"), at)
		}
	}
	return all
}

func TestYear(t *testing.T) {
	const day = 24 * time.Hour
	var b strings.Builder
	for _, p := range []Policy{
		{Match: []string{"daily-*"}, Within: 30 * day},
		{Match: []string{"*"}, Last: 3},
		{Match: []string{"daily-*", "hourly-*"}, Last: 2, Within: 36 * time.Hour, Hourly: 6, Daily: 7, Weekly: 4, Monthly: 12, Yearly: 5},
		{Match: []string{"hourly-*"}, Hourly: 1},
	} {
		fmt.Fprintf(&b, "# %s\n", p)
		gone := map[string]int{}
		var order []string
		for _, v := range p.Apply(year(), Clock{Now: now}).Verdicts {
			switch {
			case v.Matched && v.Keep:
				fmt.Fprintf(&b, "%s: %s\n", v.Snapshot.Name, v.Why())
			case !v.Keep:
				if gone[v.Why()] == 0 {
					order = append(order, v.Why())
				}
				gone[v.Why()]++
			}
		}
		for _, why := range order {
			fmt.Fprintf(&b, "%d gone: %s\n", gone[why], why)
		}
		b.WriteString("\n")
	}
	golden(t, "year.txt", b.String())
}

// golden compares got with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestString(t *testing.T) {
	for want, p := range map[string]Policy{
		"daily-*: last 3, within 30d, daily 7": {Match: []string{"daily-*"}, Last: 3, Within: 720 * time.Hour, Daily: 7},
		"a b: no rule":                         {Match: []string{"a", "b"}},
		"*: within 36h, yearly 1":              {Match: []string{"*"}, Within: 36 * time.Hour, Yearly: 1},
		"*: within 1m30s":                      {Match: []string{"*"}, Within: 90 * time.Second},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if n := (Policy{Last: 1, Within: 1, Daily: 1, Weekly: -1}).Rules(); n != 3 {
		t.Error(n)
	}
}
