package observe_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// job is a job of the config, as config.json has it but without its braces.
func job(t rapid.TB, name, text string) *config.Job {
	t.Helper()
	cfg, found := parseJob(name, text)
	if cfg == nil {
		t.Fatal(found)
	}
	return &cfg.Jobs[0]
}

func parseJob(name, text string) (*config.Config, config.Diagnostics) {
	return config.Parse([]byte(`{"version": 1, "jobs": {"` + name + `": {"remoteHost": "box", ` + text + `}}}`))
}

func machine(name string, seed uint64) *zfssim.Machine {
	m := zfssim.New(zfssim.Options{Name: name, Seed: seed})
	m.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	return m
}

// What a token says is read without asking anybody, and one that says too much says nothing (issue 7): printed line by
// line, this one would be a raw send.
func TestResume(t *testing.T) {
	for name, want := range map[string]observe.Resume{
		"tank/a@1":                {ToGUID: 7, FromGUID: 5, ToName: "tank/a@1"},
		"tank/a@1\n\trawok = 1":   {},
		"tank/a@1\ntoname = tank": {},
	} {
		src, dst := machine("kraken", 1), machine("box", 2)
		src.MustRun("zfs create tank/a")
		dst.Put(zfssim.Spec{Name: "tank/a", Resume: &zfssim.ResumeSpec{ToGUID: 7, FromGUID: 5, ToName: name}})
		here, there := host.Counting(src.Host()), host.Counting(dst.Host())
		pairs, failed := observe.Jobs(context.Background(), []observe.Seat{{Job: job(t, "j", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: here, Target: there}})
		if len(failed) > 0 {
			t.Fatal(failed)
		}
		got := *pairs["j"].Target.Datasets["tank/a"].Resume
		if want.Token = got.Token; got != want {
			t.Errorf("%q is read as %+v", name, got)
		}
		for _, argv := range append(here.Commands(), there.Commands()...) {
			if strings.Contains(strings.Join(argv, " "), got.Token) {
				t.Errorf("a process is started for the token: %q", argv)
			}
		}
	}
}

// A pool is known by its GUID, and each machine tells its own time.
func TestPoolsAndClocks(t *testing.T) {
	src, dst := machine("kraken", 1), zfssim.New(zfssim.Options{Name: "box", Seed: 2})
	dst.AddPool("tank", zfssim.PoolOptions{GUID: 1<<64 - 1, Without: []string{"large_blocks"}})
	dst.AddPool("other", zfssim.PoolOptions{GUID: 5, Readonly: true})
	dst.Skew(-400 * 24 * time.Hour)
	seen := look(t, src, dst)
	target := seen.Jobs["j"].Target
	if tank, other := target.Pools["tank"], target.Pools["other"]; tank.GUID != 1<<64-1 || tank.Has("large_blocks") || !tank.Has("encryption") ||
		tank.Free <= 0 || tank.Health != "ONLINE" || other.GUID != 5 || !other.Readonly || tank.Readonly {
		t.Errorf("%+v", target.Pools)
	}
	if here := seen.Jobs["j"].Source.Now; !here.Equal(zfssim.Epoch) || here.Sub(target.Now) != 400*24*time.Hour {
		t.Errorf("here it is %s, there %s", here, target.Now)
	}
	if diff := gocmp.Diff(seen, written(t, seen)); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []zfssim.Fault{{Code: 127, Stderr: "date: not found"}, {When: zfssim.After}} {
		dst.Fail(func(argv []string) *zfssim.Fault {
			if argv[0] != "date" {
				return nil
			}
			return &bad
		})
		if target := look(t, src, dst).Jobs["j"].Target; !target.Now.IsZero() || target.Pools["tank"].GUID == 0 {
			t.Errorf("without a clock: %+v", target)
		}
		dst.Heal()
	}
}

// zpool is asked for the features that the planner knows by name, and for no others: one that it starts to look for
// must be asked for.
func TestFeatures(t *testing.T) {
	pool := look(t, machine("kraken", 1), machine("box", 2)).Jobs["j"].Source.Pools["tank"]
	named := regexp.MustCompile(`\.Has\("(\w+)"\)`)
	found := map[string]bool{}
	err := filepath.WalkDir(filepath.Join("..", "..", "plan"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
			if !slices.Contains(pool.Features, m[1]) {
				t.Errorf("%s looks for the feature %s, which is not asked for", path, m[1])
			}
		}
		return err
	})
	if err != nil || len(found) < 5 {
		t.Error(err, found)
	}
}

// The parents that zfsrep makes carry a property of its own, which what lies below inherits.
func TestProperties(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	src.MustRun("zfs create -o quota=10G -o refquota=5G tank/a")
	dst.MustRun("zfs create -u -o zfsrep:place=tank/a tank/a")
	dst.MustRun("zfs create tank/a/b")
	pair := look(t, src, dst).Jobs["j"]
	here, there := pair.Source.Datasets["tank/a"].Properties, pair.Target.Datasets
	if here["quota"] != "10737418240" || here["refquota"] != "5368709120" || here["pbkdf2salt"] != "0" {
		t.Errorf("%v", here)
	}
	if _, has := here["zfsrep:place"]; has || there["tank/a"].Properties["zfsrep:place"] != "tank/a" || there["tank/a/b"].Properties["zfsrep:place"] != "tank/a" {
		t.Errorf("%v\n%v", here, there["tank/a"].Properties)
	}
}

