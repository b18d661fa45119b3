package verify

import (
	"strings"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// dataset is a filesystem or volume in miniature: what was seen of it, and what the actions so far have made of it.
type dataset struct {
	name string
	on   *machine

	exists  bool
	seen    *observe.Dataset  // nil: nobody has seen it
	fresh   bool              // the plan makes it, or makes it anew: what was seen of its properties does not hold
	set     map[string]string // properties that the plan sets
	kind    string            // filesystem or volume; "": unknown
	snaps   history
	marks   []bookmark
	partial *observe.Resume
	first   bool // it is what an initial receive has brought so far, and vanishes when that is dropped
	written bool // since the newest snapshot
	changed bool // what was seen of how much was written does not hold

	asked  asked
	claims *[]claim // what replicas that nobody looked at still need of it
	ties   ties
}

// bookmark is a bookmark, the action that makes it, and whether one has removed it.
type bookmark struct {
	zfs.Bookmark
	by     *action
	gone   bool
	passed []*pair // that had something newer in common when it was removed
}

// look takes in what was seen.
func (d *dataset) look(seen *observe.Dataset) {
	d.seen = seen
	if seen == nil {
		_, pool := d.on.pool(d.name) // a pool's root exists wherever the pool does
		d.exists = pool
		return
	}
	d.exists, d.kind = true, seen.Type
	d.snaps.add(seen.Snapshots, nil)
	for _, b := range seen.Bookmarks {
		d.marks = append(d.marks, bookmark{Bookmark: b})
	}
	d.partial = seen.Resume
	d.first = seen.Resume != nil && len(seen.Snapshots) == 0 && seen.Properties["inconsistent"] != "0" && zfs.Parent(d.name) != "" // a pool's root is no receive's
	w := seen.Properties["written"]
	d.written = w != "" && w != "0" && w != "-"
}

// vanish makes the dataset one that is not there.
func (d *dataset) vanish() {
	*d = dataset{name: d.name, on: d.on, seen: d.seen, fresh: true, asked: d.asked, ties: d.ties}
}

// make makes the dataset, or makes it anew, with properties of its own.
func (d *dataset) make(kind string, set map[string]string) {
	d.on.made = append(d.on.made, d)
	d.exists, d.fresh, d.kind, d.set, d.marks, d.first, d.written = true, true, kind, set, nil, false, false
}

// prop is a property as zfs get prints it, "" if it is not known.
func (d *dataset) prop(name string) string {
	if v, ok := d.set[name]; ok {
		return v
	}
	if d.seen == nil || d.fresh {
		return ""
	}
	return d.seen.Properties[name]
}

// encrypted says that the dataset is stored encrypted, if that is known.
func (d *dataset) encrypted() (yes, sure bool) {
	e := d.prop("encryption")
	return e != "" && e != "off" && e != "-", e != ""
}

// up is the dataset above, nil above a pool.
func (d *dataset) up() *dataset {
	if up := zfs.Parent(d.name); up != "" {
		return d.on.at(up)
	}
	return nil
}

// within says that the dataset is the other one or lies below it.
func (d *dataset) within(other *dataset) bool {
	return d.on == other.on && zfs.Within(d.name, other.name)
}

// mark is the bookmark of that name, nil if there is none.
func (d *dataset) mark(name string) *bookmark {
	for i := range d.marks {
		if b := &d.marks[i]; b.Name == name && !b.gone {
			return b
		}
	}
	return nil
}

// order orders the versions of the dataset: it is the createtxg as far as that was seen, and what the plan adds comes
// after all of that.
func (d *dataset) order(pos int) uint64 {
	if d.snaps.by(pos) == nil {
		return d.snaps.at(pos).CreateTXG
	}
	return 1<<63 + uint64(pos)
}

// snapshot finds the snapshot of a reference such as "@daily-1", and says what is wrong if it is not the one meant.
func (d *dataset) snapshot(ref string, guid zfs.GUID) (int, *fault) {
	name, ok := strings.CutPrefix(ref, "@")
	if !ok {
		return -1, wrong("%q is not the name of a snapshot", ref)
	}
	if !d.exists {
		return -1, d.missing()
	}
	pos := d.snaps.named(name)
	switch {
	case pos < 0:
		return -1, drift(d.name+ref+" is gone from "+d.on.title, "%s%s is not there", d.name, ref)
	case d.snaps.at(pos).GUID != guid:
		return -1, drift(d.name+ref+" is another snapshot on "+d.on.title, "%s%s is another snapshot", d.name, ref)
	}
	return pos, nil
}

// missing is the fault of working on what does not exist.
func (d *dataset) missing() *fault {
	return drift(d.name+" is gone from "+d.on.title, "%s does not exist", d.name)
}

// taken is the fault of making what exists.
func (d *dataset) taken() *fault {
	return drift(d.name+" exists on "+d.on.title, "%s exists", d.name)
}

// got is the fault of snapshots where none were: newest is the one that shows it.
func (d *dataset) got(pos int, rule string) *fault {
	return drift(d.name+" got @"+d.snaps.at(pos).Name+" on "+d.on.title, "%s", rule)
}
