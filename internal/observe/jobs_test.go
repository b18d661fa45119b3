package observe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// asked are the commands a host was asked for, by their first two words and what they list.
func asked(h *host.Counter) []string {
	var all []string
	for _, argv := range h.Commands() {
		words := argv[0] + " " + argv[1]
		if i := slices.Index(argv, "-r"); i >= 0 {
			words += " of the trees " + strings.Join(argv[len(argv)-1:], " ")
		}
		all = append(all, words)
	}
	slices.Sort(all)
	return all
}

// Two jobs between two machines cost what one costs: what each machine is asked is written down here.
func TestOneLook(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	src.MustRun("zfs create tank/a")
	src.MustRun("zfs create tank/b")
	src.MustRun("zfs snapshot -r tank@1")
	here, there := host.Counting(src.Host()), host.Counting(dst.Host())
	seats := []observe.Seat{
		{Job: job(t, "one", `"remotePool": "tank/in/one", "datasets": ["tank/a"]`), Source: here, Target: there},
		{Job: job(t, "two", `"remotePool": "tank/in", "datasets": ["tank/b", {"name": "tank", "recursive": false}]`), Source: here, Target: there},
	}
	pairs, failed := observe.Jobs(context.Background(), seats)
	if len(failed) > 0 || len(pairs) != 2 {
		t.Fatal(failed)
	}
	want := []string{"date -u", "zfs get", "zfs get of the trees tank/b", "zfs list", "zfs list of the trees tank/b", "zfs version", "zpool get"}
	if diff := gocmp.Diff(want, asked(here)); diff != "" {
		t.Error("kraken:", diff)
	}
	// box is also asked for what is above the places, and, since all replicas are missing, for everything below remotePool.
	want = []string{"date -u", "zfs get", "zfs get", "zfs get of the trees tank/in", "zfs get of the trees tank/in/b", "zfs list",
		"zfs list of the trees tank/in", "zfs list of the trees tank/in/b", "zfs version", "zpool get"}
	if diff := gocmp.Diff(want, asked(there)); diff != "" {
		t.Error("box:", diff)
	}
}

// Source and target on one machine are one machine.
func TestOneLookAtOneMachine(t *testing.T) {
	m := machine("kraken", 1)
	m.AddPool("backup", zfssim.PoolOptions{})
	m.MustRun("zfs create tank/a")
	here := host.Counting(m.Host())
	pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "j", `"remotePool": "backup", "datasets": ["tank/a"]`), Source: here, Target: here}})
	if len(failed) > 0 || pairs["j"].Source.Datasets["tank/a"] == nil || pairs["j"].Target.Datasets["backup"] == nil || len(pairs["j"].Target.Datasets) != 1 {
		t.Fatal(pairs, failed)
	}
	want := []string{"date -u", "zfs get", "zfs get of the trees backup/a", "zfs list of the trees backup/a", "zfs version", "zpool get"}
	if diff := gocmp.Diff(want, asked(here)); diff != "" {
		t.Error(diff)
	}
}

