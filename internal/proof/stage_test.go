package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// stage makes two machines that are as the planner's tests describe them.
func stage(cfg *config.Config, inv *observe.Inventory) *pair {
	p := &pair{cfg: cfg, clock: plantest.Tonight}
	now := func() time.Time { return p.clock }
	sudo := cfg.Jobs[0].Privilege == config.PrivilegeSudo
	p.src = side{zfssim.New(zfssim.Options{Name: "kraken", Seed: 1, Now: now, StreamScale: 1 << 20}), "tank"}
	p.dst = side{zfssim.New(zfssim.Options{Name: "box", Seed: 2, Now: now, StreamScale: 1 << 20, NeedSudo: sudo}), "tank"}
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		seen := inv.Jobs[j.Name]
		p.src.furnish(seen.Source)
		if j.Local() || sameMachine(seen) {
			p.dst = p.src
		}
		p.dst.furnish(seen.Target)
	}
	return p
}

// sameMachine says that a job's target is this machine under another name.
func sameMachine(seen observe.Pair) bool {
	for name, d := range seen.Source.Datasets {
		if t := seen.Target.Datasets[name]; t != nil && t.GUID == d.GUID {
			return true
		}
	}
	return false
}

// furnish gives a machine the pools and datasets that it does not have yet.
func (m side) furnish(look observe.Side) {
	for name, pool := range look.Pools {
		if _, _, missing := m.Run("zpool list " + name); missing != 0 {
			var without []string
			for _, f := range []string{"large_blocks", "encryption", "bookmark_v2", "zstd_compress", "large_dnode", "extensible_dataset", "lz4_compress"} {
				if !pool.Has(f) {
					without = append(without, f)
				}
			}
			m.AddPool(name, zfssim.PoolOptions{Size: 1 << 40, Without: without})
			defer m.SetPool(name, zfssim.PoolOptions{Readonly: pool.Readonly, Suspended: pool.Health == "SUSPENDED"})
		}
	}
	var todo []string
	for name := range look.Datasets {
		_, _, missing := m.Run("zfs list " + name)
		if _, ok := look.Pools[zfs.Pool(name)]; ok && (missing != 0 || zfs.Parent(name) == "" && len(snapshots(m, name)) == 0) {
			todo = append(todo, name)
		}
	}
	slices.SortFunc(todo, zfs.ComparePaths)
	made := slices.Clone(todo)
	for range todo { // as often as there may be clones of clones
		todo = slices.DeleteFunc(todo, func(name string) bool { return m.put(name, look.Datasets) })
	}
	for _, name := range made {
		m.cloned(name, look.Datasets[name], look.Datasets)
	}
}

// put makes one dataset, false if its origin is not there yet.
func (m side) put(name string, all map[string]*observe.Dataset) bool {
	d := all[name]
	origin := strings.TrimPrefix(d.Properties["origin"], "-")
	if _, _, missing := m.Run("zfs list " + origin); origin != "" && missing != 0 {
		return false
	}
	s := zfssim.Spec{Name: name, Volume: d.Volume(), GUID: uint64(d.GUID), Origin: origin, Props: map[string]string{},
		Mounted: d.Properties["mounted"] == "yes", Modified: d.Properties["written"] != "0"}
	for _, k := range []string{"canmount", "mountpoint", "readonly", "zfsrep:place", "recordsize", "compression", "dnodesize"} {
		if v, given := d.Properties[k]; given && zfs.Applies(k, d.Volume()) {
			s.Props[k] = v
		}
	}
	for _, v := range d.Snapshots {
		s.Snapshots = append(s.Snapshots, zfssim.SnapshotSpec{Name: v.Name, GUID: uint64(v.GUID), Txg: v.CreateTXG, Creation: v.Creation, Holds: v.Holds, IVSet: uint64(v.IvsetGUID)})
	}
	for _, v := range d.Bookmarks {
		s.Bookmarks = append(s.Bookmarks, zfssim.BookmarkSpec{Name: v.Name, GUID: uint64(v.GUID), Txg: v.CreateTXG, Creation: v.Creation, IVSet: uint64(v.IvsetGUID)})
	}
	if d.Encrypted() {
		const lineage = 7 // one key for all: what differs where it matters is the IV set
		s.Key = &zfssim.KeySpec{Cipher: d.Properties["encryption"], Lineage: lineage, Root: name, Loaded: true}
		if root := all[d.Properties["encryptionroot"]]; root != nil && root.Encrypted() {
			s.Key.Root = d.Properties["encryptionroot"]
		}
	}
	if r := d.Resume; r != nil {
		s.Resume = &zfssim.ResumeSpec{ToGUID: uint64(r.ToGUID), FromGUID: uint64(r.FromGUID), ToName: r.ToName, Raw: r.Raw, Running: r.Busy}
	}
	m.Put(s)
	const bare = 96 << 10 // what the planner's tests take an empty filesystem for
	if used, _ := strconv.ParseUint(d.Properties["usedbydataset"], 10, 64); len(d.Snapshots) == 0 && d.Resume == nil && used > bare {
		m.Fill(name, "f", used-bare)
	}
	if s.Key != nil && s.Key.Root == name {
		m.lock(name, d)
	}
	return true
}

// lock gives a dataset a key that can be loaded by name, and unloads it where it is not loaded.
func (m side) lock(name string, d *observe.Dataset) {
	m.SetKeyFile("/key", "secret-secret")
	m.MustRun("sudo zfs change-key -o keyformat=passphrase -o keylocation=file:///key " + name)
	if d.KeyUnavailable() {
		_, _, _ = m.Run("sudo zfs unmount " + name)
		m.MustRun("sudo zfs unload-key " + name)
	}
}

// cloned makes the clones that snapshots are said to have and that nobody described.
func (m side) cloned(name string, d *observe.Dataset, all map[string]*observe.Dataset) {
	for _, s := range d.Snapshots {
		full, left := name+"@"+s.Name, s.Clones
		for _, c := range all {
			if c.Properties["origin"] == full {
				left--
			}
		}
		for i := range left {
			m.MustRun(fmt.Sprintf("sudo zfs clone -o canmount=noauto %s %s/clone-%s-%d", full, zfs.Pool(name), s.Name, i))
		}
	}
}
