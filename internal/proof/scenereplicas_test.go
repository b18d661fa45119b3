package proof

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// replicas puts into the places of a job what may be there.
func (s *scene) replicas(j *config.Job) {
	here, there := s.machine(""), s.machine(address(j), "vault", "tank")
	for _, name := range slices.SortedFunc(maps.Keys(here.datasets), zfs.ComparePaths) {
		e, ok := j.Entry(name)
		place := j.Place(e, name)
		if !ok || there.datasets[place] != nil && zfs.Parent(place) != "" {
			continue
		}
		r := s.replica(name, here.datasets[name], place)
		if r == nil {
			continue
		}
		for _, up := range zfs.Ancestors(place) {
			if there.datasets[up] == nil && !s.rare(10) {
				there.datasets[up] = plantest.Dataset(up, true)
			}
		}
		if s.rare(25) {
			place += choose(s.dice, ".old", "2", "/below") // it was renamed
		}
		there.datasets[place] = r
	}
}

// replica is what a place may hold: nothing, a copy of some of the history, something of its own, what is unfinished.
func (s *scene) replica(source string, of *observe.Dataset, place string) *observe.Dataset {
	d := plantest.Dataset(place, true)
	d.Type = of.Type
	if of.Volume() {
		s.toVolume(d)
	}
	if e := of.Properties["encryption"]; e != "off" && e != "" && !s.rare(6) {
		encrypt(d, place)
		d.Properties["keystatus"] = choose(s.dice, "unavailable", "available")
	}
	kind := s.pick(9)
	switch n := len(of.Snapshots); {
	case kind == 0 || kind == 1:
		return nil
	case kind == 2: // nothing has arrived
		d.Properties["usedbydataset"] = choose(s.dice, "98304", "24576", "126976", "1000000", "10000000")
		d.Properties["canmount"] = choose(s.dice, "off", "on")
		d.Properties["mounted"] = choose(s.dice, "no", "yes")
		if s.rare(2) {
			d.Properties["zfsrep:place"] = choose(s.dice, place, "vault")
		}
	case kind == 3: // a first transfer was interrupted
		d.Properties["inconsistent"] = "1"
		d.Resume = s.token(of, source)
	case kind == 4: // somebody else's
		s.grow(d, 1+s.pick(3))
	case n > 0:
		s.copyHistory(of, d, n-min(s.pick(3), n-1))
		if kind == 5 {
			s.grow(d, 1+s.pick(2))
		}
		if kind == 6 {
			d.Resume = s.token(of, source)
		}
	default:
		return nil
	}
	s.wear(d)
	return d
}

// copyHistory lets a replica have some of the first n snapshots, in an order of its own machine.
func (s *scene) copyHistory(of, d *observe.Dataset, n int) {
	for i, v := range some(s.dice, of.Snapshots[:n]) {
		v.CreateTXG, v.Holds, v.Clones = uint64(7*i+7), max(s.pick(14)-12, 0), max(s.pick(14)-12, 0)
		if s.rare(15) {
			v.Name += "renamed"
		}
		if v.IvsetGUID != 0 && s.rare(8) {
			v.IvsetGUID++
		}
		d.Snapshots = append(d.Snapshots, v)
	}
	if s.rare(3) && len(of.Snapshots) > 0 { // the source has pruned since
		gone := of.Snapshots[0].Version
		of.Snapshots = of.Snapshots[1:]
		if s.rare(2) {
			of.Bookmarks = append(of.Bookmarks, zfs.Bookmark{Version: rename(gone, choose(s.dice, "zfsrep_"+gone.GUID.String(), "theirs"))})
		}
	}
}

// wear gives a replica the marks of use.
func (s *scene) wear(d *observe.Dataset) {
	if len(d.Snapshots) == 0 {
		return
	}
	d.Properties["readonly"], d.Properties["canmount"], d.Properties["usedbydataset"] = choose(s.dice, "on", "off"), "noauto", "1048576"
	if s.rare(2) {
		d.Local = choose(s.dice, []string{}, []string{"readonly"}, []string{"compression"})
		d.Properties["compression"], d.Properties["atime"] = choose(s.dice, "lz4", "zstd"), choose(s.dice, "on", "off")
	}
	if s.rare(6) {
		d.Properties["written"] = "4096"
	}
	if s.rare(12) {
		d.Properties["mounted"], d.Properties["mountpoint"] = "yes", "/srv"
	}
	if d.Volume() {
		delete(d.Properties, "canmount")
	}
}

// token is what a target may say of an interrupted receive: some of it true.
func (s *scene) token(of *observe.Dataset, source string) *observe.Resume {
	r := &observe.Resume{Token: "1-abc", ToName: choose(s.dice, source, "tank/a", "tank/elsewhere") + "@", Raw: s.rare(5), Busy: s.rare(8),
		Bytes: choose[int64](s.dice, 4096, 0, -1, 1<<62)}
	if v, ok := pickVersion(s.dice, of); ok {
		r.ToGUID = v.GUID
		r.ToName += choose(s.dice, v.Name, "other", "")
	}
	if v, ok := pickVersion(s.dice, of); ok && !s.rare(3) {
		r.FromGUID = v.GUID
	}
	switch s.pick(10) {
	case 8:
		r.ToGUID, r.FromGUID = 0, 0
	case 9:
		r.ToGUID, r.FromGUID = choose(s.dice, r.FromGUID, s.guid()), choose(s.dice, 0, s.guid())
	}
	return r
}

// marks leaves bookmarks on the sources that look like those of zfsrep: this job's, old ones, those of disks that are
// away, and some that only look so.
func (s *scene) marks(j *config.Job) {
	here, there := s.ground[""], s.ground[address(j)]
	for _, name := range slices.SortedFunc(maps.Keys(here.datasets), zfs.ComparePaths) {
		e, ok := j.Entry(name)
		if !ok {
			continue
		}
		d, place := here.datasets[name], j.Place(e, name)
		_, within, _ := strings.Cut(place, "/")
		for range s.pick(3) {
			v, ok := pickVersion(s.dice, d)
			if !ok {
				break
			}
			old := fmt.Sprintf("%s:%d/%s", j.RemoteHost, j.RemotePort, place)
			pool := choose(s.dice, there.pools[zfs.Pool(place)].GUID, s.guid())
			label := fmt.Sprintf("zfsrep_%s_%s_%s", v.GUID, pool, hash(choose(s.dice, within, "elsewhere")))
			label = choose(s.dice, label, label+"_first", "zfsrep_"+v.GUID.String(), fmt.Sprintf("zfsrep_%s_%s", v.GUID, hash(choose(s.dice, old, "other:22/x"))),
				fmt.Sprintf("zfsrep_%s_%s", v.GUID+1, hash(old)), "zfsrep_"+v.GUID.String()+"_keep")
			d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: rename(v, label)})
		}
		seen := map[string]bool{}
		d.Bookmarks = slices.DeleteFunc(d.Bookmarks, func(b zfs.Bookmark) bool { twice := seen[b.Name]; seen[b.Name] = true; return twice })
	}
}

func hash(text string) string {
	h := fnv.New32a()
	h.Write([]byte(text))
	return fmt.Sprintf("%08x", h.Sum32())
}
