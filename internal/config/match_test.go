package config

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		entry Dataset
		yes   string
		no    string
	}{
		{Dataset{Name: "tank/a", Recursive: true}, "tank/a tank/a/b tank/a/b/c", "tank tank/ab tank/b tan tank/a-b"},
		{Dataset{Name: "tank/a"}, "tank/a", "tank tank/a/b tank/ab"},
		{Dataset{Name: "tank", Recursive: true}, "tank tank/a", "tank2 tank2/a"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"tank/a/tmp"}}, "tank/a tank/a/b tank/a/tmp2 tank/a/b/tmp", "tank/a/tmp tank/a/tmp/x/y"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"tmp"}}, "tank/a tank/a/b tank/a/tmp2 tank/a/b/tmp", "tank/a/tmp tank/a/tmp/x/y"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"*/tmp"}}, "tank/a tank/a/b", "tank/a/tmp tank/a/b/tmp tank/a/b/c/tmp tank/a/b/tmp/x"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"tmp*"}}, "tank/a tank/a/b/tmp", "tank/a/tmp tank/a/tmp2 tank/a/tmp/b/x"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"*/cache-?/[0-9]*"}}, "tank/a tank/a/b/cache-1 tank/a/b/cache-1/x", "tank/a/b/cache-1/7 tank/a/b/c/cache-x/7/y"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"*"}}, "tank/a", "tank/a/b tank/a/b/c"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"tank/a"}}, "tank/a tank/a/b", ""},
		{Dataset{Name: "tank/tank/a", Recursive: true, Exclude: []string{"tank/*"}}, "tank/tank/a", "tank/tank/a/x"},
		{Dataset{Name: "tank/a", Recursive: true, Exclude: []string{"x", "y"}}, "tank/a/z", "tank/a/x tank/a/y/z"},
	} {
		for _, name := range strings.Fields(c.yes) {
			if !c.entry.Covers(name) {
				t.Errorf("%+v does not cover %s", c.entry, name)
			}
		}
		for _, name := range strings.Fields(c.no) {
			if c.entry.Covers(name) {
				t.Errorf("%+v covers %s", c.entry, name)
			}
		}
	}
}

// Whatever is excluded stays out with all below it, and nothing outside of the entry ever comes in.
func TestCoversIsATree(t *testing.T) {
	component := rapid.StringMatching(`[abt][0-9]?`)
	rapid.Check(t, func(t *rapid.T) {
		name := func(label string) string {
			return "p/" + strings.Join(rapid.SliceOfN(component, 1, 4).Draw(t, label), "/")
		}
		d := Dataset{
			Name: name("entry"), Recursive: rapid.Bool().Draw(t, "recursive"),
			Exclude: rapid.SliceOfN(rapid.StringMatching(`(p/)?[abt*?/0-9]{1,5}|\[a-b\]`), 0, 2).Draw(t, "exclude"),
		}
		child := name("child")
		if d.Covers(child) && child != d.Name {
			if !d.Recursive || !strings.HasPrefix(child, d.Name+"/") {
				t.Fatalf("%+v covers %s", d, child)
			}
			parent := child[:strings.LastIndexByte(child, '/')]
			if !d.Covers(parent) {
				t.Fatalf("%+v covers %s, but not %s", d, child, parent)
			}
		}
		if !d.Covers(d.Name) {
			t.Fatalf("%+v does not cover itself", d)
		}
	})
}

func TestFilter(t *testing.T) {
	for _, c := range []struct {
		filter  Filter
		yes, no string
	}{
		{Filter{Include: []string{"*"}}, "daily-1 x", ""},
		{Filter{}, "", "daily-1"},
		{Filter{Include: []string{"daily-*", "weekly-*"}, Exclude: []string{"*-tmp"}}, "daily-1 weekly-", "hourly-1 daily-tmp xdaily-1 daily"},
		{Filter{Include: []string{"zfs-auto-snap_*-2025-??-*"}}, "zfs-auto-snap_daily-2025-11-26-03h00", "zfs-auto-snap_daily-2024-11-26-03h00"},
		{Filter{Include: []string{`a\*`}}, "a*", "ab"},
	} {
		for _, name := range strings.Fields(c.yes) {
			if !c.filter.Matches(name) {
				t.Errorf("%+v does not match %s", c.filter, name)
			}
		}
		for _, name := range strings.Fields(c.no) {
			if c.filter.Matches(name) {
				t.Errorf("%+v matches %s", c.filter, name)
			}
		}
	}
}

func TestPlaceAndEntry(t *testing.T) {
	j := Job{RemotePool: "vault/kraken", Datasets: []Dataset{
		{Name: "tank/a", Recursive: true, Exclude: []string{"b"}}, {Name: "tank/a/b", Target: "attic/b"}, {Name: "rpool"},
	}}
	for _, c := range []struct{ source, place string }{
		{"tank/a", "vault/kraken/a"}, {"tank/a/x/y", "vault/kraken/a/x/y"}, {"tank/a/b", "attic/b"}, {"rpool", "vault/kraken"},
		{"tank/a/b/c", ""}, {"rpool/x", ""}, {"tank", ""},
	} {
		d, ok := j.Entry(c.source)
		if got := j.Place(d, c.source); ok != (c.place != "") || ok && got != c.place {
			t.Errorf("%s: %q, %t", c.source, got, ok)
		}
	}
}

func BenchmarkCovers(b *testing.B) {
	for _, exclude := range [][]string{nil, {"*/cache"}, {"tank/data/tmp*"}, {"*/cache-[0-9]"}} {
		b.Run(fmt.Sprint(exclude), func(b *testing.B) {
			d := Dataset{Name: "tank/data", Recursive: true, Exclude: exclude}
			b.ReportAllocs()
			for b.Loop() {
				d.Covers("tank/data/home/alice/projects")
			}
		})
	}
}
