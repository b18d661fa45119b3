package exec_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// stage is two simulated machines, an executor between them, and what it told.
type stage struct {
	src, dst *zfssim.Machine
	told     []string
	events   []exec.Event
}

func newStage(commands ...string) *stage {
	s := &stage{src: zfssim.New(zfssim.Options{Name: "here", Seed: 1}), dst: zfssim.New(zfssim.Options{Name: "there", Seed: 2})}
	s.src.AddPool("tank", zfssim.PoolOptions{})
	s.dst.AddPool("tank", zfssim.PoolOptions{})
	for _, c := range commands {
		s.src.MustRun(c)
	}
	return s
}

func (s *stage) run(ctx context.Context, p *plan.Plan) exec.Result { return s.runAtOnce(ctx, p, 1) }

func (s *stage) runAtOnce(ctx context.Context, p *plan.Plan, atOnce int) exec.Result {
	src, dst := s.src.Host(), s.dst.Host()
	x := exec.Executor{
		Machines: func(_ string, side plan.Side) host.Host {
			if side == plan.Source {
				return src
			}
			return dst
		},
		Events: func(e exec.Event) {
			s.events = append(s.events, e)
			switch e := e.(type) {
			case exec.Started:
				s.told = append(s.told, "start "+e.Action.ID)
			case exec.Finished:
				s.told = append(s.told, "done "+e.Action.ID)
			case exec.Failed:
				s.told = append(s.told, "failed "+e.Action.ID)
			case exec.Skipped:
				s.told = append(s.told, "skipped "+e.Action.ID+": "+e.Why)
			}
		},
		Now: func() time.Time { return zfssim.Epoch }, AtOnce: atOnce,
	}
	return x.Run(ctx, p)
}

// create is an action that makes a dataset on the target.
func create(id, dataset string, needs ...string) plan.Action {
	return plan.Action{ID: id, Job: "j", Do: plan.CreateDataset{Side: plan.Target, Dataset: dataset}, Needs: needs,
		Expect: []plan.Expect{{Side: plan.Target, Name: dataset}}}
}

func transfer(id, snapshot, to, guid string) plan.Action {
	dataset, _, name := zfs.SplitVersion(snapshot)
	n, _ := strconv.ParseUint(guid, 10, 64)
	return plan.Action{ID: id, Job: "j", Expect: []plan.Expect{{Side: plan.Source, Name: snapshot, Property: "guid", Value: guid}},
		Do: plan.Send{Mode: plan.Full, Dataset: dataset, Target: to, To: plan.Ref{Name: "@" + name, GUID: zfs.GUID(n)},
			Receive: zfs.ReceiveOptions{Set: map[string]string{"readonly": "on"}}}}
}

func planOf(parallel int, actions ...plan.Action) *plan.Plan {
	return &plan.Plan{Jobs: map[string]plan.Connection{"j": {Parallel: parallel}}, Actions: actions}
}

func (s *stage) guid(name string) string {
	return strings.TrimSpace(s.src.MustRun("zfs get -Hp -o value guid " + name))
}

func TestOrder(t *testing.T) {
	s := newStage()
	r := s.run(context.Background(), planOf(1, create("1", "tank/a"), create("2", "tank/a/b", "1"), create("3", "tank/c")))
	if !r.OK() || r.Done != 3 {
		t.Errorf("%+v", r)
	}
	if got := strings.Join(s.told, ", "); got != "start 1, done 1, start 2, done 2, start 3, done 3" {
		t.Error(got)
	}
}

// One failure skips what needs it, directly or not, and nothing else.
func TestFailureStaysItsOwn(t *testing.T) {
	s := newStage()
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "create") && argv[len(argv)-1] == "tank/a" {
			return &zfssim.Fault{When: zfssim.Before, Stderr: "cannot create 'tank/a': out of space"}
		}
		return nil
	})
	r := s.run(context.Background(), planOf(1, create("1", "tank/a"), create("2", "tank/a/b", "1"), create("3", "tank/a/b/c", "2"), create("4", "tank/d")))
	if r.OK() || r.Done != 1 || r.Skipped != 2 || len(r.Failures) != 1 {
		t.Errorf("%+v", r)
	}
	want := "start 1, failed 1, start 4, skipped 2: it needs action 1, which failed, skipped 3: it needs action 2, which was not done, done 4"
	if got := strings.Join(s.told, ", "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var failed *exec.CommandError
	if !errors.As(r.Failures[0].Err, &failed) || failed.Meaning.Class != zfs.ClassRetry || !strings.Contains(failed.Error(), "zfs create on there: cannot create") {
		t.Errorf("%v", r.Failures[0].Err)
	}
}

