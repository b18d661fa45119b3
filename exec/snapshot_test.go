package exec_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// One dataset that cannot be snapshotted costs no other one its snapshot, and the others get theirs in one instant.
func TestSnapshotOfTheOthers(t *testing.T) {
	noRoom := func(s *stage) {
		s.src.MustRun("zfs create -V 1G -o refreservation=none tank/v")
		s.src.Fill("tank/v", "", 900<<20)
		s.src.MustRun("zfs create -o reservation=8.5G tank/r")
		s.src.MustRun("zfs set refreservation=1G tank/v")
	}
	for name, c := range map[string]struct {
		spoil    func(*stage)
		dataset  string
		says     string
		class    zfs.Class
		commands int
	}{
		"no room for a reservation": {noRoom, "tank/v", "no room on here for the reservation of the volume tank/v", zfs.ClassRetry, 2},
		"it is not there any more":  {func(*stage) {}, "tank/v", "dataset does not exist", zfs.ClassReplan, 2},
		"it has one already":        {func(s *stage) { s.src.MustRun("zfs create tank/v"); s.src.MustRun("zfs snapshot tank/v@s") }, "tank/v", "dataset already exists", zfs.ClassReplan, 2},
		"only some are allowed": {func(s *stage) {
			s.src.MustRun("zfs create tank/v")
			s.src.Fail(func(argv []string) *zfssim.Fault {
				if slices.Contains(argv, "tank/v@s") {
					return &zfssim.Fault{Stderr: "cannot create snapshots : permission denied\n", Code: 1}
				}
				return nil
			})
		}, "tank/v", "permission denied", zfs.ClassConfig, 4},
	} {
		s := newStage("zfs create tank/a", "zfs create tank/b")
		c.spoil(s)
		commands := 0
		s.src.Fail(func(argv []string) *zfssim.Fault {
			if slices.Contains(argv, "snapshot") {
				commands++
			}
			return nil
		})
		snapshot := plan.Action{ID: "1", Job: "j", Do: plan.Snapshot{Side: plan.Source, Datasets: []string{"tank/a", "tank/b", "tank/v"}, Name: "s"}}
		r := s.run(context.Background(), planOf(1, snapshot))
		txg := strings.Fields(s.src.MustRun("zfs get -Hp -o value createtxg tank/a@s tank/b@s"))
		if txg[0] != txg[1] && c.commands == 2 {
			t.Errorf("%s: the others were not taken in one instant: %v", name, txg)
		}
		var missed *exec.SnapshotError
		var failed *exec.CommandError
		switch {
		case len(r.Failures) != 1 || !errors.As(r.Failures[0].Err, &missed) || len(missed.Missed) != 1 || missed.Missed[0].Dataset != c.dataset:
			t.Errorf("%s: %+v", name, r)
		case !errors.As(missed, &failed) || failed.Meaning.Class != c.class:
			t.Errorf("%s: %v", name, missed)
		case !strings.Contains(missed.Error(), c.says) || !strings.HasPrefix(missed.Error(), "2 of them got it, and not "+c.dataset+": zfs snapshot on here: "):
			t.Errorf("%s: %v", name, missed)
		case commands > c.commands && c.commands == 2:
			t.Errorf("%s: it took %d commands", name, commands)
		}
	}
}

// What there is no room for is found out, and said with what would mend it: a refquota that came with a stream.
func TestRefquotaInTheWay(t *testing.T) {
	s := newStage()
	s.dst.MustRun("zfs create tank/a")
	s.dst.Fill("tank/a", "f", 8<<20)
	s.dst.MustRun("zfs snapshot tank/a@1")
	s.dst.Write("tank/a", "f", []byte("less"))
	s.dst.MustRun("zfs set refquota=1M tank/a")
	back := plan.Action{ID: "1", Job: "j", Do: plan.Rollback{Side: plan.Target, Dataset: "tank/a", To: plan.Ref{Name: "@1"}}}
	r := s.run(context.Background(), planOf(1, back))
	const want = "zfs rollback on there: cannot rollback 'tank/a': out of space (the refquota of tank/a is 1.0 MiB, and the snapshot holds 8.0 MiB: " +
		"take the refquota away, on there: zfs set refquota=none tank/a)"
	if len(r.Failures) != 1 || r.Failures[0].Err.Error() != want {
		t.Fatalf("%+v", r)
	}
	s.dst.MustRun("zfs set refquota=none tank/a")
	if r := s.run(context.Background(), planOf(1, back)); !r.OK() {
		t.Errorf("%+v", r)
	}
}

// A pool without room is that of the machine which says so, be it the sender's.
func TestNoRoomOnTheSource(t *testing.T) {
	s := newStage("zfs create tank/a", "zfs snapshot tank/a@1")
	s.src.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "bookmark") {
			return &zfssim.Fault{Stderr: "cannot create bookmark 'tank/a#m': out of space\n", Code: 1}
		}
		return nil
	})
	r := s.run(context.Background(), planOf(1, plan.Action{ID: "1", Job: "j", Do: plan.Bookmark{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Bookmark: "m"}}))
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Err.Error(), "the pool tank on here has no room for it") {
		t.Errorf("%+v", r)
	}
}
