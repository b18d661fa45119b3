package proof

import (
	"fmt"
	"testing"
)

// A child is destroyed on the source: its replica is listed, pruned down to its newest seven, and then left alone.
func TestOrphan(t *testing.T) {
	p := newPair(t)
	p.src.MustRun("zfs create tank/a")
	p.src.MustRun("zfs create tank/a/b")
	p.src.MustRun("zfs create tank/a/c")
	for i := range 10 {
		p.src.MustRun(fmt.Sprintf("zfs snapshot -r tank/a@s%d", i))
	}
	p.night(t)
	p.src.MustRun("zfs destroy -r tank/a/b")
	p.src.MustRun("zfs rename tank/a/c tank/a/d") // which is another thing
	p.configure(t, spec{"retention": map[string]any{"target": map[string]any{"match": []any{"*"}, "last": 2}}})
	made := p.night(t)
	if len(made.Orphans) != 1 || made.Orphans[0].Target != "tank/a/b" || made.Orphans[0].Snapshots != 10 || made.Orphans[0].Newest.Name != "@s9" {
		t.Errorf("the orphans are %+v", made.Orphans)
	}
	for dataset, want := range map[string]int{"tank/a": 2, "tank/a/b": 7, "tank/a/c": 10} {
		if n := len(snapshots(p.dst, dataset)); n != want {
			t.Errorf("%s has %d snapshots on the target, want %d:\n%s", dataset, n, want, show(made))
		}
	}
	p.src.MustRun("zfs snapshot tank/a@new")
	if made = p.night(t); len(snapshots(p.dst, "tank/a/b")) != 7 || len(made.Orphans) != 1 {
		t.Errorf("the night after:\n%s", show(made))
	}
}
