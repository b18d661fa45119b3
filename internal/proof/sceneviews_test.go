package proof

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// look lets every job see its part of both machines, and sometimes something else.
func (s *scene) look() {
	s.inv = observe.New(plantest.Tonight)
	for i := range s.cfg.Jobs {
		j := &s.cfg.Jobs[i]
		if i > 0 && s.rare(8) {
			continue // it could not be read
		}
		p := observe.Pair{Source: s.view(""), Target: s.view(address(j))}
		for name := range s.ground[""].datasets {
			if slices.ContainsFunc(j.Datasets, func(e config.Dataset) bool { return name == e.Name || e.Recursive && zfs.Within(name, e.Name) }) {
				p.Source.Datasets[name] = clone(s.ground[""].datasets[name])
			}
		}
		for name, d := range s.ground[address(j)].datasets {
			within := func(e config.Dataset) bool { return zfs.Within(name, j.Place(e, e.Name)) }
			above := func(e config.Dataset) bool { return zfs.Within(j.Place(e, e.Name), name) }
			switch around := !s.rare(3); {
			case around && zfs.Within(name, j.RemotePool) && !slices.ContainsFunc(j.Datasets, above), slices.ContainsFunc(j.Datasets, within):
				p.Target.Datasets[name] = clone(d)
			case slices.ContainsFunc(j.Datasets, above):
				bare := clone(d)
				bare.Snapshots, bare.Bookmarks = nil, nil
				p.Target.Datasets[name] = bare
			}
		}
		s.inv.Jobs[j.Name] = p
	}
	for range max(s.pick(8)-3, 0) {
		s.disturb()
	}
	text, err := json.Marshal(s.inv)
	if err != nil {
		s.Fatalf("%v", err)
	}
	if s.inv, err = observe.ReadInventory(text); err != nil {
		s.Fatalf("%v\n%s", err, text)
	}
}

func (s *scene) view(key string) observe.Side {
	v := observe.Side{ZFSVersion: "2.3.9", Pools: maps.Clone(s.ground[key].pools), Datasets: map[string]*observe.Dataset{}}
	switch s.pick(6) {
	case 4:
		v.Now = plantest.Tonight
	case 5:
		v.Now = s.moment()
	}
	return v
}

func clone(d *observe.Dataset) *observe.Dataset {
	c := *d
	c.Properties = maps.Clone(d.Properties)
	c.Snapshots, c.Bookmarks = slices.Clone(d.Snapshots), slices.Clone(d.Bookmarks)
	if d.Resume != nil {
		r := *d.Resume
		c.Resume = &r
	}
	return &c
}

// disturb lets one job see on one side what is not so: what came or went between two looks, or what is a lie.
func (s *scene) disturb() {
	names := slices.Sorted(maps.Keys(s.inv.Jobs))
	job := names[s.pick(len(names))]
	pair := s.inv.Jobs[job]
	side := &pair.Target
	if s.rare(3) {
		side = &pair.Source
	}
	defer func() { s.inv.Jobs[job] = pair }()
	if s.rare(4) {
		s.disturbPool(side)
		return
	}
	all := slices.Sorted(maps.Keys(side.Datasets))
	if len(all) == 0 {
		return
	}
	name := all[s.pick(len(all))]
	d := side.Datasets[name]
	switch s.pick(13) {
	case 0:
		delete(side.Datasets, name)
	case 1:
		s.grow(d, 1)
	case 2:
		if n := len(d.Snapshots); n > 0 {
			d.Snapshots = slices.Delete(d.Snapshots, s.pick(n), n)
		}
	case 3, 4:
		s.disturbProperty(d)
	case 5:
		side.Datasets[name+choose(s.dice, "/z", "/b", "/gone/z")] = s.source(name + "/z")
	case 6:
		if n := len(d.Snapshots); n > 0 {
			v := &d.Snapshots[s.pick(n)]
			*choose(s.dice, &v.Holds, &v.Clones)++
		}
	case 7:
		if n := len(d.Snapshots); n > 1 {
			i := s.pick(n - 1)
			d.Snapshots[i].CreateTXG = d.Snapshots[i+1].CreateTXG
		}
	case 8:
		if v, ok := pickVersion(s.dice, d); ok {
			v.GUID = choose(s.dice, v.GUID, s.guid()) // listed twice, or another one of that name
			v.CreateTXG += 3
			d.Snapshots = append(d.Snapshots, zfs.Snapshot{Version: v})
		}
	case 9:
		d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: zfs.Version{Name: fmt.Sprintf("zfsrep_%d", s.guids), GUID: s.guid(), CreateTXG: 5}})
	case 10:
		d.Resume = s.token(d, name)
	case 11:
		d.Properties = choose(s.dice, map[string]string{}, map[string]string{"type": d.Type})
	case 12:
		d.GUID = choose(s.dice, 0, plantest.Dataset("tank/a", false).GUID)
	}
}

