package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/retention"
)

var (
	words     = rapid.StringMatching(`[a-z][a-z0-9_.-]{0,6}`)
	snapGlobs = rapid.SliceOfN(rapid.StringMatching(`[a-z<&"ä-]{1,4}[*?]?`), 1, 3)
	durations = rapid.Custom(func(t *rapid.T) time.Duration {
		unit := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Minute, time.Hour, day}).Draw(t, "unit")
		return time.Duration(rapid.IntRange(1, 5000).Draw(t, "n")) * unit
	})
	policies = rapid.Custom(func(t *rapid.T) *retention.Policy {
		count := rapid.IntRange(0, 3)
		return &retention.Policy{
			Match: snapGlobs.Draw(t, "match"), Last: 1 + count.Draw(t, "last"), Within: durations.Draw(t, "within") * time.Duration(count.Draw(t, "some")),
			Hourly: count.Draw(t, "hourly"), Daily: count.Draw(t, "daily"), Weekly: count.Draw(t, "weekly"),
			Monthly: count.Draw(t, "monthly"), Yearly: count.Draw(t, "yearly"),
		}
	})
)

// optional draws the zero value now and then.
func optional[T any](g *rapid.Generator[T]) *rapid.Generator[T] {
	return rapid.OneOf(rapid.Just(*new(T)), g)
}

// jobs draws a valid job; n keeps its datasets and places apart from those of others.
func drawJob(t *rapid.T, n int) Job {
	yes := rapid.Bool()
	j := Job{
		Name:          fmt.Sprintf("%s%d", words.Draw(t, "name"), n),
		RemoteHost:    optional(rapid.SampledFrom([]string{"192.168.1.15", "nas.local", "fe80::1%eth0"})).Draw(t, "host"),
		RemotePort:    22,
		RemoteUser:    "root",
		RemotePool:    fmt.Sprintf("vault%d/%s", n, words.Draw(t, "pool")),
		Privilege:     PrivilegeNone,
		Snapshots:     Filter{Include: snapGlobs.Draw(t, "include"), Exclude: optional(rapid.Just([]string{"0*", "[1-3]?"})).Draw(t, "exclude")},
		Initial:       rapid.SampledFrom([]Initial{InitialAll, InitialLatest}).Draw(t, "initial"),
		Intermediates: yes.Draw(t, "intermediates"),
		Send: Send{
			Raw:        rapid.SampledFrom([]Raw{RawAuto, RawAlways, RawNever}).Draw(t, "raw"),
			Compressed: yes.Draw(t, "compressed"), LargeBlocks: yes.Draw(t, "largeBlocks"), Embedded: yes.Draw(t, "embedded"), Properties: yes.Draw(t, "properties"),
		},
		Receive: Receive{
			Properties: optional(rapid.Just(map[string]string{"compression": "zstd", "com.example:note": "a \"b\"\n<c>"})).Draw(t, "set"),
			Readonly:   yes.Draw(t, "readonly"),
		},
		OnModified: rapid.SampledFrom([]OnModified{ModifiedAuto, ModifiedRollback, ModifiedRefuse}).Draw(t, "onModified"),
		OnDiverged: rapid.SampledFrom([]OnDiverged{DivergedRefuse, DivergedRollback}).Draw(t, "onDiverged"),
		Bookmarks:  yes.Draw(t, "bookmarks"),
		Retention:  Retention{Source: optional(policies).Draw(t, "source"), Target: optional(policies).Draw(t, "target")},
		Limits: Limits{
			Bandwidth: optional(rapid.Int64Range(1, 1<<62)).Draw(t, "bandwidth"), Parallel: rapid.IntRange(1, 8).Draw(t, "parallel"),
			Destroy: optional(rapid.Ptr(rapid.IntRange(0, 9), false)).Draw(t, "destroy"),
		},
		Timeouts: Timeouts{Connect: durations.Draw(t, "connect"), Stall: durations.Draw(t, "stall")},
	}
	if !j.Local() {
		j.RemotePort = rapid.IntRange(1, 65535).Draw(t, "port")
		j.RemoteUser = words.Draw(t, "user")
		j.IdentityFile = optional(rapid.Just("/run/ä b/key")).Draw(t, "identity")
		j.HostKeys = optional(rapid.Just([]string{hostKey})).Draw(t, "hostKeys")
		j.Privilege = PrivilegeSudo
	}
	if j.RemoteUser == "root" {
		j.Privilege = PrivilegeNone
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "datasets") {
		d := Dataset{Name: fmt.Sprintf("tank/%d/%d%s", n, i, words.Draw(t, "dataset")), Recursive: yes.Draw(t, "recursive")}
		if d.Recursive {
			d.Exclude = optional(rapid.Just([]string{"*/cache", "tmp?"})).Draw(t, "without")
		}
		d.Target = optional(rapid.Just(fmt.Sprintf("attic%d/%d", n, i))).Draw(t, "target")
		j.Datasets = append(j.Datasets, d)
	}
	return j
}

