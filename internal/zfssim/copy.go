package zfssim

import (
	"maps"
	"slices"
)

// Clone returns an independent machine in the same state, for going back to or for trying things out. Running commands stay
// with the original: in the copy, a receive that was running is one that was cut just now. Fault hooks are not copied.
func (m *Machine) Clone() *Machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := New(m.opt)
	n.take(m)
	return n
}

// Restore puts the machine back into the state of another, usually an earlier [Machine.Clone] of itself, which stays usable.
func (m *Machine) Restore(from *Machine) {
	c := from.Clone()
	m.mu.Lock()
	defer m.mu.Unlock()
	gen := m.gen
	m.take(c)
	m.gen = max(gen, m.gen) + 1
}

// take makes the state a deep copy of another machine's.
func (m *Machine) take(from *Machine) {
	m.state, m.ticks, m.skew, m.nextPID, m.gen = from.state, from.ticks, from.skew, from.nextPID, from.gen
	m.keyFiles, m.deny = maps.Clone(from.keyFiles), maps.Clone(from.deny)
	c := &copier{datasets: map[*dataset]*dataset{}, snaps: map[*snapshot]*snapshot{}}
	m.pools = make(map[string]*pool, len(from.pools))
	for name, p := range from.pools {
		n := *p
		n.space = nil
		n.disabled = slices.Clone(p.disabled)
		n.root = c.dataset(&n, nil, p.root)
		m.pools[name] = &n
	}
	c.link()
}

// copier makes copies of datasets and then points them at each other as the originals were.
type copier struct {
	datasets map[*dataset]*dataset
	snaps    map[*snapshot]*snapshot
}

func (c *copier) dataset(p *pool, parent, d *dataset) *dataset {
	n := *d
	n.pool, n.parent = p, parent
	n.props = maps.Clone(d.props)
	c.datasets[d] = &n
	if len(d.children) > 0 {
		n.children = make(map[string]*dataset, len(d.children))
		for name, k := range d.children {
			n.children[name] = c.dataset(p, &n, k)
		}
	}
	if d.partial != nil {
		n.partial = c.dataset(p, &n, d.partial)
	}
	n.snaps = make([]*snapshot, len(d.snaps))
	for i, s := range d.snaps {
		t := *s
		t.ds, t.sending = &n, 0
		t.holds, t.props = maps.Clone(s.holds), maps.Clone(s.props)
		c.snaps[s] = &t
		n.snaps[i] = &t
	}
	n.marks = make([]*bookmark, len(d.marks))
	for i, b := range d.marks {
		t := *b
		t.ds = &n
		n.marks[i] = &t
	}
	if d.recv != nil {
		r := *d.recv
		r.live = false
		n.recv = &r
	}
	return &n
}

func (c *copier) link() {
	for _, n := range c.datasets {
		if n.origin != nil {
			n.origin = c.snaps[n.origin]
		}
		if n.crypt != nil {
			k := *n.crypt
			k.root = c.datasets[k.root]
			n.crypt = &k
		}
	}
	for _, s := range c.snaps {
		if len(s.clones) > 0 {
			s.clones = slices.Clone(s.clones)
			for i, k := range s.clones {
				s.clones[i] = c.datasets[k]
			}
		}
	}
}
