package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// fleet is many datasets with a history on both sides, one snapshot behind.
func fleet(b *testing.B, datasets, snapshots int, state string) (*config.Config, *observe.Inventory) {
	b.Helper()
	cfg := plantest.Config(b, `{"datasets": ["tank/a"], "retention": {"source": {"match": ["*"], "last": 50}, "target": {"match": ["*"], "last": 80}}}`)
	inv := plantest.Inventory(b, cfg, state)
	p := inv.Jobs["default"]
	for i := range datasets {
		name := fmt.Sprintf("tank/a/d%d", i)
		src, dst := plantest.Dataset(name, false), plantest.Dataset(name, true)
		for k := range snapshots {
			src.Snapshots = append(src.Snapshots, zfs.Snapshot{Version: zfs.Version{Name: fmt.Sprint("s", k), GUID: zfs.GUID(1 + i*snapshots + k), CreateTXG: uint64(k + 1), Creation: plantest.Epoch.AddDate(0, 0, k)}})
		}
		dst.Snapshots = append(dst.Snapshots, src.Snapshots[:snapshots-1]...)
		dst.Properties["readonly"] = "on"
		p.Source.Datasets[name] = src
		if strings.Contains(state, "dst") {
			p.Target.Datasets[name] = dst
		}
	}
	return cfg, inv
}

// The time grows in proportion to the datasets.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("night/%d", n), func(b *testing.B) {
			cfg, inv := fleet(b, n, 100, "src tank/a\ndst tank/a")
			for b.Loop() {
				if _, err := compile.Compile(cfg, inv, plantest.Tonight, check); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("first/%d", n), func(b *testing.B) {
			cfg, inv := fleet(b, n, 100, "src tank/a")
			for b.Loop() {
				if _, err := compile.Compile(cfg, inv, plantest.Tonight, check); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
