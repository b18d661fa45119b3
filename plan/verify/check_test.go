package verify_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// send is the plan's n-th send, to be changed.
func send(p *plan.Plan, n int) (*plan.Action, plan.Send) {
	for i := range p.Actions {
		if s, ok := p.Actions[i].Do.(plan.Send); ok {
			if n--; n < 0 {
				return &p.Actions[i], s
			}
		}
	}
	panic("no such send")
}

// add appends an action that waits for all others, as a careful planner would.
func add(p *plan.Plan, do plan.Step) *plan.Action {
	a := plan.Action{ID: fmt.Sprint(len(p.Actions) + 1), Job: "default", Do: do, Why: "a test", Commands: []plan.Command{{Side: plan.Target, Argv: []string{"true"}}}}
	for _, b := range p.Actions {
		a.Needs = append(a.Needs, b.ID)
	}
	p.Actions = append(p.Actions, a)
	return &p.Actions[len(p.Actions)-1]
}

func drop(argv []string, word string) []string {
	return slices.DeleteFunc(slices.Clone(argv), func(w string) bool { return w == word })
}

const (
	usualNight = "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1"
	firstNight = "src tank/a @d1:1\nsrc tank/a/b @d1:11"
)

// The planner's own check is fed plans that break one rule each.
func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		name, config, state string
		change              func(p *plan.Plan)
		want                string
	}{
		{"no reason", "", usualNight, func(p *plan.Plan) { p.Actions[0].Why = "" }, "no reason"},
		{"no commands", "", usualNight, func(p *plan.Plan) { p.Actions[0].Commands = nil }, "no commands"},
		{"situation 52: send -R", "", usualNight, func(p *plan.Plan) {
			a, _ := send(p, 0)
			a.Commands[0].Argv = append(a.Commands[0].Argv, "-R")
		}, "send -R"},
		{"a receive that mounts", "", usualNight, func(p *plan.Plan) {
			a, _ := send(p, 0)
			a.Commands[1].Argv = drop(a.Commands[1].Argv, "-u")
		}, "must not mount"},
		{"a receive that cannot be resumed", "", usualNight, func(p *plan.Plan) {
			a, _ := send(p, 0)
			a.Commands[1].Argv = drop(a.Commands[1].Argv, "-s")
		}, "must not mount"},
		{"receive -F on a history", "", usualNight, func(p *plan.Plan) {
			a, _ := send(p, 0)
			a.Commands[1].Argv = append(a.Commands[1].Argv, "-F")
		}, "receive -F"},
		{"into somebody else's place", "", usualNight, func(p *plan.Plan) {
			a, s := send(p, 0)
			s.Target = "tank/b"
			a.Do = s
		}, "does not belong to the job"},
		{"a parent of nothing", "", usualNight, func(p *plan.Plan) {
			add(p, plan.CreateDataset{Side: plan.Target, Dataset: "tank/x"})
		}, "nothing of the job lands there"},
		{"snapshots of strangers", "", usualNight, func(p *plan.Plan) {
			add(p, plan.Snapshot{Side: plan.Source, Datasets: []string{"tank/b"}, Name: "x"})
		}, "does not belong to the job"},
		{"destroys of strangers", "", usualNight + "\ndst tank/b @x:99", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/b", Names: []string{"x"}})
		}, "does not belong to the job"},
		{"a conflict is touched", "", "src tank/a @d1:1\ndst tank/a @d1:1 @mine:50", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"mine"}})
		}, "has the conflict target-diverged"},
		{"a need that comes later", "", usualNight, func(p *plan.Plan) { p.Actions[0].Needs = []string{"2"} }, "does not come before"},
		{"a need that is missing", "", firstNight, func(p *plan.Plan) { a, _ := send(p, 1); a.Needs = nil }, "makes its parent"},
		{"two sends side by side into one replica", "", "src tank/a @d1:1 @d2:2", func(p *plan.Plan) { a, _ := send(p, 1); a.Needs = nil }, "on the same replica"},
		{"a bookmark before the transfer", "", usualNight, func(p *plan.Plan) { p.Actions[1].Needs = nil }, "brings the snapshot"},
		{"source pruning beside the transfer", `{"retention": {"source": {"match": ["*"], "last": 1}}}`, usualNight,
			func(p *plan.Plan) { p.Actions[len(p.Actions)-1].Needs = nil }, "sends from it"},
		{"children before parents", "", firstNight, func(p *plan.Plan) {
			slices.Reverse(p.Actions)
			for i := range p.Actions {
				p.Actions[i].Needs = nil
			}
		}, ""},
		{"a held snapshot", "", "src tank/a @d2:2\ndst tank/a @d1:1!h @d2:2", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"d1"}})
		}, "is held or has clones"},
		{"a cloned snapshot", "", "src tank/a @d2:2\ndst tank/a @d1:1!c @d2:2", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"d1"}})
		}, "is held or has clones"},
		{"a snapshot that is not there", "", usualNight, func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"d9"}})
		}, "is not there"},
		{"the last common snapshot of the target", "", "src tank/a @d1:1\ndst tank/a @d1:1", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"d1"}})
		}, "no version in common"},
		{"the last common snapshot of the source", `{"bookmarks": false}`, "src tank/a @d1:1\ndst tank/a @d1:1", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Source, Dataset: "tank/a", Names: []string{"d1"}})
		}, "no version in common"},
		{"the last common bookmark", "", "src tank/a #zfsrep_1:1\ndst tank/a @d1:1", func(p *plan.Plan) {
			add(p, plan.DestroyBookmarks{Side: plan.Source, Dataset: "tank/a", Names: []string{"zfsrep_1"}})
		}, "no version in common"},
		{"a rollback that does not say what dies", `{"onDiverged": "rollback"}`, usualNight + " @mine:50", func(p *plan.Plan) {
			r := p.Actions[0].Do.(plan.Rollback)
			r.Destroys = nil
			p.Actions[0].Do = r
		}, "does not list"},
		{"a rollback to what is not there", `{"onModified": "rollback"}`, usualNight + " *", func(p *plan.Plan) {
			r := p.Actions[0].Do.(plan.Rollback)
			r.To = plan.Ref{Name: "@d9", GUID: 9}
			p.Actions[0].Do = r
		}, "is not there"},
		{"sending onto what was written to", `{"onModified": "rollback"}`, usualNight + " *", func(p *plan.Plan) {
			p.Actions = p.Actions[1:]
			p.Actions[0].Needs = nil
		}, "was written to"},
		{"a full send onto a history", "", usualNight, func(p *plan.Plan) {
			a, s := send(p, 0)
			s.Mode, s.From = plan.Full, nil
			a.Do = s
		}, "has snapshots"},
		{"a base that is not the newest", "", "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1 @d2:2", func(p *plan.Plan) {
			a, s := send(p, 0)
			s.From = &plan.Ref{Name: "@d1", GUID: 1}
			a.Do = s
		}, "not the replica's newest"},
		{"a base that the source lacks", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1", func(p *plan.Plan) {
			a, s := send(p, 0)
			s.From, s.To = &plan.Ref{Name: "@d2", GUID: 2}, plan.Ref{Name: "@d9", GUID: 9}
			a.Do = s
		}, "does not have @d9"},
		{"an end that is older than the base", "", "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d2:2", func(p *plan.Plan) {
			a, s := send(p, 0)
			s.To, s.Intermediates = plan.Ref{Name: "@d1", GUID: 1}, true
			a.Do = s
		}, "is not older"},
		{"a name that is taken", `{"intermediates": false}`, "src tank/a @d1:1 @x:2 @d3:3\ndst tank/a @x:900 @d1:1", func(p *plan.Plan) {
			a, s := send(p, 0)
			s.Intermediates = true
			a.Do = s
		}, "exists on the replica"},
		{"a resume of nothing", "", usualNight, func(p *plan.Plan) {
			a, s := send(p, 0)
			s.Mode = plan.Resume
			a.Do = s
		}, "nothing of it to resume"},
		{"an abort of nothing", "", usualNight, func(p *plan.Plan) {
			add(p, plan.AbortReceive{Side: plan.Target, Dataset: "tank/a"})
		}, "no interrupted receive"},
		{"a partial receive in the way", "", "src tank/a @d1:1 @d3:3\ndst tank/a @d1:1 token(to=@d2:2 from=1)", func(p *plan.Plan) {
			p.Actions = p.Actions[1:]
			p.Actions[0].Needs = nil
		}, "partial receive is in the way"},
		{"creating what exists", "", "src tank/a @d1:1\ndst tank/a", func(p *plan.Plan) {
			add(p, plan.CreateDataset{Side: plan.Target, Dataset: "tank/a"})
		}, "it exists"},
		{"a bookmark whose name is taken", "", "src tank/a @d1:1 #zfsrep_1:1\ndst tank/a @d1:1", func(p *plan.Plan) {
			add(p, plan.Bookmark{Side: plan.Source, Dataset: "tank/a", Snapshot: "d1", Bookmark: "zfsrep_1"})
		}, "exists"},
		{"a bookmark that is not there", "", usualNight, func(p *plan.Plan) {
			add(p, plan.DestroyBookmarks{Side: plan.Source, Dataset: "tank/a", Names: []string{"nothing"}})
		}, "not there"},
		{"the origin of a new clone", `{"datasets": ["tank/x"]}`, "src tank/x\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c @d2:2", func(p *plan.Plan) {
			add(p, plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/x/z", Names: []string{"d1"}})
		}, "origin of a clone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := configOf(t, c.config)
			inv := inventoryOf(t, cfg, c.state)
			if err := plan.CheckChanged(cfg, inv, tonight, func(*plan.Plan) {}); err != nil {
				t.Fatalf("the plan is refused as it is: %v", err)
			}
			err := plan.CheckChanged(cfg, inv, tonight, c.change)
			var broken *plan.InvariantError
			if !errors.As(err, &broken) || !strings.Contains(broken.Rule, c.want) {
				t.Errorf("got %v, want a violation that says %q", err, c.want)
			}
		})
	}
}

