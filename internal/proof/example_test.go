package proof

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// The original design's workflow: five datasets, daily snapshots, one run a night.
func TestSeedWorkflow(t *testing.T) {
	names := []string{"tank/services", "tank/shack/cloud/immich", "tank/shack/cloud/nextcloud", "tank/shack/cloud/syncthing", "tank/shack/cloud/vaultwarden"}
	p := newPair(t, spec{"datasets": names})
	for _, n := range names {
		p.src.MustRun("zfs create -p " + n)
	}
	for day := range 5 {
		for _, n := range names {
			p.src.Fill(n, fmt.Sprint("file", day), 10<<20)
			p.src.MustRun(fmt.Sprintf("zfs snapshot %s@daily-%d", n, day))
		}
		if day == 2 {
			continue // the machine was off
		}
		p.night(t)
		for _, n := range names {
			p.same(t, n, n)
		}
		if again := p.night(t); !again.Empty() {
			t.Fatalf("planning again is not empty:\n%s", show(again))
		}
	}
	for _, n := range names {
		if got := p.dst.MustRun("zfs get -Hp -o value readonly,canmount,mountpoint,mounted " + n); got != "on\nnoauto\nnone\nno\n" {
			t.Errorf("%s has %q", n, got)
		}
	}
}

// Observing takes a constant number of commands, and a night without news no more than that.
func TestCommandsDoNotGrow(t *testing.T) {
	count := func(children int) (src, dst int) {
		p := newPair(t)
		p.src.MustRun("zfs create tank/a")
		for i := range children {
			p.src.MustRun(fmt.Sprintf("zfs create tank/a/c%d", i))
		}
		p.src.MustRun("zfs snapshot -r tank/a@1")
		p.night(t)
		counts := map[string]*host.Counter{}
		p.wrap = func(h host.Host) host.Host {
			if counts[h.Name()] == nil {
				counts[h.Name()] = host.Counting(h)
			}
			return counts[h.Name()]
		}
		if again := p.night(t); !again.Empty() {
			t.Fatalf("planning again is not empty:\n%s", show(again))
		}
		return counts["kraken"].Count(), counts["box"].Count()
	}
	src5, dst5 := count(5)
	src50, dst50 := count(50)
	if src5 != src50 || dst5 != dst50 {
		t.Errorf("5 datasets take %d and %d commands, 50 take %d and %d", src5, dst5, src50, dst50)
	}
	if src50 != 5 || dst50 != 6 { // observe.Jobs says which; the sixth asks for the place's parents
		t.Errorf("a night without news takes %d commands here and %d on the target", src50, dst50)
	}
}

// A transfer that is cut anywhere goes on where it stopped, and nothing is sent twice.
func TestCutTransferResumes(t *testing.T) {
	for cut := int64(0); cut < 6000; cut += 250 {
		p := newPair(t)
		p.src.MustRun("zfs create tank/a")
		for i := range 4 {
			p.src.Fill("tank/a", fmt.Sprint("f", i), 1<<30)
			p.src.MustRun(fmt.Sprintf("zfs snapshot tank/a@%d", i))
		}
		cutOnce(p.dst.Machine, "receive", cut)
		made, _, err := p.plan(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		p.execute(context.Background(), made)
		p.dst.Heal()
		p.night(t)
		p.same(t, "tank/a", "tank/a")
		if again := p.night(t); !again.Empty() {
			t.Fatalf("cut at %d: planning again is not empty:\n%s", cut, show(again))
		}
	}
}

// cutOnce ends the stream of the first such command after some bytes.
func cutOnce(m *zfssim.Machine, word string, bytes int64) {
	done := false
	m.Fail(func(argv []string) *zfssim.Fault {
		if done || !strings.Contains(strings.Join(argv, " "), " "+word+" ") {
			return nil
		}
		done = true
		return &zfssim.Fault{When: zfssim.Cut, Bytes: bytes}
	})
}

// The program may die before any command and after any: the next run carries on.
func TestKilledAnywhere(t *testing.T) {
	for _, when := range []zfssim.When{zfssim.Before, zfssim.After} {
		for at := 0; ; at++ {
			p := newPair(t, spec{"retention": map[string]any{"source": map[string]any{"match": []any{"*"}, "last": 2}, "target": map[string]any{"match": []any{"*"}, "last": 3}}})
			p.src.MustRun("zfs create tank/a")
			p.src.MustRun("zfs create tank/a/b")
			for i := range 5 {
				p.src.Fill("tank/a", fmt.Sprint("f", i), 1<<20)
				p.src.MustRun(fmt.Sprintf("zfs snapshot -r tank/a@%d", i))
				if i == 1 {
					p.night(t)
				}
			}
			if !p.dieAt(at, when) {
				break
			}
			for range 3 {
				p.night(t)
			}
			if again := p.night(t); !again.Empty() {
				t.Fatalf("killed at command %d: planning again is not empty:\n%s", at, show(again))
			}
			if len(snapshots(p.src, "tank/a")) != 2 || len(snapshots(p.dst, "tank/a")) != 3 {
				t.Fatalf("killed at command %d: %v\n%v", at, versions(p.src), versions(p.dst))
			}
		}
	}
}

// dieAt runs a night in which everything stops at one command; false when the run was over before.
func (p *pair) dieAt(at int, when zfssim.When) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	made, _, err := p.plan(ctx)
	if err != nil {
		return false
	}
	var mu sync.Mutex
	n, hit := 0, false
	hook := func([]string) *zfssim.Fault {
		mu.Lock()
		defer mu.Unlock()
		n++
		if n <= at {
			return nil
		}
		if !hit && when == zfssim.After {
			hit = true
			cancel()
			return &zfssim.Fault{When: zfssim.After, Lost: true}
		}
		hit = true
		cancel()
		return &zfssim.Fault{When: zfssim.Before, Lost: true}
	}
	p.src.Fail(hook)
	p.dst.Fail(hook)
	p.execute(ctx, made)
	p.src.Heal()
	p.dst.Heal()
	return hit
}

