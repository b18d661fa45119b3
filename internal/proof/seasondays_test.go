package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

const oneDay = 24 * time.Hour

// day lets the clock go on, and people at the machines.
func (s *season) day() {
	s.clock = s.clock.Add(oneDay)
	if s.pick(8) == 7 {
		s.clockEvent()
	}
	for range s.pick(4) {
		s.clock = s.clock.Add(time.Minute)
		s.sourceEvent()
	}
	for range s.pick(3) {
		seasons.disks.Add(1)
		s.diskEvent()
	}
}

// clockEvent is a machine that was off for long, or a clock that is wrong or set right.
func (s *season) clockEvent() {
	seasons.pauses.Add(1)
	by := choose(s.dice(), 0, 400*oneDay, -400*oneDay, 3*oneDay, -3*oneDay, 40*365*oneDay)
	switch s.pick(3) {
	case 0:
		s.clock = s.clock.Add(60 * oneDay)
		s.note("60 days pass")
	case 1:
		s.wrong = by
		s.src.Skew(by)
		s.note(fmt.Sprintf("the clock here is %v ahead", by))
	case 2:
		for _, m := range s.machines()[1:] {
			m.Skew(by)
		}
		s.note(fmt.Sprintf("the clocks of the targets are %v ahead", by))
	}
}

// sourceEvent is what people and their tools do here. They leave our bookmarks alone.
func (s *season) sourceEvent() {
	all := below(datasets(s.src), "tank")
	d, _ := one(s.world, all)
	v, ok := one(s.world, versions(s.src))
	switch k := s.pick(14); {
	case k < 6:
		s.write("tank/a")
		s.here("zfs snapshot -r tank@" + s.name())
	case k == 6:
		s.write(d)
		s.here("zfs snapshot " + d + "@" + s.name())
	case !ok || v.bookmark: // nothing has a version yet, or it is not theirs
	case k == 7:
		s.here("zfs destroy " + v.full)
	case k == 8:
		s.here("zfs rename " + v.full + " " + v.dataset + "@" + s.name())
	case k == 9:
		s.here("zfs hold keep " + v.full)
	case k == 10:
		s.here("zfs bookmark " + v.full + " " + v.dataset + "#" + s.fresh())
	case k == 11:
		s.here("zfs create " + d + "/" + s.fresh())
	case k == 12:
		s.here("zfs clone " + v.full + " tank/a/" + s.fresh())
	case k == 13 && len(all) > 4:
		s.here("zfs rename " + all[len(all)-1] + " tank/c/" + s.fresh())
	}
}

// night runs what the timers start: snapshots, and every config, all jobs at once or each for itself.
func (s *season) night() {
	for _, cfg := range s.files {
		s.cfg, s.only = cfg, ""
		if s.pick(3) == 0 {
			s.snapshot()
		}
		switch s.pick(5) {
		case 0:
			continue // not tonight
		case 1:
			s.cutRun()
		case 2:
			for _, j := range some(s.dice(), cfg.Jobs) {
				s.only = j.Name
				s.run()
			}
		default:
			s.run()
		}
	}
}

// run is a zfsrep run in which nothing goes wrong.
func (s *season) run() {
	seasons.runs.Add(1)
	s.note(fmt.Sprintf("run of config %d %s", s.fileNumber(), s.only))
	before := s.record()
	made, inv, err := s.plan(context.Background())
	if err != nil {
		s.fail("cannot plan: %v", err)
	}
	s.counted(made)
	if r := s.execute(context.Background(), made); !r.OK() {
		s.fail("a run without faults failed (%d skipped):\n%splan:\n%s", r.Skipped, failures(r), show(made))
	}
	s.judgeRun(before, made)
	s.served(inv, before, made)
	again, _, err := s.plan(context.Background())
	if err != nil {
		s.fail("cannot plan again: %v", err)
	}
	if !again.Empty() {
		s.fail("planning again is not empty:\n%safter\n%s", show(again), show(made))
	}
}

func (s *season) counted(made *plan.Plan) {
	seasons.actions.Add(int64(len(made.Actions)))
	seasons.conflicts.Add(int64(len(made.Conflicts)))
	for i := range made.Actions {
		switch do := made.Actions[i].Do.(type) {
		case plan.Send:
			seasons.sends.Add(1)
		case plan.DestroySnapshots:
			seasons.destroys.Add(int64(len(do.Names)))
		}
	}
	for _, c := range made.Conflicts {
		if c.Code == plan.Internal {
			s.fail("%s: %s\n%s", c.Dataset, c.Message, show(made))
		}
	}
}

func (s *season) fileNumber() int {
	for i, f := range s.files {
		if f == s.cfg {
			return i + 1
		}
	}
	return 0
}

// cutRun is a run in which things go wrong.
func (s *season) cutRun() {
	seasons.runs.Add(1)
	seasons.cut.Add(1)
	before := s.record()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hook := s.faults(cancel)
	made, _, err := s.plan(ctx)
	if err != nil {
		s.fail("cannot plan: %v", err)
	}
	s.counted(made)
	for _, m := range s.machines() {
		m.Fail(hook)
	}
	s.execute(ctx, made)
	for _, m := range s.machines() {
		m.Heal()
	}
	s.judgeRun(before, made)
}

// snapshot is zfsrep snapshot.
func (s *season) snapshot() {
	seasons.snapshots.Add(1)
	s.note(fmt.Sprintf("zfsrep snapshot of config %d", s.fileNumber()))
	before := s.record()
	made := s.planSnapshots()
	s.counted(made)
	if r := s.execute(context.Background(), made); !r.OK() {
		s.fail("zfsrep snapshot failed:\n%splan:\n%s", failures(r), show(made))
	}
	s.learn()
	s.judgeRun(before, made)
	s.ownOnly(before, made)
	if again := s.planSnapshots(); !again.Empty() {
		s.fail("planning snapshots again is not empty:\n%safter\n%s", show(again), show(made))
	}
}

func (s *season) planSnapshots() *plan.Plan {
	hosts := s.hosts()
	inv := observe.New(s.now())
	var failed map[string]error
	inv.Jobs, failed = observe.SourceOnly(context.Background(), s.cfg.Jobs, hosts.of(plan.SnapshotJob, plan.Source))
	for _, err := range failed {
		s.fail("cannot look at the sources: %v", err)
	}
	made, err := compile.CompileSnapshot(s.cfg, inv, s.now(), verify.Snapshots)
	if err != nil {
		s.fail("cannot plan snapshots: %v", err)
	}
	return made
}

// reunion is the end of a season: every disk comes back once, is brought up to date in increments, and then there is
// peace: nobody has anything to do any more, whoever runs last.
func (s *season) reunion() {
	s.note("every disk comes back")
	all := func() {
		for _, cfg := range s.files {
			s.cfg, s.only = cfg, ""
			s.run()
		}
	}
	for _, x := range s.slots {
		for range len(x.shelf) {
			s.plugIn(x, 0)
			all()
		}
	}
	for range 2 {
		all()
	}
	for _, cfg := range s.files {
		s.cfg, s.only = cfg, ""
		if made, _, err := s.plan(context.Background()); err != nil || !made.Empty() {
			s.fail("no peace in config %d: %v\n%s", s.fileNumber(), err, show(made))
		}
	}
}
