package verify_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// dice makes anything out of bytes: configs that no parser lets through, inventories that no machine has, plans that
// nobody would make. There are few names and few GUIDs, so that they meet.
type dice struct{ bytes []byte }

func (d *dice) n(sides int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	b := d.bytes[0]
	d.bytes = d.bytes[1:]
	return int(b) % sides
}

func (d *dice) of(all ...string) string { return all[d.n(len(all))] }

func (d *dice) yes() bool { return d.n(2) == 1 }

func (d *dice) dataset() string {
	return d.of("tank/a", "tank", "tank/a/b", "backup/a", "backup", "tank/b", "tank/a/b/c", "", "backup/a/b", "/", "tank/"+strings.Repeat("x", 250))
}

func (d *dice) version() string {
	return d.of("d1", "d2", "d3", "d4", "x", "", "zfsrep_1", "zfsrep_1_7_e40c292c", "zfsrep_2_7_e40c292c_first", "daily-2025-01-01", "zfsrep_", "zfsrep_1_7_e40c292c_first_x")
}

func (d *dice) guid() zfs.GUID { return zfs.GUID(d.n(6)) }

func (d *dice) ref() plan.Ref {
	return plan.Ref{Name: d.of("@", "#", "") + d.version(), GUID: d.guid()}
}

func (d *dice) side() plan.Side { return plan.Side(d.of("target", "source", "target", "")) }

func (d *dice) names() []string {
	var all []string
	for range d.n(4) {
		all = append(all, d.version())
	}
	return all
}

func (d *dice) config() *config.Config {
	cfg := &config.Config{AutoSnapshot: config.AutoSnapshot{Prefix: "daily-"}}
	for i := range d.n(4) {
		j := config.DefaultJob()
		j.Name, j.RemoteHost, j.RemotePool = fmt.Sprint("job", i), d.of("", "box", "BOX", "other"), d.dataset()
		for range 1 + d.n(2) {
			j.Datasets = append(j.Datasets, config.Dataset{Name: d.dataset(), Recursive: d.yes(), Target: d.of("", "", "backup/a")})
		}
		j.Send.Raw = config.Raw(d.of("auto", "always", "never"))
		j.OnDiverged = config.OnDiverged(d.of("refuse", "rollback"))
		j.OnModified = config.OnModified(d.of("auto", "refuse", "rollback"))
		j.Retention.Source = &retention.Policy{Last: 1}
		if n := d.n(5); n > 0 {
			j.Limits.Destroy = &n
		}
		cfg.Jobs = append(cfg.Jobs, j)
	}
	return cfg
}

func (d *dice) look() observe.Side {
	s := observe.Side{Pools: map[string]observe.Pool{}, Datasets: map[string]*observe.Dataset{}}
	for range d.n(3) {
		s.Pools[d.of("tank", "backup")] = observe.Pool{GUID: zfs.GUID(d.n(3) * 7), Readonly: d.n(8) == 7, Health: d.of("ONLINE", "ONLINE", "SUSPENDED")}
	}
	for range d.n(6) {
		name := d.dataset()
		if d.n(9) == 8 {
			s.Datasets[name] = nil
			continue
		}
		x := &observe.Dataset{Type: d.of("filesystem", "filesystem", "volume"), GUID: d.guid(), Properties: map[string]string{}}
		for range d.n(5) {
			x.Properties[d.of("written", "readonly", "mounted", "canmount", "origin", "encryption", "keystatus", "inconsistent", "usedbydataset", "zfsrep:place")] =
				d.of("0", "on", "off", "1", "yes", "-", "tank/a@d1", "@", "unavailable", "aes-256-gcm", "tank/a", "98304")
		}
		for i := range d.n(5) {
			x.Snapshots = append(x.Snapshots, zfs.Snapshot{Version: zfs.Version{Name: d.version(), GUID: d.guid(), CreateTXG: uint64(10*i + d.n(20))}, Holds: d.n(8) / 7, Clones: d.n(8) / 7})
		}
		for i := range d.n(3) {
			x.Bookmarks = append(x.Bookmarks, zfs.Bookmark{Version: zfs.Version{Name: d.version(), GUID: d.guid(), CreateTXG: uint64(10*i + d.n(20))}})
		}
		if d.n(4) == 3 {
			x.Resume = &observe.Resume{Token: "t", ToGUID: d.guid(), FromGUID: d.guid(), Busy: d.yes(), Raw: d.yes()}
		}
		s.Datasets[name] = x
	}
	return s
}