// An inventory is the same whether it comes from the machines or from a file, in whatever order that has it: zfs list
// gives bookmarks by name. So "observe | plan --state -" plans what run does.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, dst := machine("kraken", 1), machine("box", 2)
		src.MustRun("zfs create -p tank/a/b")
		dst.MustRun("zfs create tank/a")
		for i, pick := range rapid.SliceOfN(rapid.IntRange(0, 99), 0, 30).Draw(t, "steps") {
			history(src, i, pick)
			history(dst, i, pick*7%100)
		}
		seen := look(t, src, dst)
		ordered(t, seen)
		read := written(t, seen)
		if diff := gocmp.Diff(seen, read); diff != "" {
			t.Errorf("from its file it is another:\n%s", diff)
		}
		for _, d := range seen.Jobs["j"].Source.Datasets {
			d.Snapshots = rapid.Permutation(d.Snapshots).Draw(t, "snapshots")
			d.Bookmarks = rapid.Permutation(d.Bookmarks).Draw(t, "bookmarks")
		}
		if diff := gocmp.Diff(read, written(t, seen)); diff != "" {
			t.Errorf("from a file in disorder it is another:\n%s", diff)
		}
	})
}

// history is one thing that happens to a machine: what, and to which dataset or snapshot, is in pick.
func history(m *zfssim.Machine, i, pick int) {
	dataset := []string{"tank/a", "tank/a/b"}[pick%2]
	out, _, _ := m.Run("zfs list -Hp -t snapshot -o name -d 1 " + dataset)
	snapshots := strings.Fields(out)
	one := dataset + "@none"
	if len(snapshots) > 0 {
		one = snapshots[pick/2%len(snapshots)]
	}
	switch pick % 5 {
	case 0, 1:
		m.Run(fmt.Sprintf("zfs snapshot -r tank/a@%c%d", 'z'-i%26, i))
	case 2: // often several of one snapshot
		m.Run(fmt.Sprintf("zfs bookmark %s %s#%c%d", one, dataset, 'z'-i%26, i))
	case 3:
		m.Run("zfs destroy " + one)
	case 4:
		m.Run(fmt.Sprintf("zfs hold t%d %s", i, one))
	}
}

// look observes the one job of these tests.
func look(t rapid.TB, src, dst *zfssim.Machine) *observe.Inventory {
	t.Helper()
	inv := observe.New(zfssim.Epoch)
	var failed map[string]error
	inv.Jobs, failed = observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "j", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: src.Host(), Target: dst.Host()}})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	return inv
}

func ordered(t rapid.TB, inv *observe.Inventory) {
	t.Helper()
	byAge := func(a, b zfs.Version) int {
		return cmp.Or(cmp.Compare(a.CreateTXG, b.CreateTXG), cmp.Compare(a.Name, b.Name))
	}
	for _, side := range []observe.Side{inv.Jobs["j"].Source, inv.Jobs["j"].Target} {
		for name, d := range side.Datasets {
			if !slices.IsSortedFunc(d.Snapshots, func(a, b zfs.Snapshot) int { return byAge(a.Version, b.Version) }) ||
				!slices.IsSortedFunc(d.Bookmarks, func(a, b zfs.Bookmark) int { return byAge(a.Version, b.Version) }) {
				t.Errorf("%s is not in order: %+v %+v", name, d.Snapshots, d.Bookmarks)
			}
		}
	}
}

// written is the inventory by way of its file.
func written(t rapid.TB, inv *observe.Inventory) *observe.Inventory {
	t.Helper()
	text, err := json.Marshal(inv)
	if err != nil {
		t.Fatal(err)
	}
	read, err := observe.ReadInventory(text)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// What the config wants of replicas is looked at where they are, and whether somebody set it there; no job sees what only
// another one asked for, and what some OpenZFS does not know is not asked for.
func TestReceivePropertiesAreObserved(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	src.MustRun("zfs create tank/a")
	dst.MustRun("zfs create -p tank/one/a")
	dst.MustRun("zfs create -p tank/two/a")
	dst.MustRun("zfs set compression=gzip tank/one")
	dst.MustRun("zfs set readonly=off com.example:x=y tank/one/a")
	here, there := src.Host(), dst.Host()
	pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "one", `"remotePool": "tank/one", "datasets": ["tank/a"], "receive": {"properties": {"compression": "gzip", "com.example:x": "z", "longname": "on"}}`), Source: here, Target: there},
		{Job: job(t, "two", `"remotePool": "tank/two", "datasets": ["tank/a"], "receive": {"properties": {"com.example:w": "v"}}`), Source: here, Target: there}})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	one, two := pairs["one"].Target.Datasets["tank/one/a"], pairs["two"].Target.Datasets["tank/two/a"]
	_, foreign := two.Properties["com.example:x"]
	_, atSource := pairs["one"].Source.Datasets["tank/a"].Properties["com.example:x"]
	switch {
	case one.Properties["compression"] != "gzip", one.SetHere("compression"), one.Properties["com.example:x"] != "y", !one.SetHere("com.example:x"), !one.SetHere("readonly"):
		t.Errorf("%+v", one)
	case two.Properties["com.example:w"] != "-", foreign, atSource, len(two.Local) > 0:
		t.Errorf("%+v", two)
	}
	if _, asked := one.Properties["longname"]; asked {
		t.Error("asked for what an older OpenZFS does not know")
	}
}
