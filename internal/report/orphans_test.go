package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/plan"
)

// Orphans are listed with where they lie and how old they are, the first dozen of many.
func TestOrphans(t *testing.T) {
	used := int64(3 << 30)
	p := &plan.Plan{Jobs: map[string]plan.Connection{"far": {RemoteHost: "box", RemotePort: 22, RemoteUser: "root"}, "near": {}}}
	newest := plan.Latest{Name: "@daily-2025-11-02", Creation: time.Date(2025, 11, 2, 3, 0, 0, 0, time.UTC)}
	p.Orphans = []plan.Orphan{
		{Job: "far", Dataset: "tank/a/gone", Target: "backup/a/gone", Newest: newest, Snapshots: 9, Used: &used},
		{Job: "near", Dataset: "tank/b/x", Target: "backup/b/x", Newest: newest, Snapshots: 1},
	}
	for i := range 20 {
		p.Orphans = append(p.Orphans, plan.Orphan{Job: "far", Target: fmt.Sprint("backup/many-", i), Newest: newest, Snapshots: 1})
	}
	var b bytes.Buffer
	Plan(&b, p, PlanOptions{})
	fits(t, b.String(), 80)
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"backup/a/gone on root@box: 9 snapshots, the newest @daily-2025-11-02 of 2025-11-02, 3.0 GiB",
		"backup/b/x on this machine: 1 snapshot, the newest @daily-2025-11-02 of 2025-11-02 -", "backup/many-9 ", "- and 10 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	if strings.Contains(text, "backup/many-10 ") {
		t.Error("all of many are listed")
	}
}
