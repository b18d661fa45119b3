package verify_test

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/plantest"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// zfsrep snapshot touches this machine only, and knows what has arrived elsewhere by the marks.
func TestSnapshots(t *testing.T) {
	const old = "src tank/a @daily-2025-01-01:1 @daily-2025-01-02:2 @other:3 @daily-2025-01-04:4 "
	a := hashOf("a")
	both := `{"datasets": ["tank/a", "tank/b"]}`
	for _, r := range []rule{
		{"takes one", both, "src tank/a\nsrc tank/b", "take daily-2025-11-26 tank/a tank/b", "take daily-2025-11-26 tank/a tank/a", "twice"},
		{"of what jobs replicate", "", "src tank/a\nsrc tank/b", "take daily-2025-11-26 tank/a", "take daily-2025-11-26 tank/a tank/b", "belongs to no job"},
		{"of what is there", both, "src tank/a", "take daily-2025-11-26 tank/a", "take daily-2025-11-26 tank/a tank/b", "does not exist"},
		{"of one pool", `{"datasets": ["tank/a", "fast/b"]}`, "src tank/a\nsrc fast/b", "take daily-2025-11-26 tank/a\ntake daily-2025-11-26 fast/b", "take daily-2025-11-26 tank/a fast/b", "another pool"},
		{"called after a day", "", "src tank/a", "take daily-2025-11-26-15 tank/a", "take daily-today tank/a", "no name that autoSnapshot gives"},
		{"that is not there yet", "", old, "take daily-2025-11-26 tank/a", "take daily-2025-01-04 tank/a", "exists"},
		{"of no replica that sleeps", both, "src tank/a\nsrc tank/b {readonly=on mounted=yes}", "take daily-2025-11-26 tank/a tank/b", "take daily-2025-11-26 tank/c tank/a", "belongs to no job"},
		{"of none that is asleep", both, "src tank/a {readonly=on mounted=no}\nsrc tank/b", "take daily-2025-11-26 tank/b", "take daily-2025-11-26 tank/a tank/b", "as replicas are"},
		{"of none of this machine", chain, "src tank/a\nsrc backup/a", "take daily-2025-11-26 tank/a", "take daily-2025-11-26 backup/a", "is the replica of tank/a"},
		{"and does nothing else", "", old, "", "job: unmark tank/a zfsrep_1", "only autoSnapshot takes snapshots"},
		{"destroys what has arrived", "", old + "#zfsrep_2:2", "autoSnapshot: prune source tank/a daily-2025-01-01,daily-2025-01-02", "autoSnapshot: prune source tank/a daily-2025-01-04", "the newest snapshot"},
		{"and nothing else", "", old + "@daily-2025-01-05:5 #zfsrep_2:2", "autoSnapshot: prune source tank/a daily-2025-01-02", "autoSnapshot: prune source tank/a daily-2025-01-04", "has yet to arrive"},
		{"not where nothing has", "", old, "take daily-2025-11-26 tank/a", "autoSnapshot: prune source tank/a daily-2025-01-01", "has yet to arrive"},
		{"not what others have taken", "", old + "#zfsrep_4:4", "", "autoSnapshot: prune source tank/a other", "no snapshot that autoSnapshot has taken"},
		{"not what is held", "", "src tank/a @daily-2025-01-01:1!h @daily-2025-01-02:2 #zfsrep_2:2", "", "autoSnapshot: prune source tank/a daily-2025-01-01", "is held"},
		{"not what has clones", "", "src tank/a @daily-2025-01-01:1!c @daily-2025-01-02:2 #zfsrep_2:2", "", "autoSnapshot: prune source tank/a daily-2025-01-01", "has clones"},
		{"not what another disk waits for", "", old + "#zfsrep_4_7_" + a + ":4 #zfsrep_1_8_" + a + ":1", "autoSnapshot: prune source tank/a daily-2025-01-01", "autoSnapshot: prune source tank/a daily-2025-01-02", "the pool with the GUID 8"},
		{"not what is on its way", "", old + "#zfsrep_4_7_" + a + ":4 #zfsrep_2_8_" + a + "_first:2", "autoSnapshot: prune source tank/a daily-2025-01-01", "autoSnapshot: prune source tank/a daily-2025-01-02", "the pool with the GUID 8"},
		{"not what another job waits for", twoTargets, old + "#zfsrep_4_" + hashOf("one.test:22/tank/a") + ":4", "", "autoSnapshot: prune source tank/a daily-2025-01-01", "has yet to arrive in tank/a of job job2"},
		{"not more than a job allows", `{"limits": {"destroy": 1}}`, old + "#zfsrep_2:2", "autoSnapshot: prune source tank/a daily-2025-01-01", "autoSnapshot: prune source tank/a daily-2025-01-01,daily-2025-01-02", "limits.destroy allows 1"},
	} {
		t.Run(r.name, func(t *testing.T) {
			cfg := plantest.Config(t, r.config)
			cfg.AutoSnapshot.Enable = true
			inv := plantest.Inventory(t, cfg, r.state)
			for name, p := range inv.Jobs {
				p.Target.Datasets, p.Target.Pools = nil, nil
				inv.Jobs[name] = p
			}
			if found := verify.Snapshots(cfg, inv, planOf(t, cfg, r.right)); found != nil {
				t.Errorf("the right plan is refused: %+v", found)
			}
			found := verify.Snapshots(cfg, inv, planOf(t, cfg, r.wrong))
			if len(found) != 1 || !strings.Contains(found[0].Rule, r.says) {
				t.Errorf("the wrong plan is found to be %+v, want that it says %q once", found, r.says)
			}
		})
	}
}

// One wrong dataset among many is named, so that the others get their snapshot.
func TestOneOfManySnapshots(t *testing.T) {
	cfg := plantest.Config(t, `{"datasets": ["tank/a", "tank/b"]}`)
	inv := plantest.Inventory(t, cfg, "src tank/a\nsrc tank/b {readonly=on mounted=no}")
	found := verify.Snapshots(cfg, inv, planOf(t, cfg, "take daily-2025-11-26 tank/a tank/b"))
	if len(found) != 1 || found[0].Dataset != "tank/b" || found[0].Job != plan.SnapshotJob {
		t.Errorf("found %+v", found)
	}
}
