package verify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// night is a plan for datasets with histories on both sides, of which the target lacks the newest, or everything.
func night(t testing.TB, overrides string, datasets, snapshots int, first bool) (*config.Config, *observe.Inventory, *plan.Plan) {
	t.Helper()
	cfg := plantest.Config(t, overrides)
	state := "src tank/a\ndst tank/a"
	if first {
		state = "src tank/a"
	}
	inv := plantest.Inventory(t, cfg, state)
	for i := range datasets {
		name := fmt.Sprintf("tank/a/d%d", i)
		src, dst := plantest.Dataset(name, false), plantest.Dataset(name, true)
		for k := range snapshots {
			src.Snapshots = append(src.Snapshots, zfs.Snapshot{Version: zfs.Version{Name: fmt.Sprint("s", k), GUID: zfs.GUID(1 + i*snapshots + k),
				CreateTXG: uint64(k + 1), Creation: plantest.Epoch.Add(time.Duration(k) * time.Minute)}})
		}
		inv.Jobs["default"].Source.Datasets[name] = src
		if !first {
			dst.Snapshots = append(dst.Snapshots, src.Snapshots[:snapshots-1]...)
			dst.Properties["readonly"] = "on"
			inv.Jobs["default"].Target.Datasets[name] = dst
		}
	}
	p, err := compile.Compile(cfg, inv, plantest.Tonight, func(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return cfg, inv, p
}

const pruning = `{"retention": {"source": {"match": ["*"], "last": 50}, "target": {"match": ["*"], "last": 80}}}`

// Checking costs in proportion, whatever the plan does with many snapshots.
func TestManySnapshots(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		first  bool
	}{
		"one send":     {"{}", false},
		"a first send": {"{}", true},
		"a chain":      {`{"snapshots": {"include": ["*0", "*2", "*4", "*6", "*8"]}}`, true},
		"pruning":      {pruning, false},
		"first":        {pruning, true},
	} {
		cfg, inv, p := night(t, c.config, 1, 10_000, c.first)
		began := time.Now()
		if found := verify.Plan(cfg, inv, p); found != nil {
			t.Errorf("%s: %+v", name, found[0])
		}
		took := time.Since(began)
		t.Logf("%s: %d actions in %v", name, len(p.Actions), took)
		if took > 3*time.Second {
			t.Errorf("%s takes %v", name, took)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct {
		name                string
		datasets, snapshots int
		first               bool
	}{
		{"night/1000x100", 1000, 100, false},
		{"first/1000x100", 1000, 100, true},
		{"night/1x100000", 1, 100_000, false},
	} {
		cfg, inv, p := night(b, pruning, c.datasets, c.snapshots, c.first)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if found := verify.Plan(cfg, inv, p); found != nil {
					b.Fatal(found[0])
				}
			}
			b.ReportMetric(float64(len(p.Actions)), "actions")
		})
	}
}
