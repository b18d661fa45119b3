package zfssim

// Sizes of what is not files: an empty filesystem, an empty volume, and what any change costs in metadata.
const (
	emptyFilesystem = 24576
	emptyVolume     = 12288
	emptyEncrypted  = 100352
	changeOverhead  = 12288
)

// poolSpace holds the figures of every dataset of a pool for one generation of its state.
type poolSpace struct {
	gen  uint64
	used map[*dataset]dirSpace
}

// dirSpace breaks down what a dataset uses.
type dirSpace struct {
	used, snaps, dataset, children, refreserv uint64
}

func (d *dataset) emptySize() uint64 {
	switch {
	case d.kind == kindVolume:
		return emptyVolume
	case d.crypt != nil:
		return emptyEncrypted
	}
	return emptyFilesystem
}

// referenced is the size of a content of this dataset.
func (d *dataset) referenced(c *content) uint64 { return d.emptySize() + c.size }

// logical is the size before compression, which halves what an empty dataset has.
func (d *dataset) logical(c *content) uint64 { return d.emptySize()/2 + c.size }

// writtenBetween is how much of c came after a snapshot whose content was base.
func (d *dataset) writtenBetween(c, base *content, since uint64) uint64 {
	if c == base {
		return 0
	}
	return changeOverhead + c.born(since)
}

// written is what changed in the head since the snapshot before it.
func (d *dataset) written() uint64 {
	p := d.prev()
	if p == nil {
		return d.referenced(d.head)
	}
	return d.writtenBetween(d.head, p.content, p.txg)
}

// before is the snapshot preceding s in its history, which for a clone's first one is the origin.
func (s *snapshot) before() *snapshot {
	for i, t := range s.ds.snaps {
		if t == s {
			if i > 0 {
				return s.ds.snaps[i-1]
			}
			return s.ds.origin
		}
	}
	return nil
}

func (s *snapshot) written() uint64 {
	p := s.before()
	if p == nil {
		return s.ds.referenced(s.content)
	}
	return s.ds.writtenBetween(s.content, p.content, p.txg)
}

// unique is what destroying only this snapshot would free.
func (s *snapshot) unique() uint64 {
	var prev *content
	next := s.ds.head
	for i, t := range s.ds.snaps {
		if t == s && i+1 < len(s.ds.snaps) {
			next = s.ds.snaps[i+1].content
		}
	}
	if p := s.before(); p != nil {
		prev = p.content
	}
	if s.content == prev || s.content == next {
		return 0
	}
	n := uint64(changeOverhead)
	eachGone(s.content, next, func(b *block) {
		if prev == nil || !prev.holds(b) {
			n += b.size
		}
	})
	return n
}

// holds reports whether the content has the block.
func (c *content) holds(b *block) bool {
	for _, f := range c.files {
		for _, k := range f.blocks {
			if k.id == b.id {
				return true
			}
		}
	}
	return false
}

// spaceOf returns a dataset's figures, computing those of its whole pool when they are stale.
func (m *Machine) spaceOf(d *dataset) dirSpace {
	p := d.pool
	if p.space == nil || p.space.gen != m.gen {
		p.space = &poolSpace{gen: m.gen, used: map[*dataset]dirSpace{}}
		p.space.sum(p.root)
	}
	return p.space.used[d]
}

func (ps *poolSpace) sum(d *dataset) dirSpace {
	var s dirSpace
	for _, c := range d.children {
		s.children += ps.sum(c).used
	}
	if d.partial != nil {
		s.children += ps.sum(d.partial).used
	}
	s.dataset = d.referenced(d.head)
	if d.origin != nil {
		s.dataset = changeOverhead + gone(d.head, d.origin.content)
	}
	for i, t := range d.snaps {
		next := d.head
		if i+1 < len(d.snaps) {
			next = d.snaps[i+1].content
		}
		if t.content != next {
			s.snaps += changeOverhead + gone(t.content, next)
		}
	}
	if r := atou(d.str("refreservation")); r > d.written() {
		s.refreserv = r - d.written() // what snapshots have, too, is theirs: the head's own must be free besides (dsl_dataset.c)
	}
	s.used = s.dataset + s.snaps + s.children + s.refreserv
	if r := atou(d.str("reservation")); r > s.used {
		s.used = r
	}
	ps.used[d] = s
	return s
}

// usable is what datasets of the pool may fill: its size less what ZFS keeps for itself.
func (p *pool) usable() uint64 { return p.size - p.size/32 }

// available is how much more the dataset can take, by the pool and by the quotas on the way up.
func (m *Machine) available(d *dataset) uint64 {
	free := uint64(0)
	if used := m.spaceOf(d.pool.root).used; used < d.pool.usable() {
		free = d.pool.usable() - used
	}
	for a := d; a != nil; a = a.parent {
		if q := atou(a.str("quota")); q != 0 {
			free = min(free, sub(q, m.spaceOf(a).used))
		}
	}
	if q := atou(d.str("refquota")); q != 0 {
		free = min(free, sub(q, d.referenced(d.head)))
	}
	return free + m.spaceOf(d).refreserv
}

// snapshotRoom is what must be free for a snapshot of the dataset: what is written since the last one becomes the
// snapshot's, and the reservation is for the head alone (dsl_dataset.c, dsl_dataset_snapshot_reserve_space). There is as
// much as is available without what the reservation itself keeps free.
func (m *Machine) snapshotRoom(d *dataset) (need, have uint64) {
	need = min(d.written(), atou(d.str("refreservation")))
	return need, sub(m.available(d), m.spaceOf(d).refreserv)
}

func sub(a, b uint64) uint64 {
	if a < b {
		return 0
	}
	return a - b
}

// room says whether n more bytes fit into the dataset: eok, enospc (pool) or edquot (a quota on the way up).
func (m *Machine) room(d *dataset, n uint64) errno {
	if m.spaceOf(d.pool.root).used+n > d.pool.usable() {
		return enospc
	}
	for a := d; a != nil; a = a.parent {
		if q := atou(a.str("quota")); q != 0 && m.spaceOf(a).used+n > q {
			return edquot
		}
	}
	return eok
}