// Situation 22: what the plan relies on is gone, or is another thing under the same name. The stream itself tells.
func TestDrift(t *testing.T) {
	for name, change := range map[string][]string{
		"gone": {"zfs destroy tank/a@1"}, "renamed": {"zfs rename tank/a@1 tank/a@2"}, "replaced": {"zfs destroy tank/a@1", "zfs snapshot tank/a@1"}} {
		s := newStage("zfs create tank/a", "zfs snapshot tank/a@1")
		guid := s.guid("tank/a@1")
		for _, c := range change {
			s.src.MustRun(c)
		}
		r := s.run(context.Background(), planOf(1, transfer("1", "tank/a@1", "tank/a", guid)))
		if len(r.Failures) != 1 || r.Done != 0 || r.Bytes != 0 {
			t.Errorf("%s: %+v", name, r)
		}
		if _, _, code := s.dst.Run("zfs list tank/a"); code == 0 {
			t.Errorf("%s: something was received all the same", name)
		}
		var refused *host.RefusedError
		if name == "replaced" && !errors.As(r.Failures[0].Err, &refused) {
			t.Errorf("%s: %v", name, r.Failures[0].Err)
		}
	}
	s := newStage()
	s.dst.MustRun("zfs create tank/a")
	r := s.run(context.Background(), planOf(1, create("1", "tank/a")))
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Err.Error(), "dataset already exists") {
		t.Errorf("%+v", r)
	}
}

// What destroys is asked about right before, in one command for many, and what drifted is not touched.
func TestAsking(t *testing.T) {
	s := newStage()
	destroy := func(id, dataset, guid string) plan.Action {
		return plan.Action{ID: id, Job: "j", Do: plan.DestroySnapshots{Side: plan.Target, Dataset: dataset, Names: []string{"1"}},
			Expect: []plan.Expect{{Side: plan.Target, Name: dataset + "@1", Property: "guid", Value: guid}, plan.ExpectUnheld(plan.Target, dataset+"@1")}}
	}
	var actions []plan.Action
	for i, name := range []string{"tank/a", "tank/b", "tank/c", "tank/d"} {
		s.dst.MustRun("zfs create " + name)
		s.dst.MustRun("zfs snapshot " + name + "@1")
		guid := strings.TrimSpace(s.dst.MustRun("zfs get -Hp -o value guid " + name + "@1"))
		actions = append(actions, destroy(fmt.Sprint(i+1), name, guid))
	}
	s.dst.MustRun("zfs hold keep tank/b@1")
	s.dst.MustRun("zfs destroy tank/c@1")
	s.dst.MustRun("zfs snapshot tank/c@1")
	asked := 0
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "get") {
			asked++
		}
		return nil
	})
	r := s.run(context.Background(), planOf(1, actions...))
	if r.Done != 2 || len(r.Failures) != 2 || asked != 1 {
		t.Errorf("%+v, asked %d times", r, asked)
	}
	for _, f := range r.Failures {
		var drift *exec.DriftError
		if !errors.As(f.Err, &drift) {
			t.Errorf("%v", f.Err)
		}
	}
	if left := s.dst.MustRun("zfs list -H -o name -t snapshot"); left != "tank/b@1\ntank/c@1\n" {
		t.Errorf("left is %s", left)
	}
}

// Exit 0 proves nothing: what the target did not keep is a failure, and what waits for it is not done.
func TestProof(t *testing.T) {
	for name, undo := range map[string]string{"gone": "zfs destroy -r tank/a", "another": "zfs rename tank/a@1 tank/a@x"} {
		s := newStage("zfs create tank/a", "zfs snapshot tank/a@1", "zfs create tank/b", "zfs snapshot tank/b@1")
		mark := func(id, dataset, need string) plan.Action {
			return plan.Action{ID: id, Job: "j", Needs: []string{need}, Do: plan.Bookmark{Side: plan.Source, Dataset: dataset, Snapshot: "1", Bookmark: "m"}}
		}
		s.dst.Fail(func(argv []string) *zfssim.Fault {
			if slices.Contains(argv, "get") {
				s.dst.Run(undo) // the target changes its mind before it is asked
			}
			return nil
		})
		r := s.run(context.Background(), planOf(1, transfer("1", "tank/a@1", "tank/a", s.guid("tank/a@1")), transfer("2", "tank/b@1", "tank/b", s.guid("tank/b@1")),
			mark("3", "tank/a", "1"), mark("4", "tank/b", "2")))
		var missing *exec.NotArrivedError
		if len(r.Failures) != 1 || !errors.As(r.Failures[0].Err, &missing) || r.Done != 2 || r.Skipped != 1 {
			t.Errorf("%s: %+v", name, r)
		}
		if marks := s.src.MustRun("zfs list -H -o name -t bookmark"); marks != "tank/b#m\n" {
			t.Errorf("%s: marked is %s", name, marks)
		}
	}
}