// Ten thousand snapshots cost in proportion, whatever the plan does with them.
func TestManySnapshots(t *testing.T) {
	const n = 10_000
	took := map[string]time.Duration{}
	for name, config := range map[string]string{
		"one send": `{}`,
		"a chain":  `{"snapshots": {"include": ["*0", "*2", "*4", "*6", "*8"]}}`,
		"pruning":  `{"retention": {"source": {"match": ["*"], "last": 1}, "target": {"match": ["*"], "last": 1}}}`,
		"backward": `{"onDiverged": "rollback"}`,
	} {
		cfg := configOf(t, config)
		inv := inventoryOf(t, cfg, "src tank/a @d:1\ndst tank/a @d:1")
		sides := inv.Jobs["default"]
		src, dst := sides.Source.Datasets["tank/a"], sides.Target.Datasets["tank/a"]
		grow := src
		if name == "backward" {
			grow = dst
			src.Snapshots = append(src.Snapshots, zfs.Snapshot{Version: zfs.Version{Name: "e", GUID: 2, CreateTXG: 20}})
		}
		for i := range n {
			grow.Snapshots = append(grow.Snapshots, zfs.Snapshot{Version: zfs.Version{Name: fmt.Sprint("s", i), GUID: zfs.GUID(100 + i), CreateTXG: uint64(100 + i), Creation: epoch}})
		}
		began := time.Now()
		if _, err := plan.Compile(cfg, inv, tonight); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		took[name] = time.Since(began)
	}
	for name, d := range took {
		if d > 3*time.Second {
			t.Errorf("%s takes %v", name, d)
		}
		t.Logf("%s: %v", name, d)
	}
}
