package zfssim

import (
	"cmp"
	"slices"
	"strings"
)

// kind is the type of an object, as the bits of ZFS's own zfs_type_t.
type kind int

const (
	kindFilesystem kind = 1 << 0
	kindSnapshot   kind = 1 << 1
	kindVolume     kind = 1 << 2
	kindBookmark   kind = 1 << 4

	kindHead    = kindFilesystem | kindVolume
	kindDataset = kindFilesystem | kindVolume | kindSnapshot
	kindAll     = kindDataset | kindBookmark
)

func (k kind) String() string {
	switch k {
	case kindFilesystem:
		return "filesystem"
	case kindSnapshot:
		return "snapshot"
	case kindVolume:
		return "volume"
	case kindBookmark:
		return "bookmark"
	}
	return "dataset"
}

type pool struct {
	name      string
	guid      uint64
	size      uint64
	txg       uint64
	objects   uint64 // last object set number given out
	readonly  bool
	suspended bool
	disabled  []string
	root      *dataset
	space     *poolSpace // figures of generation space.gen
}

func (p *pool) has(feature string) bool { return !slices.Contains(p.disabled, feature) }

// dataset is a filesystem or a volume. The hidden %recv dataset of a receive is one too, kept in partial and not among children.
type dataset struct {
	pool     *pool
	parent   *dataset
	name     string // full
	kind     kind
	guid     uint64
	txg      uint64
	objset   uint64
	creation int64

	children map[string]*dataset // by last component
	snaps    []*snapshot         // by txg
	marks    []*bookmark         // by name
	head     *content
	props    map[string]prop
	origin   *snapshot
	crypt    *crypt
	features map[string]bool // active per-dataset features that matter to streams

	mounted      bool
	busy         bool // something has a file open below its mountpoint
	inconsistent bool
	hasReceived  bool // received properties were set at least once
	snapsChanged int64

	partial *dataset // %recv
	recv    *recvState
}

// snapshot is a read-only state of a dataset.
type snapshot struct {
	ds       *dataset
	name     string
	guid     uint64
	txg      uint64
	objset   uint64
	creation int64
	content  *content
	volsize  string
	holds    map[string]int64 // tag -> when
	clones   []*dataset
	props    map[string]prop // user properties only
	ivset    uint64
	deferred bool
	sending  int // running sends: cannot be destroyed
	features map[string]bool
}

// bookmark remembers a snapshot's identity.
type bookmark struct {
	ds       *dataset
	name     string
	guid     uint64
	txg      uint64
	creation int64
	ivset    uint64
	content  *content
}

// recvState is what a dataset being received into remembers between attempts.
type recvState struct {
	live      bool // a receive is running
	resumable bool
	toGUID    uint64
	fromGUID  uint64
	toName    string
	object    uint64
	offset    uint64
	bytes     uint64
	large     bool
	embed     bool
	compress  bool
	raw       bool
}

func (s *snapshot) full() string { return s.ds.name + "@" + s.name }
func (b *bookmark) full() string { return b.ds.name + "#" + b.name }

// base is the last component of the name.
func (d *dataset) base() string { return d.name[strings.LastIndexByte(d.name, '/')+1:] }

func (d *dataset) latest() *snapshot {
	if len(d.snaps) == 0 {
		return nil
	}
	return d.snaps[len(d.snaps)-1]
}

// prev is what the head grew from: the latest snapshot, or the origin of a clone without snapshots.
func (d *dataset) prev() *snapshot {
	if s := d.latest(); s != nil {
		return s
	}
	return d.origin
}

// modifiedSince reports whether the head differs from the snapshot. Being changed back counts as a change.
func (d *dataset) modifiedSince(s *snapshot) bool { return s != nil && d.head != s.content }

func (d *dataset) snap(name string) *snapshot {
	for _, s := range d.snaps {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (d *dataset) mark(name string) *bookmark {
	i, ok := slices.BinarySearchFunc(d.marks, name, func(b *bookmark, n string) int { return cmp.Compare(b.name, n) })
	if !ok {
		return nil
	}
	return d.marks[i]
}

// addMark keeps the bookmarks in the order of their names.
func (d *dataset) addMark(b *bookmark) {
	i, _ := slices.BinarySearchFunc(d.marks, b.name, func(b *bookmark, n string) int { return cmp.Compare(b.name, n) })
	d.marks = slices.Insert(d.marks, i, b)
}

// sorted returns the children by name.
func (d *dataset) sorted() []*dataset {
	if len(d.children) == 0 {
		return nil
	}
	out := make([]*dataset, 0, len(d.children))
	for _, c := range d.children {
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *dataset) int { return strings.Compare(a.name, b.name) })
	return out
}

// walk calls f for the dataset and everything below it, parents first.
func (d *dataset) walk(f func(*dataset)) {
	f(d)
	for _, c := range d.sorted() {
		c.walk(f)
	}
}

// newDataset makes a dataset and hangs it into its parent. The caller has begun the change with tick.
func (m *Machine) newDataset(p *pool, parent *dataset, name string, k kind) *dataset {
	p.objects += 131
	d := &dataset{
		pool: p, parent: parent, name: name, kind: k,
		guid: m.random(), txg: p.txg, objset: p.objects, creation: m.now(),
		head: &content{}, props: map[string]prop{},
	}
	if parent != nil {
		if parent.children == nil {
			parent.children = map[string]*dataset{}
		}
		parent.children[d.base()] = d
	}
	return d
}

// unlink takes the dataset out of its parent.
func (d *dataset) unlink() {
	if d.parent == nil {
		return
	}
	if d.parent.partial == d {
		d.parent.partial = nil
		return
	}
	delete(d.parent.children, d.base())
}
