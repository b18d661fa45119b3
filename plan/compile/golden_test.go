package compile_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The golden files show the planner by example, one file a theme. Each begins with words for its reader; then come
// cases of the sections "-- case NAME --", "-- config --" (what differs from the usual job), "-- state --" and "-- plan --".
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("found only %d golden files (%v)", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		preface, cases := plantest.Examples(string(text))
		for i := range cases {
			c := &cases[i]
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+c.Name, func(t *testing.T) {
				got := compiled(t, c)
				if diff := cmp.Diff(c.Plan, got); diff != "" && !*update {
					t.Errorf("the plan differs (-want +got); go test ./plan/compile -update writes it anew:\n%s", diff)
				}
				c.Plan = got
			})
		}
		if *update {
			if err := os.WriteFile(file, []byte(plantest.Golden(preface, cases)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func compiled(t testing.TB, c *plantest.Example) string {
	t.Helper()
	cfg := plantest.Config(t, c.Config)
	made, err := compile.Compile(cfg, plantest.Inventory(t, cfg, c.State), plantest.Tonight, check)
	if err != nil {
		t.Fatal(err)
	}
	return render(made)
}

// render shows everything a person would want to see of a plan.
func render(p *plan.Plan) string {
	var b bytes.Buffer
	for i := range p.Actions {
		a := &p.Actions[i]
		mark := ""
		if a.Do.Destructive() {
			mark = "! "
		}
		needs := ""
		if len(a.Needs) > 0 {
			needs = " (after " + strings.Join(a.Needs, ", ") + ")"
		}
		fmt.Fprintf(&b, "%s. %s%s%s\n   %s\n", a.ID, mark, a.Do.Title(), needs, a.Why)
		for _, c := range p.Commands(a) {
			fmt.Fprintf(&b, "   %s$ %s\n", c.Side, host.Quote(c.Argv))
		}
	}
	for _, c := range p.Conflicts {
		fmt.Fprintf(&b, "CONFLICT %s %s\n   %s\n   -> %s\n", c.Code, c.Dataset, c.Message, c.Hint)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&b, "WARNING %s\n", w.Message)
	}
	for _, o := range p.Orphans {
		fmt.Fprintf(&b, "orphan: %s of job %s, was %s: %d snapshots, newest %s\n", o.Target, o.Job, o.Dataset, o.Snapshots, o.Newest.Name)
	}
	if len(p.UpToDate) > 0 {
		fmt.Fprintf(&b, "up to date: %s\n", strings.Join(p.UpToDate, ", "))
	}
	if b.Len() == 0 {
		return "nothing to do\n"
	}
	return b.String()
}
