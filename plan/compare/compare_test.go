package compare_test

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compare"
)

// side is a config of one job, a replica of tank/a in every place, and a plan. guid is that of the target's pool.
func side(job, host string, guid zfs.GUID, places []string, steps ...plan.Step) *compare.Side {
	j := config.DefaultJob()
	j.Name, j.RemoteHost, j.RemotePool = job, host, "vault"
	s := &compare.Side{
		Config: &config.Config{Jobs: []config.Job{j}},
		Inventory: &observe.Inventory{Jobs: map[string]observe.Pair{job: {
			Source: observe.Side{Pools: map[string]observe.Pool{"tank": {GUID: 1}}},
			Target: observe.Side{Pools: map[string]observe.Pool{"vault": {GUID: guid}}}}}},
		Plan: &plan.Plan{Jobs: map[string]plan.Connection{job: {RemoteHost: host, RemotePort: 22, RemoteUser: "root"}}},
	}
	for _, p := range places {
		s.Replicas = append(s.Replicas, plan.Replica{Job: job, Dataset: "tank/a", Target: p, Replicated: "d1"})
	}
	for _, do := range steps {
		s.Plan.Actions = append(s.Plan.Actions, plan.Action{Job: job, Do: do})
	}
	return s
}

// told is a difference in a few words.
func told(d *compare.Difference) string {
	var words []string
	for _, f := range d.Starts {
		words = append(words, "start "+f.Target)
	}
	for _, f := range d.Stops {
		words = append(words, "stop "+f.Target)
	}
	for _, m := range d.Moves {
		words = append(words, "move "+m.From.Machine+":"+m.From.Target+" "+m.To.Machine+":"+m.To.Target)
	}
	for _, l := range d.Destroys {
		words = append(words, "lose "+strings.Join(append(append([]string{l.Dataset}, l.Snapshots...), l.RolledBackTo), " "))
		if l.Partial {
			words = append(words, "and what is partial")
		}
	}
	for _, o := range d.Orphans {
		words = append(words, "orphan "+o.Machine+":"+o.Target)
	}
	return strings.Join(words, ", ")
}

func TestConfigs(t *testing.T) {
	one, two := []string{"vault/a"}, []string{"vault/b"}
	target := func(names ...string) plan.Step {
		return plan.DestroySnapshots{Side: plan.Target, Dataset: "vault/a", Names: names}
	}
	rollback := func(names ...string) plan.Step {
		return plan.Rollback{Side: plan.Target, Dataset: "vault/a", To: plan.Ref{Name: "@d1"}, Destroys: names}
	}
	for name, c := range map[string]struct {
		before, after *compare.Side
		want          string
	}{
		"the same":                             {side("j", "box", 9, one), side("j", "box", 9, one), ""},
		"one pool at another address":          {side("j", "box", 9, one), side("other", "10.0.0.1", 9, one), ""},
		"another pool at another address":      {side("j", "box", 9, one), side("j", "fox", 8, one), "move root@box:vault/a root@fox:vault/a, orphan root@box:vault/a"},
		"pools that nobody knows, one address": {side("j", "Box", 0, one), side("j", "box", 0, one), ""},
		"another place":                        {side("j", "box", 9, one), side("j", "box", 9, two), "move root@box:vault/a root@box:vault/b, orphan root@box:vault/a"},
		"a second place":                       {side("j", "box", 9, one), side("j", "box", 9, append(one, two...)), "start vault/b"},
		"one place less":                       {side("j", "box", 9, append(one, two...)), side("j", "box", 9, one), "stop vault/b, orphan root@box:vault/b"},
		"only what is new is a loss":           {side("j", "box", 9, one, target("d1")), side("j", "box", 9, one, target("d1", "d2"), target("d3")), "lose vault/a d2 , lose vault/a d3 "},
		"destroyed or rolled back is the same": {side("j", "box", 9, one, target("d2"), rollback()), side("j", "box", 9, one, rollback("d2")), ""},
		"what was written is a loss":           {side("j", "box", 9, one), side("j", "box", 9, one, rollback()), "lose vault/a @d1"},
		"told once":                            {side("j", "box", 9, one), side("j", "box", 9, one, target("d2"), target("d2")), "lose vault/a d2 "},
		"a partial receive": {side("j", "box", 9, one), side("j", "box", 9, one, plan.AbortReceive{Side: plan.Target, Dataset: "vault/a"}),
			"lose vault/a , and what is partial"},
		"the source's vault is not the target's": {side("j", "box", 9, one, plan.DestroySnapshots{Side: plan.Source, Dataset: "vault/a", Names: []string{"d1"}}),
			side("j", "box", 9, one, target("d1")), "lose vault/a d1 "},
	} {
		t.Run(name, func(t *testing.T) {
			d := compare.Configs(c.before, c.after, nil)
			if got := told(d); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if d.Harmful() != (strings.Contains(c.want, "lose") || strings.Contains(c.want, "orphan")) || d.BeyondLimits() != strings.Contains(c.want, "orphan") {
				t.Errorf("harmful %v, beyond the limits %v: %s", d.Harmful(), d.BeyondLimits(), c.want)
			}
		})
	}
}

// A conflict that both have is not told, and one that the limit withholds is beyond it.
func TestConflicts(t *testing.T) {
	conflict := func(s *compare.Side, code plan.Code) *compare.Side {
		s.Plan.Conflicts = append(s.Plan.Conflicts, plan.Conflict{Job: "j", Dataset: "tank/a", Target: "vault/a", Code: code})
		return s
	}
	box := func() *compare.Side { return side("j", "box", 9, []string{"vault/a"}) }
	d := compare.Configs(conflict(box(), plan.Blocked), conflict(conflict(box(), plan.Blocked), plan.TargetDiverged), nil)
	if len(d.Appear) != 1 || d.Appear[0].Code != plan.TargetDiverged || len(d.Go) != 0 || !d.Harmful() || d.BeyondLimits() {
		t.Errorf("%+v", d)
	}
	if d = compare.Configs(box(), conflict(box(), plan.DestroyLimit), nil); !d.BeyondLimits() {
		t.Error("more than limits.destroy is beyond it")
	}
	if d = compare.Configs(conflict(box(), plan.DestroyLimit), box(), nil); len(d.Go) != 1 || d.Harmful() {
		t.Errorf("%+v", d)
	}
}