func TestSourceOnly(t *testing.T) {
	src := machine("kraken", 1)
	src.MustRun("zfs create tank/a")
	src.MustRun("zfs create tank/b")
	here := host.Counting(src.Host())
	jobs := []config.Job{*job(t, "one", `"remotePool": "tank", "datasets": ["tank/a"]`), *job(t, "two", `"remotePool": "tank/two", "datasets": ["tank/b"]`)}
	pairs, failed := observe.SourceOnly(context.Background(), jobs, here)
	if len(failed) > 0 || here.Count() != 5 {
		t.Errorf("%v, %q", failed, asked(here))
	}
	for name, dataset := range map[string]string{"one": "tank/a", "two": "tank/b"} {
		if p := pairs[name]; len(p.Source.Datasets) != 1 || p.Source.Datasets[dataset] == nil || p.Target.Datasets != nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// What a job sees does not depend on which others are asked for with it.
func TestJobsAreCutApart(t *testing.T) {
	names := []string{"tank/a", "tank/a/b", "tank/a/b/c", "tank/d", "tank/nope", "tank"}
	rapid.Check(t, func(t *rapid.T) {
		src, dst := machine("kraken", 1), machine("box", 2)
		for _, m := range []*zfssim.Machine{src, dst} {
			m.MustRun("zfs create -p tank/a/b/c")
			m.MustRun("zfs create tank/d")
			m.MustRun("zfs create -p tank/in/a/b")
			m.MustRun("zfs snapshot -r tank@1")
			m.MustRun("zfs bookmark tank/a@1 tank/a#1")
		}
		here, there := src.Host(), dst.Host()
		var seats []observe.Seat
		for i := range rapid.IntRange(1, 4).Draw(t, "jobs") {
			var datasets []string
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 2, rapid.ID).Draw(t, "datasets") {
				datasets = append(datasets, fmt.Sprintf(`{"name": %q, "recursive": %t}`, name, rapid.Bool().Draw(t, "recursive")))
			}
			text := fmt.Sprintf(`"remotePool": %q, "datasets": [%s]`, rapid.SampledFrom([]string{"tank", "tank/in"}).Draw(t, "place"), strings.Join(datasets, ", "))
			if cfg, _ := parseJob(fmt.Sprint("j", i), text); cfg == nil {
				t.Skip("no config")
			}
			seat := observe.Seat{Job: job(t, fmt.Sprint("j", i), text), Source: here, Target: there}
			if rapid.Bool().Draw(t, "local") {
				seat.Target = here
			}
			seats = append(seats, seat)
		}
		together, failed := observe.Jobs(context.Background(), seats)
		if len(failed) > 0 {
			t.Fatal(failed)
		}
		for _, s := range seats {
			alone, _ := observe.Jobs(context.Background(), []observe.Seat{s})
			if diff := gocmp.Diff(alone[s.Job.Name], together[s.Job.Name]); diff != "" {
				t.Errorf("%s alone sees another world:\n%s", s.Job.Name, diff)
			}
		}
	})
}

// A snapshot that comes while the machine is looked at is seen by all jobs or by none.
func TestSnapshotBetweenListings(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	src.MustRun("zfs create tank/a")
	var n atomic.Int64
	src.Fail(func(argv []string) *zfssim.Fault {
		if len(argv) > 1 && argv[1] == "list" {
			src.MustRun(fmt.Sprintf("zfs snapshot tank/a@%d", n.Add(1)))
		}
		return nil
	})
	here, there := src.Host(), dst.Host()
	pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "one", `"remotePool": "tank/one", "datasets": ["tank/a"]`), Source: here, Target: there},
		{Job: job(t, "two", `"remotePool": "tank/two", "datasets": [{"name": "tank/a", "recursive": false}]`), Source: here, Target: there}})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	one, two := pairs["one"].Source.Datasets["tank/a"], pairs["two"].Source.Datasets["tank/a"]
	if diff := gocmp.Diff(one, two); diff != "" || len(one.Snapshots) != 1 {
		t.Errorf("%d snapshots; %s", len(one.Snapshots), diff)
	}
}

// liar is a machine whose commands print something else than they should.
type liar struct {
	host.Host
	lie func(argv []string, out []byte) []byte
}

func (l *liar) Start(ctx context.Context, argv []string) (host.Process, error) {
	p, err := l.Host.Start(ctx, argv)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(p.Stdout())
	return lied{p, bytes.NewReader(l.lie(argv, out))}, err
}

type lied struct {
	host.Process
	out io.Reader
}

func (l lied) Stdout() io.Reader { return l.out }

// Whatever is wrong with one dataset, the job that wants it fails and says so, and the others are served.
func TestTroubleOfOneDataset(t *testing.T) {
	replace := func(old, by string) func([]string, []byte) []byte {
		return func(_ []string, out []byte) []byte { return bytes.ReplaceAll(out, []byte(old), []byte(by)) }
	}
	fails := func(stderr string) func(*zfssim.Machine) {
		return func(m *zfssim.Machine) {
			m.Fail(func(argv []string) *zfssim.Fault {
				if line := strings.Join(argv, " "); strings.Contains(line, "tank/bad") {
					return &zfssim.Fault{Stderr: stderr, Code: 1}
				}
				return nil
			})
		}
	}
	set := func(property, value string) func(*zfssim.Machine) {
		return func(m *zfssim.Machine) {
			m.Put(zfssim.Spec{Name: "tank/bad", Props: map[string]string{property: value}})
		}
	}
	for name, c := range map[string]struct {
		trouble func(*zfssim.Machine)
		lie     func([]string, []byte) []byte
		says    string
	}{
		"it cannot be opened":             {fails("cannot open 'tank/bad': I/O error\n"), nil, "I/O error"},
		"a snapshot's name":               {nil, replace("tank/bad@1", "tank/bad@1\x1b[2J"), `"1\x1b[2J" contains`},
		"a dataset's name":                {nil, replace("tank/bad\ttype", "tank/bad\r\ttype"), `"tank/bad\r" contains`},
		"a guid":                          {nil, replace("tank/bad@1\t", "tank/bad@1\t-"), "tank/bad@1"},
		"half a line":                     {nil, replace("tank/bad@1\t", "tank/bad@1\n"), `"tank/bad@1" is where a line of 9 columns should be`},
		"a line break in a user property": {set("zfsrep:place", "x\ny"), nil, `"y\n" is where quota should be of tank/bad`},
		"another dataset in a user property": {set("zfsrep:place", "x\ntank/good/x\ttype\tfilesystem"), nil,
			`"tank/good/x\ttype\tfilesystem\n" is where quota should be of tank/bad`},
	} {
		for _, onTarget := range []bool{false, true} {
			src, dst := machine("kraken", 1), machine("box", 2)
			for _, m := range []*zfssim.Machine{src, dst} {
				m.MustRun("zfs create tank/good")
				m.MustRun("zfs create tank/bad")
				m.MustRun("zfs snapshot tank/good@1 tank/bad@1")
			}
			m, h := src, host.Host(src.Host())
			if onTarget {
				m, h = dst, dst.Host()
			}
			if c.trouble != nil {
				c.trouble(m)
			}
			if c.lie != nil {
				h = &liar{h, c.lie}
			}
			here, there := h, host.Host(dst.Host())
			if onTarget {
				here, there = src.Host(), h
			}
			pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
				{Job: job(t, "good", `"remotePool": "tank", "datasets": ["tank/good"]`), Source: here, Target: there},
				{Job: job(t, "bad", `"remotePool": "tank", "datasets": ["tank/bad"]`), Source: here, Target: there}})
			if p, served := pairs["good"]; !served || failed["good"] != nil || len(p.Source.Datasets) != 1 || len(p.Target.Datasets["tank/good"].Snapshots) != 1 {
				t.Errorf("%s: good is not served: %v, %v", name, p, failed["good"])
			}
			if err := failed["bad"]; err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), h.Name()) || strings.ContainsAny(err.Error(), "\x1b\r") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A machine that cannot be read fails the jobs that need it, and no others; nobody keeps knocking on its door.
