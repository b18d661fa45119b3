package compile

import (
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// An inventory may have been written by hand, and a target may say what it likes. What cannot be true of ZFS is kept
// to the dataset that it was said of.

// accept takes what one look says of a dataset. A dataset whose own name is none is left out; one that has versions of
// impossible names is remembered as odd; values that cannot be printed are unknown.
func (m *machine) accept(name string, d *observe.Dataset) (*observe.Dataset, bool) {
	if zfs.CheckDatasetName(name) != nil || d == nil {
		m.strange = append(m.strange, name)
		return nil, false
	}
	if why := oddity(d); why != "" {
		m.odd[name] = why
	}
	unprintable := func(_, v string) bool { return strings.ContainsFunc(v, isControl) }
	for k, v := range d.Properties {
		if unprintable(k, v) {
			d = withOwnProperties(d)
			maps.DeleteFunc(d.Properties, unprintable)
			break
		}
	}
	if unfinished(d) && zfs.Parent(name) == "" { // a pool's root is there before anything is received into it
		if d.Properties["inconsistent"] == "1" {
			m.odd[name] = "an unfinished receive that made it"
		}
		d = withOwnProperties(d)
		d.Properties["inconsistent"] = "0"
	}
	return d, true
}

// withOwnProperties is the dataset with properties that may be changed.
func withOwnProperties(d *observe.Dataset) *observe.Dataset {
	c := *d
	if c.Properties = maps.Clone(d.Properties); c.Properties == nil {
		c.Properties = map[string]string{}
	}
	return &c
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// oddity is what cannot be true of a dataset, "" if all can.
func oddity(d *observe.Dataset) string {
	for i := range d.Snapshots {
		if s := &d.Snapshots[i]; !zfs.VersionName(s.Name) || s.GUID == 0 {
			return fmt.Sprintf("a snapshot with the name %q and the GUID %s", s.Name, s.GUID)
		}
	}
	if name := twice(d.Snapshots, func(s *zfs.Snapshot) *zfs.Version { return &s.Version }); name != "" {
		return "two snapshots that are @" + name
	}
	if name := twice(d.Bookmarks, func(b *zfs.Bookmark) *zfs.Version { return &b.Version }); name != "" {
		return "two bookmarks called #" + name
	}
	for i := range d.Bookmarks {
		if b := &d.Bookmarks[i]; !zfs.VersionName(b.Name) || b.GUID == 0 {
			return fmt.Sprintf("a bookmark with the name %q and the GUID %s", b.Name, b.GUID)
		}
	}
	return ""
}

// twice is the name of a version that has it, or its GUID, in common with another one of the list, "" if there is none.
// Only of bookmarks may several have one GUID.
func twice[T any](all []T, version func(*T) *zfs.Version) string {
	if len(all) < 2 {
		return ""
	}
	names, guids := make(map[string]bool, len(all)), make(map[zfs.GUID]bool, len(all))
	_, bookmarks := any(&all[0]).(*zfs.Bookmark)
	for i := range all {
		v := version(&all[i])
		if names[v.Name] || guids[v.GUID] && !bookmarks {
			return v.Name
		}
		names[v.Name], guids[v.GUID] = true, true
	}
	return ""
}

// refuseOdd refuses a pair of whose datasets something is said that cannot be.
func (p *pair) refuseOdd() bool {
	for _, side := range []struct {
		m              *machine
		name, call, at string
	}{{p.job.here, p.source, "this machine", p.here()}, {p.job.there, p.place, "the target", p.there()}} {
		if why := side.m.odd[side.name]; why != "" {
			p.refuse(plan.Blocked, map[string]any{"dataset": side.name, "says": why},
				fmt.Sprintf("%s says that %s has %s, which cannot be: nothing of it is touched", side.call, side.name, why),
				fmt.Sprintf("see what is really there, %s: zfs list -t all -r %s", side.at, shellWord(side.name)))
			return true
		}
	}
	return false
}
