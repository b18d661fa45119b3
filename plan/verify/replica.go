package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// replica is a dataset of the replay, as far as the replay knows it. What is looked up in it is indexed, so that a
// dataset with very many snapshots costs no more than in proportion.
type replica struct {
	exists   bool
	snaps    []zfs.Snapshot
	marks    []zfs.Bookmark
	partial  *observe.Resume
	modified bool
	first    bool // what an initial receive left: gone when it is aborted

	names map[string]zfs.GUID // of snaps; nil: not needed so far
	guids map[zfs.GUID]int    // how many of snaps and marks have it; nil: not needed so far
}

func newReplica(d *observe.Dataset) *replica {
	if d == nil {
		return &replica{}
	}
	w := d.Properties["written"]
	r := &replica{exists: true, snaps: slices.Clone(d.Snapshots), marks: slices.Clone(d.Bookmarks), partial: d.Resume,
		modified: w != "" && w != "0" && w != "-", first: unfinished(d)}
	for i := range r.snaps {
		if d.Resume != nil && r.snaps[i].GUID == d.Resume.FromGUID && r.snaps[i].Clones > 0 {
			r.snaps[i].Clones-- // the partial receive itself, which is finished or dropped first
		}
	}
	return r
}

// named is the GUID of the snapshot of that name, 0 if there is none.
func (r *replica) named(name string) zfs.GUID {
	if r.names == nil {
		r.names = make(map[string]zfs.GUID, len(r.snaps))
		for _, s := range r.snaps {
			r.names[s.Name] = s.GUID
		}
	}
	return r.names[name]
}

// has says that some snapshot or bookmark is of that version.
func (r *replica) has(g zfs.GUID) bool {
	if r.guids == nil {
		r.guids = make(map[zfs.GUID]int, len(r.snaps)+len(r.marks))
		for _, s := range r.snaps {
			r.guids[s.GUID]++
		}
		for _, b := range r.marks {
			r.guids[b.GUID]++
		}
	}
	return r.guids[g] > 0
}

// holds says that the dataset has the version under the name of the reference.
func (r *replica) holds(v plan.Ref) bool {
	if !v.Bookmark() {
		return r.named(v.Name[1:]) == v.GUID
	}
	return slices.ContainsFunc(r.marks, func(b zfs.Bookmark) bool { return "#"+b.Name == v.Name && b.GUID == v.GUID })
}

func (r *replica) count(g zfs.GUID, n int) {
	if r.guids != nil {
		r.guids[g] += n
	}
}

// receive adds a snapshot as the newest, and says why ZFS would refuse it.
func (r *replica) receive(s zfs.Snapshot) string {
	if r.named(s.Name) != 0 {
		return "@" + s.Name + " exists on the replica"
	}
	s.Holds, s.Clones = 0, 0 // those of the source stay there
	r.snaps = append(r.snaps, s)
	r.names[s.Name] = s.GUID
	r.plan.Count(s.GUID, 1)
	return ""
}

func (r *replica) rollback(d plan.Rollback) string {
	if r.partial != nil {
		return "a partial receive is in the way"
	}
	if rule := r.destroy(d.Destroys); rule != "" {
		return rule
	}
	if rule := r.unmark(d.Bookmarks); rule != "" {
		return rule
	}
	switch newest := len(r.snaps) - 1; {
	case newest < 0 || r.named(d.To.Name[1:]) != d.To.GUID:
		return d.To.Name + " is not there"
	case r.snaps[newest].GUID != d.To.GUID:
		return "newer snapshots would be in the way that it does not list"
	}
	r.modified = false
	return ""
}

func (r *replica) bookmark(d plan.Bookmark) string {
	g := r.named(d.Snapshot)
	if g == 0 {
		return "@" + d.Snapshot + " is not there"
	}
	if slices.ContainsFunc(r.marks, func(b zfs.Bookmark) bool { return b.Name == d.Bookmark }) {
		return "#" + d.Bookmark + " exists"
	}
	r.marks = append(r.marks, zfs.Bookmark{Version: zfs.Version{Name: d.Bookmark, GUID: g}})
	r.count(g, 1)
	return ""
}

// destroy destroys snapshots, and says why ZFS would refuse it.
func (r *replica) destroy(names []string) string {
	going := make(map[string]bool, len(names))
	for _, n := range names {
		if going[n] = true; r.named(n) == 0 {
			return "@" + n + " is not there"
		}
	}
	if len(going) == 0 {
		return ""
	}
	for _, s := range r.snaps {
		if going[s.Name] && (s.Holds > 0 || s.Clones > 0) {
			return "@" + s.Name + " is held or has clones"
		}
	}
	r.snaps = slices.DeleteFunc(r.snaps, func(s zfs.Snapshot) bool {
		if going[s.Name] {
			delete(r.names, s.Name)
			r.plan.Count(s.GUID, -1)
		}
		return going[s.Name]
	})
	return ""
}

// unmark destroys bookmarks.
func (r *replica) unmark(names []string) string {
	going := make(map[string]bool, len(names))
	for _, n := range names {
		going[n] = true
	}
	found := 0
	r.marks = slices.DeleteFunc(r.marks, func(b zfs.Bookmark) bool {
		if going[b.Name] {
			found++
			r.count(b.GUID, -1)
		}
		return going[b.Name]
	})
	if found != len(going) {
		return "it removes a bookmark that is not there"
	}
	return ""
}