// Two jobs bring one dataset to two places, each with marks of its own; the source is pruned when both have it.
func TestTwoJobsShareASource(t *testing.T) {
	keep := map[string]any{"source": map[string]any{"match": []any{"*"}, "last": 1}}
	p := newPair(t, spec{"retention": keep}, spec{"remotePool": "tank/other", "retention": keep})
	p.src.MustRun("zfs create tank/a")
	for i := range 4 {
		p.src.Fill("tank/a", fmt.Sprint("f", i), 1<<20)
		p.src.MustRun(fmt.Sprintf("zfs snapshot tank/a@%d", i))
		p.night(t)
		if again := p.night(t); !again.Empty() {
			t.Fatalf("planning again is not empty:\n%s", show(again))
		}
		if n := len(snapshots(p.src, "tank/a")); n != 1 {
			t.Errorf("the source has %d snapshots", n)
		}
	}
	for _, place := range []string{"tank/a", "tank/other/a"} {
		if n := len(snapshots(p.dst, place)); n != 4 {
			t.Errorf("%s has %d snapshots", place, n)
		}
	}
}

// One job's replica lies above another one's place: who only looks at what is above its places does not hide from the
// other what it holds.
func TestPlaceBelowAnothersReplica(t *testing.T) {
	p := newPair(t, spec{"datasets": []any{map[string]any{"name": "tank/b", "target": "tank/a/x/b"}}}, spec{"datasets": []any{"tank/a"}})
	p.src.MustRun("zfs create tank/a")
	p.src.MustRun("zfs create tank/b")
	for i := range 3 {
		p.src.MustRun(fmt.Sprintf("zfs snapshot -r tank@%d", i))
		p.night(t)
		p.same(t, "tank/a", "tank/a")
		p.same(t, "tank/b", "tank/a/x/b")
		if again := p.night(t); !again.Empty() {
			t.Fatalf("planning again is not empty:\n%s", show(again))
		}
	}
}

// Situation 27: the source was promoted. The plan says so and sends nothing over what is there.
func TestPromotedSource(t *testing.T) {
	p := newPair(t, spec{"datasets": []any{"tank/x"}})
	for _, c := range []string{"create tank/x", "create tank/x/a", "snapshot tank/x/a@1", "snapshot tank/x/a@2", "clone tank/x/a@2 tank/x/b", "snapshot tank/x/b@3"} {
		p.src.MustRun("zfs " + c)
	}
	p.night(t)
	p.src.MustRun("zfs promote tank/x/b")
	p.src.MustRun("zfs snapshot -r tank/x@4")
	made := p.night(t)
	if len(made.Conflicts) == 0 {
		t.Fatalf("no conflict:\n%s", show(made))
	}
	for _, c := range made.Conflicts {
		if !strings.Contains(c.Hint, "zfs promote tank/x/b") {
			t.Errorf("%s %s: the hint does not name zfs promote: %s", c.Code, c.Dataset, c.Hint)
		}
	}
	p.dst.MustRun("sudo zfs promote tank/x/b")
	made = p.night(t)
	if len(made.Conflicts) != 1 || !strings.Contains(made.Conflicts[0].Hint, "zfs destroy tank/x/a") {
		t.Fatalf("after the promotion:\n%s", show(made))
	}
	p.dst.MustRun("sudo zfs destroy tank/x/a")
	if made = p.night(t); len(made.Conflicts) != 0 || p.dst.MustRun("zfs get -Hp -o value origin tank/x/a") != "tank/x/b@2\n" {
		t.Errorf("after the hints were followed:\n%s", show(made))
	}
	if again := p.night(t); !again.Empty() {
		t.Errorf("planning again is not empty:\n%s", show(again))
	}
}
