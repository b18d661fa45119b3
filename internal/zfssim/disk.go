package zfssim

// Disk is a pool out of its machine, with all that it holds.
type Disk struct{ p *pool }

// TakePool takes a pool away, as an export does: nothing of it stays mounted, no key stays loaded. It panics if there
// is no such pool, or if something is being received into it.
func (m *Machine) TakePool(name string) *Disk {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pools[name]
	if p == nil {
		panic("zfssim: no pool " + name)
	}
	p.root.walk(func(d *dataset) {
		if d.recv != nil && d.recv.live {
			panic("zfssim: a receive into " + d.name + " is running")
		}
		d.mounted, d.busy = false, false
		if d.isRoot() {
			d.crypt.loaded = 0
		}
	})
	delete(m.pools, name)
	m.gen++
	return &Disk{p}
}

// PutPool brings a pool back, or to another machine, as an import does: what has canmount=on is mounted. It panics if
// there is another pool of that name.
func (m *Machine) PutPool(d *Disk) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pools[d.p.name] != nil {
		panic("zfssim: there is a pool " + d.p.name + " already")
	}
	d.p.space = nil
	m.pools[d.p.name] = d.p
	d.p.root.walk(func(d *dataset) { d.mounted = d.mountable() && d.keyLoaded() })
	m.gen++
}

// GUID is the pool's.
func (d *Disk) GUID() uint64 { return d.p.guid }
