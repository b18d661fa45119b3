package compile_test

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// The place of a job that was not observed is no stranger's; what that job excludes is.
func TestPlacesOfUnseenJobsAreNoStrangers(t *testing.T) {
	cfg := plantest.Config(t, `{"job1": {}, "job2": {"datasets": [{"name": "tank/z", "target": "tank/a/z", "exclude": ["mine"]}]}}`)
	for name, refused := range map[string]bool{"tank/a/z": false, "tank/a/z/deep": false, "tank/a/z/mine": true, "tank/a/y": true} {
		inv := plantest.Inventory(t, cfg, "src tank/a @d1:1\ndst tank/a\ndst tank/a/z {mounted=yes}\ndst "+name+" {mounted=yes}")
		delete(inv.Jobs, "job2")
		p, err := compile.Compile(cfg, inv, plantest.Tonight, check)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(p.Conflicts) > 0; got != refused {
			t.Errorf("with %s below its place, tank/a is refused: %v, want %v", name, got, refused)
		}
	}
}

// A hint's line can be pasted: names with spaces are quoted, and names that are taken are not used.
func TestHintsCanBePasted(t *testing.T) {
	cfg := plantest.Config(t, `{"remoteHost": "fd00::1", "remotePort": 2222, "datasets": [{"name": "tank/a", "target": "tank/my data"}]}`)
	inv := plantest.Inventory(t, cfg, "src tank/a @d1:1\ndst tank/x @old:7")
	there := inv.Jobs["default"].Target.Datasets
	there["tank/my data"], there["tank/my data.old"], there["tank/my data.new"] = there["tank/x"], plantest.Dataset("tank/my data.old", true), plantest.Dataset("tank/my data.new", true)
	delete(there, "tank/x")
	p, err := compile.Compile(cfg, inv, plantest.Tonight, check)
	if err != nil || len(p.Conflicts) != 1 {
		t.Fatal(p, err)
	}
	var lines []string
	for _, w := range p.Conflicts[0].WaysOut() {
		lines = append(lines, w.Machine+w.Job+"$ "+w.Literal)
	}
	want := "box@[fd00::1]:2222$ zfs rename -u 'tank/my data' 'tank/my data.old2'\n" +
		`default$ set target = "tank/my data.new2" for tank/a`
	if got := strings.Join(lines, "\n"); got != want || p.Conflicts[0].Code != plan.NoCommonSnapshot {
		t.Errorf("the ways out are\n%s\nwant\n%s", got, want)
	}
}