func (d *dice) step() plan.Step {
	switch side, name := d.side(), d.dataset(); d.n(14) {
	case 0:
		return plan.CreateDataset{Side: side, Dataset: name, Set: map[string]string{d.of("canmount", "mountpoint", "encryption"): "off"}}
	case 1:
		return plan.Rollback{Side: side, Dataset: name, To: d.ref(), Destroys: d.names(), Bookmarks: d.names()}
	case 2:
		return plan.AbortReceive{Side: side, Dataset: name}
	case 3:
		return plan.Rename{Side: side, Dataset: name, To: d.dataset(), Volume: d.yes()}
	case 4:
		return plan.SetProperty{Side: side, Dataset: name, Property: d.of("readonly", "", "canmount"), Value: "on"}
	case 5:
		return plan.Hold{Side: side, Dataset: name, Snapshot: d.version(), Tag: d.of("zfsrep", "x")}
	case 6:
		return plan.Release{Side: side, Dataset: name, Snapshot: d.version(), Tag: "zfsrep"}
	case 7:
		return plan.Bookmark{Side: side, Dataset: name, Snapshot: d.version(), Bookmark: d.version()}
	case 8:
		return plan.Snapshot{Side: side, Datasets: []string{name, d.dataset()}, Name: d.version()}
	case 9:
		return plan.DestroySnapshots{Side: side, Dataset: name, Names: d.names()}
	case 10:
		return plan.DestroyBookmarks{Side: side, Dataset: name, Names: d.names()}
	case 11:
		return nil
	default:
		s := plan.Send{Mode: plan.Mode(d.of("full", "incremental", "resume", "")), Dataset: name, Target: d.dataset(), To: d.ref(),
			Intermediates: d.yes(), Origin: d.n(4) == 3, Token: d.of("t", ""), Receive: zfs.ReceiveOptions{Force: d.n(4) == 3}}
		if d.yes() {
			from := d.ref()
			from.Name = d.of("", "", "tank/a") + from.Name
			s.From = &from
		}
		return s
	}
}

func (d *dice) plan() *plan.Plan {
	p := &plan.Plan{Jobs: map[string]plan.Connection{}}
	for i, host := range []string{d.of("", "box", "other"), d.of("", "box"), d.of("", "other")} {
		p.Jobs[fmt.Sprint("job", i)] = plan.Connection{RemoteHost: host, RemotePort: 22}
	}
	for i := range d.n(12) {
		a := plan.Action{ID: fmt.Sprint(i + d.n(20)/19), Job: d.of("job0", "job0", "job1", "job2", plan.SnapshotJob, ""), Do: d.step(), Why: d.of("so", "so", "so", "")}
		for range d.n(3) {
			a.Needs = append(a.Needs, fmt.Sprint(d.n(i+1)))
		}
		for range d.n(3) {
			a.Expect = append(a.Expect, plan.Expect{Side: d.side(), Name: d.dataset() + d.of("", "@", "#") + d.version(), Property: d.of("", "guid", "userrefs", "written", "receive_resume_token", "x"), Value: d.of("0", "1", "-")})
		}
		p.Actions = append(p.Actions, a)
	}
	for range d.n(2) {
		p.Conflicts = append(p.Conflicts, plan.Conflict{Job: d.of("job0", "job1", ""), Dataset: d.dataset(), Code: plan.Code(d.of("destroy-limit", "blocked"))})
	}
	return p
}

// Whatever plan is held against whatever machines, the verifier answers, and gives the same answer twice.
func FuzzVerify(f *testing.F) {
	for seed := range 64 {
		bytes := make([]byte, 400)
		x := uint32(seed)*2654435761 + 1
		for i := range bytes {
			x = x*1664525 + 1013904223
			bytes[i] = byte(x >> 24)
		}
		f.Add(bytes)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		answers := func() (all [3]any) {
			d := &dice{bytes}
			cfg := d.config()
			inv := observe.New(time.Time{})
			for _, j := range cfg.Jobs {
				if d.n(6) < 5 {
					inv.Jobs[j.Name] = observe.Pair{Source: d.look(), Target: d.look()}
				}
			}
			p := d.plan()
			return [3]any{verify.Plan(cfg, inv, p), verify.Snapshots(cfg, inv, p), verify.Stale(cfg, inv, p)}
		}
		first, second := answers(), answers()
		if !reflect.DeepEqual(first, second) {
			t.Errorf("two answers: %+v and %+v", first, second)
		}
		if text := fmt.Sprint(first); strings.Contains(text, "could not be checked") {
			t.Errorf("a panic: %s", text)
		}
	})
}

// Nothing at all is as good as anything.
func TestNothing(t *testing.T) {
	if found := verify.Plan(nil, nil, nil); found != nil {
		t.Errorf("no plan: %+v", found)
	}
	p := &plan.Plan{Actions: []plan.Action{{ID: "1", Job: "a", Do: plan.AbortReceive{Side: plan.Target, Dataset: "tank/a"}, Why: "so"}}}
	if found := verify.Plan(nil, nil, p); len(found) != 1 {
		t.Errorf("a plan for nobody: %+v", found)
	}
}