// A transfer tells its bytes, and what zfs said although it succeeded.
func TestTransfer(t *testing.T) {
	s := newStage("zfs create tank/a")
	s.src.Fill("tank/a", "f", 1<<20)
	s.src.MustRun("zfs snapshot tank/a@1")
	s.dst.DenyReceived("readonly")
	r := s.run(context.Background(), planOf(1, transfer("1", "tank/a@1", "tank/a", s.guid("tank/a@1"))))
	if !r.OK() || r.Bytes == 0 {
		t.Fatalf("%+v", r)
	}
	last := s.events[len(s.events)-1].(exec.Finished)
	if last.Bytes != r.Bytes || len(last.Notes) != 1 || !strings.Contains(last.Notes[0], "cannot receive readonly property") {
		t.Errorf("%+v", last)
	}
	if s.src.ContentID("tank/a@1") != s.dst.ContentID("tank/a@1") {
		t.Error("the replica differs")
	}
}

// A cut transfer is the sender's failure or the receiver's, whichever explains more, and nothing hangs.
func TestCutTransfer(t *testing.T) {
	s := newStage("zfs create tank/a")
	s.src.Fill("tank/a", "f", 1<<30)
	s.src.MustRun("zfs snapshot tank/a@1")
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "receive") {
			return &zfssim.Fault{When: zfssim.Cut, Bytes: 3000}
		}
		return nil
	})
	r := s.run(context.Background(), planOf(1, transfer("1", "tank/a@1", "tank/a", s.guid("tank/a@1"))))
	var failed *exec.CommandError
	if len(r.Failures) != 1 || !errors.As(r.Failures[0].Err, &failed) || failed.Meaning.Class != zfs.ClassRetry {
		t.Errorf("%+v", r)
	}
}

// A lost connection ends its job; what is running comes to its end.
func TestLostConnection(t *testing.T) {
	s := newStage()
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "create") {
			return &zfssim.Fault{When: zfssim.Before, Lost: true}
		}
		return nil
	})
	r := s.run(context.Background(), planOf(1, create("1", "tank/a"), create("2", "tank/b")))
	if len(r.Failures) != 1 || r.Skipped != 1 || s.told[len(s.told)-1] != "skipped 2: the connection is lost" {
		t.Errorf("%+v %v", r, s.told)
	}
}

// Nothing is started once the context has ended.
func TestInterrupted(t *testing.T) {
	s := newStage()
	ctx, cancel := context.WithCancel(context.Background())
	s.dst.Fail(func(argv []string) *zfssim.Fault {
		if slices.Contains(argv, "create") {
			cancel()
		}
		return nil
	})
	r := s.run(ctx, planOf(1, create("1", "tank/a"), create("2", "tank/b")))
	if !r.Interrupted || r.OK() || r.Skipped != 1 || !strings.HasSuffix(s.told[len(s.told)-1], "the run was interrupted") {
		t.Errorf("%+v %v", r, s.told)
	}
}

// No more actions of a job run at once than its config says.
func TestParallel(t *testing.T) {
	s := newStage()
	var actions []plan.Action
	for i := range 40 {
		actions = append(actions, create(fmt.Sprint(i+1), fmt.Sprintf("tank/d%d", i)))
	}
	started := 0
	r := s.run(context.Background(), planOf(3, actions...))
	for _, e := range s.told {
		switch {
		case strings.HasPrefix(e, "start"):
			started++
		default:
			started--
		}
		if started > 3 {
			t.Fatalf("%d at once", started)
		}
	}
	if !r.OK() || r.Done != 40 {
		t.Errorf("%+v", r)
	}
}
