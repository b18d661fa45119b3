package zfssim

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Options are what a machine is made with. The zero value is usable.
type Options struct {
	// Name is the machine's host name.
	Name string
	// Now is the clock for creation times. Nil: a clock of the machine's own that starts at [Epoch] and moves by one
	// second with every change.
	Now func() time.Time
	// Seed decides every GUID.
	Seed uint64
	// StreamScale is how many modelled bytes one byte of a stream stands for; 0 means 4096. Payload given as real
	// bytes always travels whole.
	StreamScale uint64
	// NeedSudo makes commands that change something fail with "permission denied" unless they run under sudo.
	NeedSudo bool
	// Version is what `zfs version` says; empty means "2.3.9-1".
	Version string
}

// Epoch is where the clock of a machine without [Options.Now] starts.
var Epoch = time.Date(2025, 1, 1, 3, 0, 0, 0, time.UTC)

// Machine is a computer with ZFS. It is safe for use by several goroutines at once.
type Machine struct {
	mu          sync.Mutex
	opt         Options
	state       uint64 // of the pseudo-random numbers
	ticks       int64  // seconds the own clock has moved
	skew        int64  // seconds the clock is wrong by
	pools       map[string]*pool
	keyFiles    map[string]string
	deny        map[string]bool // properties a receive may not set
	faults      []func(argv []string) *Fault
	procs       map[int]*process
	locks       map[*call]lockArgs // who holds locks, as host.Locker has it
	nextPID     int
	unreachable bool
	gen         uint64 // counts changes: what was computed for an older generation is stale
}

// New returns a machine without pools.
func New(opt Options) *Machine {
	if opt.StreamScale == 0 {
		opt.StreamScale = 4096
	}
	if opt.Version == "" {
		opt.Version = "2.3.9-1"
	}
	if opt.Name == "" {
		opt.Name = "machine"
	}
	return &Machine{
		opt:      opt,
		state:    opt.Seed ^ hashString(opt.Name),
		pools:    map[string]*pool{},
		keyFiles: map[string]string{},
		deny:     map[string]bool{},
		procs:    map[int]*process{},
		locks:    map[*call]lockArgs{},
		nextPID:  1000,
	}
}

// PoolOptions describe a pool.
type PoolOptions struct {
	// Size in bytes; 0 means 10 GiB.
	Size uint64
	// GUID of the pool; 0 draws one, which another machine with the same seed and name draws as well.
	GUID uint64
	// Without lists features (`large_blocks`, ...) that are disabled on the pool. All others are enabled.
	Without []string
	// Readonly is a pool imported with readonly=on, Suspended one whose disks are gone.
	Readonly, Suspended bool
	// Props are set on the pool's root dataset (`mountpoint=none`, ...).
	Props map[string]string
}

// AddPool makes a pool with its root dataset, which is mounted unless its properties forbid.
func (m *Machine) AddPool(name string, opt PoolOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if opt.Size == 0 {
		opt.Size = 10 << 30
	}
	p := &pool{name: name, guid: m.random(), size: opt.Size, txg: 1, readonly: opt.Readonly, suspended: opt.Suspended}
	if opt.GUID != 0 {
		p.guid = opt.GUID
	}
	p.disabled = slices.Clone(opt.Without)
	m.pools[name] = p
	p.root = m.newDataset(p, nil, name, kindFilesystem)
	for _, k := range slices.Sorted(maps.Keys(opt.Props)) {
		p.root.setLocal(k, opt.Props[k])
	}
	p.root.mounted = p.root.mountable()
	p.txg = 4
	m.gen++
}

// SetPool changes a pool's state: read-only, suspended, its size (0 keeps it).
func (m *Machine) SetPool(name string, opt PoolOptions) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.pools[name]
	if p == nil {
		panic("zfssim: no pool " + name)
	}
	p.readonly, p.suspended = opt.Readonly, opt.Suspended
	if opt.Size != 0 {
		p.size = opt.Size
	}
	m.gen++
}

// RemovePool takes a pool away, as an export does.
func (m *Machine) RemovePool(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.pools, name)
	m.gen++
}

// Advance moves the clock of a machine without [Options.Now].
func (m *Machine) Advance(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ticks += int64(d / time.Second)
}

// Skew sets the machine's clock wrong by d, ahead or behind: for creation times and what date says.
func (m *Machine) Skew(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.skew = int64(d / time.Second)
}

func (m *Machine) now() int64 {
	if m.opt.Now != nil {
		return m.opt.Now().Unix() + m.skew
	}
	return Epoch.Unix() + m.ticks + m.skew
}

// tick begins a change of a pool: a new transaction group, a little later.
func (m *Machine) tick(p *pool) uint64 {
	p.txg++
	m.ticks++
	m.gen++
	return p.txg
}

// random returns the next pseudo-random 64-bit number, never 0 (splitmix64).
func (m *Machine) random() uint64 {
	m.state += 0x9e3779b97f4a7c15
	z := m.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	z ^= z >> 31
	if z == 0 {
		return 1
	}
	return z
}

// hashString is FNV-1a.
func hashString(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
