package zfssim

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// Spec is a dataset as it is, for putting a machine together from what was observed of another instead of from its history.
type Spec struct {
	Name   string
	Volume bool
	GUID   uint64
	Props  map[string]string // set locally
	// Snapshots in any order; Txg decides. Two snapshots with one GUID, here or on another machine, hold the same.
	Snapshots []SnapshotSpec
	Bookmarks []BookmarkSpec
	Origin    string // full name of a snapshot put before
	Modified  bool   // written to since the newest snapshot
	Mounted   bool
	Key       *KeySpec
	Resume    *ResumeSpec
}

// SnapshotSpec is a snapshot.
type SnapshotSpec struct {
	Name     string
	GUID     uint64
	Txg      uint64
	Creation time.Time
	Holds    int
	IVSet    uint64
}

// BookmarkSpec is a bookmark.
type BookmarkSpec struct {
	Name     string
	GUID     uint64
	Txg      uint64
	Creation time.Time
	IVSet    uint64
}

// KeySpec is the encryption of a dataset.
type KeySpec struct {
	Cipher string
	// Lineage is the identity of the master key: a replica sent raw has its source's.
	Lineage uint64
	Root    string // the encryption root: this dataset or one put before; empty: this one
	Loaded  bool
}

// ResumeSpec is a receive that was cut, or one that is running.
type ResumeSpec struct {
	ToGUID, FromGUID uint64
	ToName           string
	Raw              bool
	Running          bool
}

// Put makes a dataset, and missing parents, as described. The pool must be there. A dataset that exists is only given the
// snapshots, bookmarks and properties described, which is how a pool's root dataset gets its own.
func (m *Machine) Put(s Spec) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pools[poolName(s.Name)]
	if p == nil {
		panic("zfssim: no pool for " + s.Name)
	}
	m.gen++
	d := m.putHead(p, s.Name, s.Volume)
	if s.GUID != 0 {
		d.guid = s.GUID
	}
	for k, v := range s.Props {
		d.setLocal(k, v)
	}
	if s.Origin != "" {
		o := m.lookupSnap(s.Origin)
		if o == nil {
			panic("zfssim: no origin " + s.Origin)
		}
		m.graft(d, o)
	}
	m.putKey(d, s.Key)
	m.putSnapshots(d, s)
	d.mounted = s.Mounted
	d.head = &content{id: m.random()}
	if l := d.prev(); l != nil && !s.Modified {
		d.head = l.content
	}
	m.putResume(d, s.Resume)
}

func (m *Machine) putHead(p *pool, name string, volume bool) *dataset {
	if d := m.lookup(name); d != nil {
		return d
	}
	parent := m.putHead(p, parentName(name), false)
	k := kindFilesystem
	if volume {
		k = kindVolume
	}
	return m.newDataset(p, parent, name, k)
}

func (m *Machine) putKey(d *dataset, k *KeySpec) {
	if k == nil {
		return
	}
	d.crypt = &crypt{cipher: k.Cipher, keyGUID: k.Lineage, keyformat: "passphrase", iters: 350000, salt: 1, root: d, wrap: k.Lineage}
	if k.Root != "" && k.Root != d.name {
		r := m.lookup(k.Root)
		if r == nil || r.crypt == nil {
			panic("zfssim: no encryption root " + k.Root)
		}
		d.crypt.root, d.crypt.wrap = r, r.crypt.wrap
		return
	}
	d.setLocal("keylocation", "prompt")
	if k.Loaded {
		d.crypt.loaded = d.crypt.wrap
	}
}

func (m *Machine) putSnapshots(d *dataset, s Spec) {
	for _, t := range s.Snapshots {
		d.pool.objects++
		n := &snapshot{ds: d, name: t.Name, guid: t.GUID, txg: t.Txg, objset: d.pool.objects, creation: t.Creation.Unix(),
			content: &content{id: t.GUID}, ivset: t.IVSet, volsize: d.props["volsize"].local}
		for i := range t.Holds {
			n.addHold("hold"+strconv.Itoa(i), t.Creation.Unix())
		}
		d.snaps = append(d.snaps, n)
		d.pool.txg = max(d.pool.txg, t.Txg)
		d.snapsChanged = max(d.snapsChanged, n.creation)
	}
	slices.SortStableFunc(d.snaps, func(a, b *snapshot) int { return cmp.Compare(a.txg, b.txg) })
	for _, b := range s.Bookmarks {
		d.addMark(&bookmark{ds: d, name: b.Name, guid: b.GUID, txg: b.Txg, creation: b.Creation.Unix(), ivset: b.IVSet,
			content: &content{id: b.GUID}})
		d.pool.txg = max(d.pool.txg, b.Txg)
	}
}

// putResume makes the partial state of a receive.
func (m *Machine) putResume(d *dataset, r *ResumeSpec) {
	if r == nil {
		return
	}
	state := &recvState{live: r.Running, resumable: true, toGUID: r.ToGUID, fromGUID: r.FromGUID, toName: r.ToName, raw: r.Raw,
		compress: true, object: 1}
	if len(d.snaps) == 0 {
		d.recv, d.inconsistent = state, true
		return
	}
	n := m.newDataset(d.pool, nil, d.name+"/"+recvName, d.kind)
	n.parent, d.partial = d, n
	for _, s := range d.snaps {
		if s.guid == r.FromGUID {
			m.graft(n, s)
		}
	}
	n.recv, n.inconsistent = state, true
}
