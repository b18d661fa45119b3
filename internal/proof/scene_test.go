package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// scene is a config and what its jobs saw: mostly what may well be, sometimes what can hardly be.
type scene struct {
	dice
	cfg    *config.Config
	text   string             // the jobs as JSON
	ground map[string]*ground // the machines by host and port, "" is this one
	inv    *observe.Inventory
	now    time.Time
	guids  uint64
}

// ground is one machine as it is.
type ground struct {
	pools    map[string]observe.Pool
	datasets map[string]*observe.Dataset
}

// newScene draws one.
func newScene(t *rapid.T) *scene {
	s := &scene{dice: dice{t}, ground: map[string]*ground{}, guids: 100}
	s.cfg, s.text = s.config()
	here := s.machine("", "tank", "fast", "backup")
	for _, name := range sources {
		if here.datasets[zfs.Parent(name)] != nil && !s.rare(6) || zfs.Parent(name) == "" || s.rare(30) {
			here.datasets[name] = s.source(name)
		}
	}
	s.clones(here)
	for range 2 { // what is replicated further has to be there first
		for i := range s.cfg.Jobs {
			s.replicas(&s.cfg.Jobs[i])
		}
	}
	for i := range s.cfg.Jobs {
		s.marks(&s.cfg.Jobs[i])
	}
	s.look()
	s.now = plantest.Tonight
	if s.rare(4) {
		s.now = s.moment()
	}
	return s
}

func (s *scene) guid() zfs.GUID { s.guids++; return zfs.GUID(s.guids) }

// machine is one with empty pools.
func (s *scene) machine(key string, pools ...string) *ground {
	if s.ground[key] == nil {
		s.ground[key] = &ground{map[string]observe.Pool{}, map[string]*observe.Dataset{}}
		for _, p := range pools {
			s.ground[key].pools[p] = observe.Pool{GUID: choose(s.dice, s.guid(), 0), Free: 1 << 40, Health: "ONLINE"}
			s.ground[key].datasets[p] = plantest.Dataset(p, key != "")
		}
	}
	return s.ground[key]
}

func address(j *config.Job) string {
	if j.Local() {
		return ""
	}
	return fmt.Sprintf("%s:%d", strings.ToLower(j.RemoteHost), j.RemotePort)
}

// source is a dataset with a history of its own.
func (s *scene) source(name string) *observe.Dataset {
	d := plantest.Dataset(name, false)
	switch s.pick(12) {
	case 10:
		encrypt(d, name)
	case 11:
		s.toVolume(d)
	}
	if strings.HasSuffix(name, "/v") {
		s.toVolume(d)
	}
	s.grow(d, s.pick(6))
	for range s.pick(3) {
		if v, ok := pickVersion(s.dice, d); ok && s.rare(2) {
			d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: rename(v, choose(s.dice, "mine", "b"+v.Name, "zfsrep_x", "zfsrep_"+v.GUID.String()))})
		}
	}
	return d
}

func encrypt(d *observe.Dataset, root string) {
	d.Properties["encryption"], d.Properties["keystatus"], d.Properties["encryptionroot"] = "aes-256-gcm", "available", root
}

func (s *scene) toVolume(d *observe.Dataset) {
	d.Type = "volume"
	d.Properties["type"] = "volume"
	for _, k := range []string{"canmount", "mountpoint", "mounted"} {
		delete(d.Properties, k)
	}
}

// grow takes n more snapshots of the dataset.
func (s *scene) grow(d *observe.Dataset, n int) {
	for range n {
		k := len(d.Snapshots)
		v := zfs.Version{GUID: s.guid(), CreateTXG: uint64(10 * (k + 1)), Creation: plantest.Tonight.AddDate(0, 0, k-10)}
		if k > 0 {
			v.CreateTXG = d.Snapshots[k-1].CreateTXG + 10
			v.Creation = d.Snapshots[k-1].Creation.AddDate(0, 0, 1)
		}
		v.Name = choose(s.dice, "d"+v.GUID.String(), "daily-"+v.Creation.Format(time.DateOnly), "x"+v.GUID.String(), "d"+fmt.Sprint(k))
		if slices.ContainsFunc(d.Snapshots, func(o zfs.Snapshot) bool { return o.Name == v.Name }) {
			v.Name = "d" + v.GUID.String()
		}
		if s.rare(12) {
			v.Creation = s.moment()
		}
		if d.Encrypted() && !s.rare(3) {
			v.IvsetGUID = v.GUID + 10000
		}
		d.Snapshots = append(d.Snapshots, zfs.Snapshot{Version: v, Holds: max(s.pick(9)-7, 0), Clones: max(s.pick(12)-10, 0)})
	}
}

// moment is any time at all.
func (s *scene) moment() time.Time {
	return choose(s.dice, plantest.Tonight.AddDate(0, 0, 60), plantest.Tonight.AddDate(0, 0, -60), plantest.Tonight.AddDate(2, 0, 0),
		time.Unix(0, 0).UTC(), time.Time{}, plantest.Tonight.AddDate(400, 0, 0), plantest.Epoch)
}

func pickVersion(d dice, of *observe.Dataset) (v zfs.Version, ok bool) {
	if len(of.Snapshots) == 0 {
		return v, false
	}
	return of.Snapshots[d.pick(len(of.Snapshots))].Version, true
}

func rename(v zfs.Version, name string) zfs.Version {
	v.Name = name
	return v
}

// clones makes some datasets clones of others' snapshots, in any direction.
func (s *scene) clones(g *ground) {
	for range s.pick(4) - 1 {
		child, from := choose(s.dice, sources[2], sources...), choose(s.dice, sources[1], sources...)
		d, o := g.datasets[child], g.datasets[from]
		if d == nil || o == nil || len(o.Snapshots) == 0 {
			continue
		}
		at := &o.Snapshots[s.pick(len(o.Snapshots))]
		at.Clones++
		d.Properties["origin"] = from + "@" + at.Name
	}
}

// String is the scene for people.
func (s *scene) String() string {
	return fmt.Sprintf("jobs %s\n%snow %s\n", s.text, notation(s.inv), s.now.Format(time.RFC3339))
}

// keep writes the scene where ZFSREP_SCENE says, for zfsrep plan --config --state --now.
func (s *scene) keep() {
	dir := os.Getenv("ZFSREP_SCENE")
	if dir == "" {
		return
	}
	cfg, _ := json.Marshal(s.cfg)
	inv, _ := json.Marshal(s.inv)
	for name, text := range map[string][]byte{"config.json": cfg, "inventory.json": inv, "now": []byte(s.now.Format(time.RFC3339)), "notation": []byte(s.String())} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			s.Fatalf("%v", err)
		}
	}
}