func TestMachineThatCannotBeRead(t *testing.T) {
	src, near, far := machine("kraken", 1), machine("near", 2), machine("far", 3)
	src.MustRun("zfs create tank/a")
	far.SetReachable(false)
	here, there, nowhere := src.Host(), near.Host(), host.Counting(far.Host())
	pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "near", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: here, Target: there},
		{Job: job(t, "far", `"remotePool": "tank/in", "datasets": ["tank/a"]`), Source: here, Target: nowhere},
		{Job: job(t, "further", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: here, Target: nowhere}})
	var conn *host.ConnError
	if len(failed) != 2 || !errors.As(failed["far"], &conn) || !errors.As(failed["further"], &conn) || pairs["near"].Source.Datasets["tank/a"] == nil {
		t.Errorf("%v, %v", pairs, failed)
	}
	if nowhere.Count() > 6 {
		t.Errorf("a machine that cannot be reached is asked %q", asked(nowhere))
	}
	far.SetReachable(true)
	far.Fail(func(argv []string) *zfssim.Fault {
		if argv[0] == "zpool" {
			return &zfssim.Fault{Code: 1, Stderr: "cannot open /dev/zfs: Permission denied\n"}
		}
		return nil
	})
	_, failed = observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "far", `"remotePool": "tank/in", "datasets": ["tank/a"]`), Source: here, Target: nowhere}})
	if err := failed["far"]; err == nil || !strings.Contains(err.Error(), "Permission denied") {
		t.Error(err)
	}
}

// A value that would move the cursor is no value, and a version is one or nothing.
func TestNothingButText(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	dst.Put(zfssim.Spec{Name: "tank/a", Props: map[string]string{"zfsrep:place": "x\x1b[2J\ty", "mountpoint": "/tank/\xff"}})
	there := &liar{dst.Host(), func(argv []string, out []byte) []byte {
		switch argv[1] {
		case "version":
			return []byte("zfs-kmod-2.3\x1b[2J-1\n")
		case "get":
			out = bytes.ReplaceAll(out, []byte("ONLINE"), []byte("ON\x1bLINE"))
			return bytes.ReplaceAll(out, []byte("\treceive_resume_token\t-\t-"), []byte("\treceive_resume_token\t-\t1-\x1b"))
		}
		return out
	}}
	pairs, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "j", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: src.Host(), Target: there}})
	target := pairs["j"].Target
	d := target.Datasets["tank/a"]
	if len(failed) > 0 || d == nil || d.Resume == nil {
		t.Fatal(failed, target)
	}
	_, place := d.Properties["zfsrep:place"]
	_, mountpoint := d.Properties["mountpoint"]
	if place || mountpoint || d.Resume.Token != "" || d.Resume.ToGUID != 0 || target.ZFSVersion != "" || target.Pools["tank"].Health != "" {
		t.Errorf("%+v %+v", target, d)
	}
}

// A pool's name is one, too.
func TestPoolName(t *testing.T) {
	src, dst := machine("kraken", 1), machine("box", 2)
	there := &liar{dst.Host(), func(argv []string, out []byte) []byte {
		if argv[0] != "zpool" {
			return out
		}
		return bytes.ReplaceAll(out, []byte("tank\t"), []byte("ta\x1bnk\t"))
	}}
	_, failed := observe.Jobs(context.Background(), []observe.Seat{
		{Job: job(t, "j", `"remotePool": "tank", "datasets": ["tank/a"]`), Source: src.Host(), Target: there}})
	if err := failed["j"]; err == nil || !strings.Contains(err.Error(), `"ta\x1bnk" is not a pool's name`) {
		t.Error(err)
	}
}
