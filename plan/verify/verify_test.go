package verify_test

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/plantest"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// rule is a rule of the verifier, shown by a plan that breaks it, and one that comes near and is right.
type rule struct {
	name, config, state string
	right, wrong        string
	says                string
}

// judge holds both plans of each rule against the verifier. A plan that is wrong is so in one place.
func judge(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			cfg := configOf(t, r.config)
			inv := plantest.Inventory(t, cfg, r.state)
			if r.right != "" {
				for _, v := range verify.Plan(cfg, inv, planOf(t, cfg, r.right)) {
					t.Errorf("the right plan is refused: %s %s, action %s: %s", v.Job, v.Dataset, v.Action, v.Rule)
				}
			}
			if r.wrong == "" {
				return // its wrong plan is another rule's
			}
			found := verify.Plan(cfg, inv, planOf(t, cfg, r.wrong))
			if len(found) != 1 || !strings.Contains(found[0].Rule, r.says) {
				t.Errorf("the wrong plan is found to be %+v, want that it says %q once", found, r.says)
			}
		})
	}
}

// configOf reads a config as the other tests of plans do. Where it says nothing about retention, everything may go that
// no rule keeps.
func configOf(t testing.TB, text string) *config.Config {
	t.Helper()
	cfg := plantest.Config(t, text)
	for i := range cfg.Jobs {
		if !strings.Contains(text, "retention") {
			all := &retention.Policy{Match: []string{"*"}, Last: 1}
			cfg.Jobs[i].Retention = config.Retention{Source: all, Target: all}
		}
	}
	return cfg
}

const (
	usual = "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1 @d2:2"
	first = "src tank/a @d1:1\nsrc tank/a/b @d1:11"
)

// What every action carries, and whose datasets it may touch.
func TestFormAndOwner(t *testing.T) {
	judge(t, []rule{
		{"an increment from nothing", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d3:3", "an increment starts from something"},
		{"a full stream from something", "", "src tank/a @d1:1 @d2:2", "full tank/a @d1:1", "full tank/a @d1:1 @d2:2", "a full stream starts from nothing"},
		{"-F on an increment", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d2:2 @d3:3 -F", "behind one's back"},
		{"a bookmark is no end", "", "src tank/a @d1:1 #m:1 @d2:2\ndst tank/a @d1:1", "send tank/a #m:1 @d2:2", "send tank/a @d1:1 #m:1", "has no name"},
		{"no names", "", usual, "", "prune target tank/a d1,", "is not there"},
		{"a need that comes later", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d2:2 @d3:3 after 2\nset tank/a readonly=on", "does not come before"},
		{"somebody else's place", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d2:2 @d3:3 into tank/b", "does not belong"},
		{"somebody else's source", "", usual + "\nsrc tank/b @x:9", "", "full tank/b @x:9 into tank/b", "does not belong"},
		{"a parent of nothing", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1", "create tank/deep -o canmount=off\nfull tank/a @d1:1 after 1", "create tank/x -o canmount=off", "nothing of job default lands"},
		{"a destroy elsewhere", "", usual + "\ndst tank/b @x:99 @y:98", "prune target tank/a d1", "prune target tank/b x", "does not belong"},
		{"a renaming elsewhere", "", "src tank/a @d1:1\ndst tank/b @d1:1\ndst tank/c @d1:1", "rename tank/b tank/a", "rename tank/b tank/d", "neither tank/b nor tank/d"},
		{"no job", "", usual, "prune target tank/a d1", "job1: prune target tank/a d1", "there is no job job1"},
	})
}

// An action that cannot even be read is refused, whatever it is.
func TestMalformed(t *testing.T) {
	cfg := plantest.Config(t, "")
	inv := plantest.Inventory(t, cfg, usual)
	base := func() *plan.Plan { return planOf(t, cfg, "send tank/a @d2:2 @d3:3") }
	for says, change := range map[string]func(*plan.Action){
		"no reason":        func(a *plan.Action) { a.Why = "" },
		"not known":        func(a *plan.Action) { a.Do = nil },
		"names no dataset": func(a *plan.Action) { a.Do = plan.AbortReceive{Side: plan.Target} },
		"has no commands":  func(a *plan.Action) { a.Do = plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a"} },
		"neither of the two": func(a *plan.Action) {
			a.Do = plan.DestroySnapshots{Side: "elsewhere", Dataset: "tank/a", Names: []string{"d1"}}
		},
		"a source is not changed": func(a *plan.Action) { a.Do = plan.Rollback{Side: plan.Source, Dataset: "tank/a", To: ref("@d1:1")} },
		"a replica is not changed": func(a *plan.Action) {
			a.Do = plan.DestroyBookmarks{Side: plan.Target, Dataset: "tank/a", Names: []string{"x"}}
		},
		"no way to send": func(a *plan.Action) {
			a.Do = plan.Send{Mode: "all", Dataset: "tank/a", Target: "tank/a", To: ref("@d3:3")}
		},
		"without a token": func(a *plan.Action) {
			a.Do = plan.Send{Mode: plan.Resume, Dataset: "tank/a", Target: "tank/a", To: ref("@d3:3")}
		},
		"its job was not observed": func(a *plan.Action) { delete(inv.Jobs, "default") },
	} {
		p := base()
		change(&p.Actions[0])
		found := verify.Plan(cfg, inv, p)
		if len(found) != 1 || !strings.Contains(found[0].Rule, says) {
			t.Errorf("%+v is not found to be %q", found, says)
		}
		inv = plantest.Inventory(t, cfg, usual)
	}
	p := base()
	p.Actions = append(p.Actions, p.Actions[0])
	if found := verify.Plan(cfg, inv, p); len(found) != 1 || !strings.Contains(found[0].Rule, "another action has the id 1") {
		t.Errorf("two of one id: %+v", found)
	}
	p = base()
	p.Jobs["default"] = plan.Connection{RemoteHost: "elsewhere.test", RemotePort: 22}
	if found := verify.Plan(cfg, inv, p); len(found) != 1 || !strings.Contains(found[0].Rule, `it would run on "elsewhere.test"`) {
		t.Errorf("another machine: %+v", found)
	}
}

// One call finds the faults of all datasets, one for each; what depends on a fault is not looked at.
func TestAllAtOnce(t *testing.T) {
	cfg := configOf(t, `{"datasets": ["tank/a", "tank/b", "tank/c"]}`)
	inv := plantest.Inventory(t, cfg, "src tank/a @d1:1 @d2:2\nsrc tank/a/x @d1:11\nsrc tank/b @d1:21 @d2:22\nsrc tank/c @d1:31 @d2:32\ndst tank/b @d1:21\ndst tank/c @d1:31")
	found := verify.Plan(cfg, inv, planOf(t, cfg, `
		full tank/a @d9:1
		full tank/a/x @d1:11 after 1
		send tank/a @d1:1 @d2:2 after 1
		send tank/b @d1:21 @d2:22
		mark tank/b @d2 zfsrep_22 after 4
		prune target tank/b d2 after 4
		prune target tank/b d1 after 4
		send tank/c @d2:32 @d1:31`))
	var got []string
	for _, v := range found {
		got = append(got, v.Dataset+" "+v.Action)
	}
	if want := "tank/a 1,tank/b 6,tank/c 8"; strings.Join(got, ",") != want {
		t.Errorf("found %v, want %s: %+v", got, want, found)
	}
}