func (s *scene) disturbPool(side *observe.Side) {
	all := slices.Sorted(maps.Keys(side.Pools))
	if len(all) == 0 {
		return
	}
	name := all[s.pick(len(all))]
	p := side.Pools[name]
	switch s.pick(6) {
	case 0:
		delete(side.Pools, name)
		maps.DeleteFunc(side.Datasets, func(d string, _ *observe.Dataset) bool { return zfs.Pool(d) == name })
		return
	case 1:
		delete(side.Pools, name) // its datasets are listed all the same
		return
	case 2:
		p.Readonly = true
	case 3:
		p.Health = choose(s.dice, "SUSPENDED", "FAULTED", "DEGRADED", "")
	case 4:
		p.Features = choose(s.dice, []string{"async_destroy"}, []string{"extensible_dataset", "bookmarks", "large_blocks"})
	case 5:
		p.GUID = s.guid()
	}
	side.Pools[name] = p
}

func (s *scene) disturbProperty(d *observe.Dataset) {
	values := map[string][]string{
		"written": {"4096", "", "-", "x", "-1"}, "usedbydataset": {"4096", "", "1048577", "x"}, "readonly": {"on", "off", "", "-"},
		"encryption": {"aes-256-gcm", "off", "", "-", "on"}, "keystatus": {"unavailable", "available", ""}, "encryptionroot": {"tank", "-", "nothing"},
		"mounted": {"yes", "no"}, "canmount": {"on", "off", "noauto"}, "mountpoint": {"/somewhere", "none", "legacy", "-"},
		"inconsistent": {"0", "1", "x"}, "origin": {"tank/a@d0", "tank/a", "tank/a/b@daily-2025-11-16", "nothing@", "-", ""}, "available": {"1", "-", "x"},
		"recordsize": {"1048576", "x"}, "compression": {"zstd-3", "lz4", "on"}, "dnodesize": {"auto", "legacy"}, "zfsrep:place": {"vault", "vault/a", "backup/in"},
		"type": {"filesystem", "volume", "snapshot", ""}, "quota": {"1"}, "pbkdf2salt": {"1", "2"},
	}
	k := choose(s.dice, "written", slices.Sorted(maps.Keys(values))...)
	d.Properties[k] = values[k][s.pick(len(values[k]))]
	if k == "type" {
		d.Type = d.Properties[k]
	}
}

// notation writes an inventory down as plan/plantest reads it, for people; what that cannot say is left out.
func notation(inv *observe.Inventory) string {
	var b strings.Builder
	for _, job := range slices.Sorted(maps.Keys(inv.Jobs)) {
		pair := inv.Jobs[job]
		for _, side := range []struct {
			word string
			observe.Side
		}{{"src", pair.Source}, {"dst", pair.Target}} {
			fmt.Fprintf(&b, "%s %s pools %v now %s\n", job, side.word, side.Pools, side.Now.Format(time.DateOnly))
			for _, name := range slices.SortedFunc(maps.Keys(side.Datasets), zfs.ComparePaths) {
				fmt.Fprintf(&b, "%s %s %s%s\n", job, side.word, name, datasetNotation(side.Datasets[name]))
			}
		}
	}
	return b.String()
}

func datasetNotation(d *observe.Dataset) string {
	var b strings.Builder
	for _, k := range []string{"type", "encryption", "readonly", "written", "origin", "inconsistent", "mounted", "usedbydataset"} {
		if v := d.Properties[k]; v != "-" && v != "off" && v != "0" && v != "filesystem" && v != "" && v != "98304" {
			fmt.Fprintf(&b, " {%s=%s}", k, v)
		}
	}
	for _, s := range d.Snapshots {
		fmt.Fprintf(&b, " @%s:%s%s%s", s.Name, s.GUID, strings.Repeat("!h", min(s.Holds, 1)), strings.Repeat("!c", min(s.Clones, 1)))
	}
	for _, m := range d.Bookmarks {
		fmt.Fprintf(&b, " #%s:%s", m.Name, m.GUID)
	}
	if r := d.Resume; r != nil {
		fmt.Fprintf(&b, " token(%s to=%s from=%s raw=%v busy=%v)", r.ToName, r.ToGUID, r.FromGUID, r.Raw, r.Busy)
	}
	return b.String()
}
