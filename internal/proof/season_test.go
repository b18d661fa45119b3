package proof

import (
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// season is some weeks of a machine whose datasets go to several places: to disks that come and go, over chains, by
// configs that know nothing of each other, while clocks jump. What one run does must never cost another replica its
// chain.
type season struct {
	*world
	slots  []*slot
	files  []*config.Config
	buried map[string]bool // GUIDs of snapshots that were on disks which are gone for good
}

// seasons are what a soak reports at its end, beside the histories.
var seasons struct{ seasons, runs, snapshots, disks, pauses, cut, actions, conflicts, sends, destroys atomic.Int64 }

// TestSeasons is TestHistories for more than two machines and more than one config.
func TestSeasons(t *testing.T) {
	n := 100
	switch {
	case soak(t) > 0:
		n = soak(t) / 4
	case testing.Short():
		n = 20
	}
	checking(t, n)
	t.Cleanup(func() {
		f := &seasons
		t.Logf("%d seasons: %d runs (%d of them cut), %d of zfsrep snapshot, %d actions (%d transfers, %d snapshots destroyed), %d conflicts, %d disks moved, %d pauses and jumps; failed: %v",
			f.seasons.Load(), f.runs.Load(), f.cut.Load(), f.snapshots.Load(), f.actions.Load(), f.sends.Load(), f.destroys.Load(), f.conflicts.Load(), f.disks.Load(), f.pauses.Load(), t.Failed())
	})
	rapid.Check(t, func(t *rapid.T) {
		seasons.seasons.Add(1)
		s := newSeason(t)
		for range rapid.IntRange(2, 7).Draw(t, "nights") {
			s.day()
			s.night()
		}
		s.reunion()
	})
}

func newSeason(t *rapid.T) *season {
	s := bareSeason(t)
	s.subscribe(s.slotsAndJobs(s.others["crate.test"]))
	return s
}

// bareSeason is three machines, of which this one has some datasets, and no config yet.
func bareSeason(t *rapid.T) *season {
	w := &world{t: t, born: map[string]uint64{}, alien: map[string]bool{}}
	w.pair = newPair(t)
	s := &season{world: w, buried: map[string]bool{}}
	s.dst.RemovePool("tank")
	s.others = map[string]*zfssim.Machine{"crate.test": zfssim.New(zfssim.Options{Name: "crate", Seed: 3, Now: func() time.Time { return w.clock }, StreamScale: 1 << 20, NeedSudo: true})}
	for _, line := range []string{"zfs create tank/a", "zfs create tank/a/b", "zfs create tank/c", "zfs snapshot -r tank@d0"} {
		s.here(line)
	}
	return s
}

// slotsAndJobs draws where the datasets go, and by which config file.
func (s *season) slotsAndJobs(crate *zfssim.Machine) [2]map[string]any {
	files := [2]map[string]any{{}, {}}
	job := func(file int, name string, where map[string]any) {
		j := map[string]any{"remoteUser": "box", "privilege": "sudo", "datasets": choose(s.dice(), []any{"tank/a"}, []any{"tank/a", "tank/c"}, []any{"tank/a/b", "tank/c"})}
		maps.Copy(j, s.habits())
		maps.Copy(j, where)
		files[file][name] = j
	}
	in := func(pool string) string { return pool + choose(s.dice(), "", "/in") }
	kinds := s.pick(31) + 1 // at least one of five
	other := func() int { return max(s.pick(3)-1, 0) }
	if kinds&1 != 0 {
		s.addSlot(s.src.Machine, "", "usb", true)
		job(0, "usb", map[string]any{"remoteHost": nil, "remotePool": in("usb")})
	}
	if kinds&2 != 0 {
		s.addSlot(s.dst.Machine, "box.test", "tank", false)
		job(other(), "box", map[string]any{"remoteHost": "box.test", "remotePool": in("tank")})
		if s.pick(4) == 0 { // into what another job brings
			job(other(), "below", map[string]any{"remoteHost": "box.test", "remotePool": "tank", "datasets": []any{map[string]any{"name": "tank/c", "target": "tank/a/un/der/c"}}})
		}
	}
	if kinds&4 != 0 {
		s.addSlot(s.dst.Machine, "box.test", "vault", true)
		job(other(), "vault", map[string]any{"remoteHost": "box.test", "remotePool": in("vault")})
	}
	if kinds&8 != 0 {
		s.addSlot(s.src.Machine, "", "backup", false)
		s.addSlot(crate, "crate.test", "tank", false)
		job(0, "backup", map[string]any{"remoteHost": nil, "remotePool": "backup"})
		job(other(), "chain", map[string]any{"remoteHost": "crate.test", "remotePool": in("tank"), "datasets": []any{"backup/a", "backup/c"}})
	}
	if kinds&16 != 0 {
		s.addSlot(crate, "crate.test", "depot", true)
		job(1, "depot", map[string]any{"remoteHost": "crate.test", "remotePool": in("depot")})
	}
	return files
}

// subscribe reads the config files; one without a job does not exist.
func (s *season) subscribe(files [2]map[string]any) {
	for _, jobs := range files {
		if len(jobs) == 0 {
			continue
		}
		cfg := parsed(jobs)
		if cfg == nil {
			s.fail("the config %v is none", jobs)
		}
		s.files = append(s.files, cfg)
		s.note(fmt.Sprintf("config %d: %v", len(s.files), jobs))
	}
}

func (s *season) dice() dice { return dice{s.t} }

// habits draws settings as people have them.
func (s *season) habits() map[string]any {
	h := map[string]any{}
	keep := func() map[string]any {
		p := map[string]any{"match": choose(s.dice(), []any{"*"}, []any{"d*"})}
		switch s.pick(3) {
		case 0:
			p["last"] = 1 + s.pick(3)
		case 1:
			p["within"] = choose(s.dice(), "3d", "30d")
		case 2:
			p["daily"] = 1 + s.pick(3)
		}
		return p
	}
	switch s.pick(4) {
	case 1:
		h["retention"] = map[string]any{"source": keep()}
	case 2:
		h["retention"] = map[string]any{"target": keep()}
	case 3:
		h["retention"] = map[string]any{"source": keep(), "target": keep()}
	}
	switch s.pick(12) {
	case 6:
		h["intermediates"] = false
	case 7:
		h["initial"] = "latest"
	case 8:
		h["snapshots"] = map[string]any{"exclude": []any{"x*"}}
	case 9:
		h["onDiverged"] = "rollback"
	case 10:
		h["limits"] = map[string]any{"destroy": 1}
	case 11:
		h["limits"] = map[string]any{"parallel": 3}
	}
	return h
}

func (s *season) fail(format string, args ...any) {
	s.t.Helper()
	var all strings.Builder
	for _, m := range s.machines() {
		fmt.Fprintf(&all, "%s:\n%s", m.Host().Name(), m.Dump())
	}
	for _, d := range s.everyDisk() {
		if d.away != nil {
			fmt.Fprintf(&all, "%s, a pool %s of %q that is away:\n", d.label, d.slot.pool, d.slot.host)
			for _, v := range d.had {
				fmt.Fprintf(&all, "  %s %s\n", v.full, v.guid)
			}
		}
	}
	s.t.Fatalf("the season\n  %s\nended with: %s\n%s", strings.Join(s.script, "\n  "), fmt.Sprintf(format, args...), all.String())
}
