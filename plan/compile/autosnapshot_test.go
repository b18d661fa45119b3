package compile

import (
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// day is a source snapshot or bookmark of a day in November 2025, taken at 03:00.
func day(name string, guid zfs.GUID, november int) zfs.Version {
	return zfs.Version{Name: name, GUID: guid, CreateTXG: uint64(november) * 10, Creation: time.Date(2025, 11, november, 3, 0, 0, 0, time.UTC)}
}

func snapshotPlan(t *testing.T, now time.Time, jobs []config.Job, datasets map[string]*observe.Dataset) *plan.Plan {
	t.Helper()
	cfg := &config.Config{Jobs: jobs, AutoSnapshot: config.AutoSnapshot{Enable: true, Prefix: "daily-", Keep: 10 * 24 * time.Hour}}
	inv := &observe.Inventory{Jobs: map[string]observe.Pair{}}
	for _, j := range jobs {
		inv.Jobs[j.Name] = observe.Pair{Source: observe.Side{Pools: map[string]observe.Pool{"tank": {}, "fast": {}}, Datasets: datasets}}
	}
	p, err := CompileSnapshot(cfg, inv, now, func(*config.Config, *observe.Inventory, *plan.Plan) []plan.Violation { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func titles(p *plan.Plan) string {
	var all []string
	for i := range p.Actions {
		all = append(all, string(p.Actions[i].Do.Kind())+" "+strings.Join(p.Commands(&p.Actions[i])[0].Argv, " "))
	}
	return strings.Join(all, "\n")
}

func snapshotJobOf(name string, datasets ...string) config.Job {
	j := config.DefaultJob()
	j.Name, j.RemoteHost, j.RemotePool = name, name+".test", "tank"
	for _, d := range datasets {
		j.Datasets = append(j.Datasets, config.Dataset{Name: d, Recursive: true})
	}
	return j
}

func TestSnapshotTakesOnePerPoolAtOnce(t *testing.T) {
	empty := func() *observe.Dataset { return &observe.Dataset{Type: "filesystem", Properties: map[string]string{}} }
	have := empty()
	have.Snapshots = []zfs.Snapshot{{Version: day("daily-2025-11-26", 1, 26)}}
	p := snapshotPlan(t, time.Date(2025, 11, 26, 3, 0, 0, 0, time.UTC), []config.Job{snapshotJobOf("a", "tank/a", "fast/x", "tank/done", "tank/gone")},
		map[string]*observe.Dataset{"tank/a": empty(), "tank/a/b": empty(), "fast/x": empty(), "tank/done": have})
	want := "snapshot zfs snapshot fast/x@daily-2025-11-26\nsnapshot zfs snapshot tank/a@daily-2025-11-26 tank/a/b@daily-2025-11-26"
	if got := titles(p); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(p.UpToDate) != 1 || p.UpToDate[0] != "tank/done" {
		t.Errorf("up to date: %v", p.UpToDate)
	}
	if len(p.Warnings) != 1 || p.Warnings[0].Dataset != "tank/gone" {
		t.Errorf("warnings: %v", p.Warnings)
	}
}

func TestSnapshotNamesTheLocalDay(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	p := snapshotPlan(t, time.Date(2025, 11, 26, 3, 0, 0, 0, tokyo), []config.Job{snapshotJobOf("a", "tank/a")},
		map[string]*observe.Dataset{"tank/a": {Type: "filesystem", Properties: map[string]string{}}})
	if got := titles(p); !strings.HasSuffix(got, "@daily-2025-11-26") {
		t.Errorf("got %s", got)
	}
}

func TestSnapshotExpiresOnlyWhatHasArrivedEverywhere(t *testing.T) {
	held := zfs.Snapshot{Version: day("daily-2025-11-02", 2, 2), Holds: 1}
	d := &observe.Dataset{Type: "filesystem", Properties: map[string]string{}, Snapshots: []zfs.Snapshot{
		{Version: day("daily-2025-11-01", 1, 1)}, held, {Version: day("manual", 3, 3)}, {Version: day("daily-2025-11-04", 4, 4)},
		{Version: day("daily-2025-11-05", 5, 5)}, {Version: day("daily-2025-11-10", 10, 10)}, {Version: day("daily-2025-11-15", 15, 15)},
		{Version: day("daily-2025-11-20", 20, 20)}, {Version: day("daily-2025-11-24", 24, 24)}}}
	now := time.Date(2025, 11, 24, 4, 0, 0, 0, time.UTC)
	datasets := map[string]*observe.Dataset{"tank/a": d}

	t.Run("no mark: nothing goes, and that is said", func(t *testing.T) {
		p := snapshotPlan(t, now, []config.Job{snapshotJobOf("a", "tank/a")}, datasets)
		if len(p.Actions) != 0 || len(p.Warnings) != 1 {
			t.Errorf("actions %s, warnings %v", titles(p), p.Warnings)
		}
	})
	d.Bookmarks = []zfs.Bookmark{{Version: day("zfsrep_4", 4, 4)}, {Version: day("zfsrep_999", 5, 5)}}
	t.Run("up to the mark, which stays as long as it is the newest on the target", func(t *testing.T) {
		p := snapshotPlan(t, now, []config.Job{snapshotJobOf("a", "tank/a")}, datasets)
		if got, want := titles(p), "destroy-snapshots zfs destroy tank/a@daily-2025-11-01"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
	t.Run("two jobs: the one that is behind decides", func(t *testing.T) {
		two := []config.Job{snapshotJobOf("a", "tank/a"), snapshotJobOf("b", "tank/a")}
		if p := snapshotPlan(t, now, two, datasets); len(p.Actions) != 0 {
			t.Errorf("a mark that may be another job's let %s go", titles(p))
		}
	})
}
