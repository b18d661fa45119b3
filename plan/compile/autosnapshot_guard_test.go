package compile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// november is a machine of datasets with a daily snapshot of each of 24 days, and marks of what has arrived.
func november(marks ...zfs.Bookmark) *observe.Dataset {
	d := &observe.Dataset{Type: "filesystem", Properties: map[string]string{"readonly": "off", "mounted": "yes"}, Bookmarks: marks}
	for k := 1; k <= 24; k++ {
		d.Snapshots = append(d.Snapshots, zfs.Snapshot{Version: day(fmt.Sprintf("daily-2025-11-%02d", k), zfs.GUID(k), k)})
	}
	return d
}

// markOf says that everything up to a day is on a pool, at tank/a.
func markOf(pool, november int) zfs.Bookmark {
	f := family{pool: zfs.GUID(pool), tag: placeTag("tank/a")}
	return zfs.Bookmark{Version: day(f.name(zfs.GUID(november)), zfs.GUID(november), november)}
}

func snapshotOfJobs(t *testing.T, now time.Time, datasets map[string]*observe.Dataset, all []config.Job, read int) *plan.Plan {
	t.Helper()
	cfg := &config.Config{Jobs: all, AutoSnapshot: config.AutoSnapshot{Enable: true, Prefix: "daily-", Keep: 10 * 24 * time.Hour}}
	inv := &observe.Inventory{Jobs: map[string]observe.Pair{}}
	for _, j := range all[:read] {
		inv.Jobs[j.Name] = observe.Pair{Source: observe.Side{Pools: map[string]observe.Pool{"tank": {}, "backup": {}}, Datasets: datasets}}
	}
	p, err := CompileSnapshot(cfg, inv, now, verify.Snapshots)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Conflicts {
		if c.Code == plan.Internal {
			t.Errorf("%s: %s", c.Dataset, c.Message)
		}
	}
	return p
}

var tonight25 = time.Date(2025, 11, 25, 3, 0, 0, 0, time.UTC)

// Two disks take turns: what the one that is away lacks stays, and so does the newest that it has.
func TestSnapshotSparesWhatADiskThatIsAwayLacks(t *testing.T) {
	job := []config.Job{snapshotJobOf("a", "tank/a")}
	p := snapshotOfJobs(t, tonight25, map[string]*observe.Dataset{"tank/a": november(markOf(111, 24), markOf(222, 6))}, job, 1)
	if got := titles(p); !strings.Contains(got, "destroy tank/a@daily-2025-11-01,daily-2025-11-02,daily-2025-11-03,daily-2025-11-04,daily-2025-11-05\n") &&
		!strings.HasSuffix(got, "daily-2025-11-04,daily-2025-11-05") {
		t.Errorf("got\n%s", got)
	}
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0].Message, "the pool with the GUID 222") {
		t.Errorf("warnings: %v", p.Warnings)
	}
}

// A new disk behind an old name waits for everything from its first snapshot on, however many nights that takes.
func TestSnapshotSparesAFirstTransfer(t *testing.T) {
	first := markOf(222, 1)
	first.Name += firstSuffix
	p := snapshotOfJobs(t, tonight25, map[string]*observe.Dataset{"tank/a": november(markOf(111, 24), first)}, []config.Job{snapshotJobOf("a", "tank/a")}, 1)
	if got := titles(p); strings.Contains(got, "destroy") {
		t.Errorf("got\n%s", got)
	}
}

// A job that could not be read stops no other, and what it may need stays.
func TestSnapshotOfTheJobsThatCanBeRead(t *testing.T) {
	jobs := []config.Job{snapshotJobOf("a", "tank/a"), snapshotJobOf("b", "tank/a", "tank/b")}
	p := snapshotOfJobs(t, tonight25, map[string]*observe.Dataset{"tank/a": november(markOf(111, 24))}, jobs, 1)
	if got := titles(p); !strings.HasPrefix(got, "snapshot zfs snapshot tank/a@daily-2025-11-25") {
		t.Errorf("got\n%s", got)
	}
}

// Replicas get no snapshots of their own: those of a job of this machine, and those that others send here.
func TestSnapshotNeverOfAReplica(t *testing.T) {
	local := snapshotJobOf("local", "tank/a")
	local.RemoteHost, local.RemotePool = "", "backup"
	jobs := []config.Job{local, snapshotJobOf("offsite", "backup/a", "tank/received", "tank/own")}
	dormant := november()
	dormant.Properties = map[string]string{"readonly": "on", "mounted": "no"}
	p := snapshotOfJobs(t, tonight25, map[string]*observe.Dataset{"tank/a": november(), "backup/a": november(), "tank/received": dormant, "tank/own": november()}, jobs, 2)
	if got := titles(p); got != "snapshot zfs snapshot tank/a@daily-2025-11-25 tank/own@daily-2025-11-25" {
		t.Errorf("got\n%s", got)
	}
}

// limits.destroy binds autoSnapshot, too: the snapshots are taken, none is destroyed, and it is said once.
func TestSnapshotKeepsToTheLimit(t *testing.T) {
	j, limit := snapshotJobOf("a", "tank/a"), 3
	j.Limits.Destroy = &limit
	p := snapshotOfJobs(t, tonight25, map[string]*observe.Dataset{"tank/a": november(markOf(111, 24))}, []config.Job{j}, 1)
	if got := titles(p); got != "snapshot zfs snapshot tank/a@daily-2025-11-25" {
		t.Errorf("got\n%s", got)
	}
	if len(p.Conflicts) != 1 || p.Conflicts[0].Code != plan.DestroyLimit {
		t.Errorf("conflicts: %v", p.Conflicts)
	}
}

// Thirty thousand datasets do not fit into one command line.
func TestSnapshotOfManyDatasets(t *testing.T) {
	datasets := map[string]*observe.Dataset{"tank/a": november()}
	for i := range 2500 {
		datasets[fmt.Sprintf("tank/a/d%04d", i)] = &observe.Dataset{Type: "filesystem", Properties: map[string]string{}}
	}
	p := snapshotOfJobs(t, tonight25, datasets, []config.Job{snapshotJobOf("a", "tank/a")}, 1)
	seen := 0
	for i := range p.Actions {
		seen += len(p.Actions[i].Do.(plan.Snapshot).Datasets)
	}
	if len(p.Actions) != 3 || seen != 2501 || !strings.Contains(p.Actions[0].Why, "each 1000 of them are taken in one instant") {
		t.Errorf("%d actions, %d datasets: %s", len(p.Actions), seen, p.Actions[0].Why)
	}
}