func drawConfig(t *rapid.T) Config {
	c := Config{
		Log:          Log{File: optional(rapid.Just("/var/log/x.log")).Draw(t, "file"), Level: rapid.SampledFrom(levels).Draw(t, "level")},
		AutoSnapshot: AutoSnapshot{Enable: false, Prefix: words.Draw(t, "prefix"), Keep: durations.Draw(t, "keep")},
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "jobs") {
		c.Jobs = append(c.Jobs, drawJob(t, i))
	}
	return c
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		got, found := Parse(data)
		if len(found) > 0 {
			t.Fatalf("%s\n%s", data, found)
		}
		sorted := map[string]Job{}
		for _, j := range c.Jobs {
			sorted[j.Name] = j
		}
		for i, j := range got.Jobs {
			if i > 0 && j.Name <= got.Jobs[i-1].Name {
				t.Fatal("jobs out of order")
			}
			if diff := cmp.Diff(sorted[j.Name], j); diff != "" {
				t.Fatal(diff)
			}
		}
		got.Jobs, c.Jobs = nil, nil
		if diff := cmp.Diff(&c, got); diff != "" || len(sorted) == 0 {
			t.Fatal(diff)
		}
	})
}

// Every single mistake in an otherwise right config is found, and only that one is.
func TestOneMistakeAtATime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.MarshalIndent(drawConfig(t), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		var keys []int
		for i, l := range lines {
			if strings.HasPrefix(l, "   \"") && strings.Contains(l, `": `) && !strings.HasPrefix(l, `   "compression"`) {
				keys = append(keys, i)
			}
		}
		at := rapid.SampledFrom(keys).Draw(t, "line")
		lines[at] = `   "nonsense": 1, ` + strings.TrimSpace(lines[at])
		_, found := Parse([]byte(strings.Join(lines, "\n")))
		if len(found) != 1 || found[0].Line != at+1 || found[0].Column != 4 || !strings.HasSuffix(found[0].Path, ".nonsense") {
			t.Fatalf("%s\n%s", found, strings.Join(lines, "\n"))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(contractExample))
	f.Add([]byte(`{"version":1,"jobs":{"a.b":{"remotePool":"b","datasets":["tank",{"name":"tank/x","exclude":["[a-"]}]}},"log":{},"log":1}`))
	f.Add([]byte(withNeeds(`"retention": {"target": {"last": 1e99, "within": "1h30m"}}, "limits": {"bandwidth": "1.5G"}, "hostKeys": ["ssh-ed25519 AAAA"]`)))
	f.Add([]byte("\ufeff[\"\\ud800\"]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, found := Parse(data)
		if (c == nil) != found.HasErrors() {
			t.Fatalf("config %v beside %s", c, found)
		}
		for _, d := range found {
			if d.Line < 1 || d.Column < 1 || d.Message == "" || strings.ContainsAny(d.Message, "\n\x00") {
				t.Errorf("bad diagnostic: %+v", d)
			}
		}
		if c == nil {
			return
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		c2, found := Parse(again)
		if found.HasErrors() {
			t.Fatalf("%s\n%s", again, found)
		}
		if diff := cmp.Diff(c, c2); diff != "" {
			t.Fatal(diff)
		}
	})
}
