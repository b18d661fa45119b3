package proof

import (
	"context"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// A first transfer takes many nights, each of which ends in the middle of a stream, while zfsrep snapshot and
// retention.source prune behind it, and others that have everything already prune, too. Each night goes on where the
// one before stopped, and one night it is done.
func TestFirstTransferOfManyNights(t *testing.T) {
	n := 30
	if soak(t) > 0 {
		n = soak(t) / 20
	}
	checking(t, n)
	rapid.Check(t, func(t *rapid.T) {
		s := bareSeason(t)
		slow, turns := s.slowAndQuick()
		for night := range 40 {
			s.clock = s.clock.Add(oneDay)
			s.write("tank/a")
			s.here("zfs snapshot -r tank@" + s.name())
			s.quickRuns()
			if turns && night%3 == 2 {
				s.otherDisk(slow)
			}
			s.cfg, s.only = s.files[0], "slow"
			s.shortNight()
			if made, _, err := s.plan(context.Background()); err == nil && made.Empty() {
				return
			}
		}
		made, _, _ := s.plan(context.Background())
		s.fail("after 40 nights the first transfer is not done:\n%s", show(made))
	})
}

// slowAndQuick is one job that takes long, and others that do not: of the same config, and of one that knows nothing
// of it. On some machines two disks take turns.
func (s *season) slowAndQuick() (slow *slot, turns bool) {
	for _, name := range []string{"d1", "d2", "d3"} {
		s.src.Fill("tank/a", name, uint64(2+s.pick(6))<<30)
		s.here("zfs snapshot -r tank@" + name)
	}
	tight := map[string]any{"source": map[string]any{"match": []any{"*"}, "last": 1}}
	job := func(host any, pool string) map[string]any {
		return map[string]any{"remoteHost": host, "remotePool": pool, "datasets": []any{"tank/a"}, "retention": tight}
	}
	files := [2]map[string]any{{"slow": job("box.test", "vault")}, {}}
	slow = s.addSlot(s.dst.Machine, "box.test", "vault", true)
	with := s.pick(8)
	if with&1 != 0 {
		s.addSlot(s.src.Machine, "", "usb", false)
		files[0]["usb"] = job(nil, "usb")
	}
	if with&2 != 0 {
		s.addSlot(s.others["crate.test"], "crate.test", "depot", false)
		files[1]["depot"] = job("crate.test", "depot")
	}
	if s.pick(3) == 0 {
		files[0]["slow"].(map[string]any)["initial"] = "latest"
	}
	s.subscribe(files)
	return slow, with&4 != 0
}

// quickRuns is what the timers start beside the long transfer: snapshots by every config, and the other jobs.
func (s *season) quickRuns() {
	for _, cfg := range s.files {
		s.cfg, s.only = cfg, ""
		s.snapshot()
		for _, j := range cfg.Jobs {
			if s.only = j.Name; s.only != "slow" {
				s.run()
			}
		}
	}
}

// otherDisk lets another disk have everything for one night.
func (s *season) otherDisk(x *slot) {
	s.unplug(x)
	if len(x.shelf) == 1 {
		s.plugInNew(x)
	} else {
		s.plugIn(x, 1)
	}
	s.cfg, s.only = s.files[0], "slow"
	s.run()
	s.plugIn(x, 0)
}

// shortNight is a run that gets a little further with each stream. Nothing of what it goes on with may have gone.
func (s *season) shortNight() {
	s.note("a short night")
	before := s.record()
	made, _, err := s.plan(context.Background())
	if err != nil {
		s.fail("cannot plan: %v", err)
	}
	s.counted(made)
	if i := slices.IndexFunc(made.Actions, func(a plan.Action) bool { return a.Do.Kind() == "abort-receive" }); i >= 0 || len(made.Conflicts) > 0 {
		s.fail("what was begun is given up:\n%s", show(made))
	}
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if words := strings.Join(argv, " "); strings.Contains(words, "zfs receive ") && strings.Contains(words, " vault/") {
			return &zfssim.Fault{When: zfssim.Cut, Bytes: 12000}
		}
		return nil
	})
	s.execute(context.Background(), made)
	s.dst.Heal()
	s.judgeRun(before, made)
}
