package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// pair is two machines and the config of the jobs between them.
type pair struct {
	src, dst side
	others   map[string]*zfssim.Machine // targets beside dst, by their remoteHost
	cfg      *config.Config
	only     string // the one job that runs, as with --job; "": all
	clock    time.Time
	wrong    time.Duration             // by which the clock of the source's machine is ahead
	wrap     func(host.Host) host.Host // around all hosts, nil: as they are
}

// side is a machine, and the pool on it that belongs to one side of the job.
type side struct {
	*zfssim.Machine
	pool string
}

// spec is a job's settings as config.json has them; what is missing is the usual job of these tests.
type spec map[string]any

var usual = spec{"remoteHost": "box.test", "remoteUser": "box", "remotePool": "tank", "datasets": []any{"tank/a"}}

// newPair makes two machines with a pool tank each, sudo needed on the target.
func newPair(t failer, jobs ...spec) *pair {
	t.Helper()
	p := &pair{clock: zfssim.Epoch}
	now := func() time.Time { return p.clock }
	p.src = side{zfssim.New(zfssim.Options{Name: "kraken", Seed: 1, Now: now, StreamScale: 1 << 20}), "tank"}
	p.dst = side{zfssim.New(zfssim.Options{Name: "box", Seed: 2, Now: now, StreamScale: 1 << 20, NeedSudo: true}), "tank"}
	p.src.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	p.dst.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	p.configure(t, jobs...)
	return p
}

// onOneMachine lets the target be another pool of the source's machine.
func (p *pair) onOneMachine() {
	p.dst = side{p.src.Machine, "backup"}
	p.dst.AddPool("backup", zfssim.PoolOptions{Size: 1 << 40})
}

// configure replaces the config. Job i is called j<i>.
func (p *pair) configure(t failer, jobs ...spec) {
	t.Helper()
	if len(jobs) == 0 {
		jobs = []spec{{}}
	}
	all := map[string]any{}
	for i, s := range jobs {
		job := spec{}
		maps.Copy(job, usual)
		maps.Copy(job, s)
		all[fmt.Sprintf("j%d", i)] = job
	}
	text, err := json.Marshal(map[string]any{"version": 1, "jobs": all})
	if err != nil {
		t.Fatalf("%v", err)
	}
	cfg, found := config.Parse(text)
	if cfg == nil {
		t.Fatalf("config: %v\n%s", found, text)
	}
	p.cfg = cfg
}

// now is the time on the source's machine.
func (p *pair) now() time.Time { return p.clock.Add(p.wrong) }

// hosts are the machines of one run, by job and side.
type hosts struct {
	pair *pair
	open map[*zfssim.Machine]host.Host
}

func (p *pair) hosts() *hosts {
	h := &hosts{p, map[*zfssim.Machine]host.Host{}}
	for _, m := range p.machines() {
		if h.open[m] != nil {
			continue // source and target in one
		}
		h.open[m] = m.Host()
		if p.wrap != nil {
			h.open[m] = p.wrap(h.open[m])
		}
	}
	return h
}

func (h *hosts) of(job string, side plan.Side) host.Host {
	for _, j := range h.pair.cfg.Jobs {
		if j.Name == job && side == plan.Target && !j.Local() {
			if other := h.pair.others[j.RemoteHost]; other != nil {
				return h.open[other]
			}
			return h.open[h.pair.dst.Machine]
		}
	}
	return h.open[h.pair.src.Machine]
}

func (h *hosts) close() {
	for _, one := range h.open {
		_ = one.Close()
	}
}

// plan observes and compiles.
func (p *pair) plan(ctx context.Context) (*plan.Plan, *observe.Inventory, error) {
	hosts := p.hosts()
	var seats []observe.Seat
	for i := range p.cfg.Jobs {
		if name := p.cfg.Jobs[i].Name; p.only == "" || p.only == name {
			seats = append(seats, observe.Seat{Job: &p.cfg.Jobs[i], Source: hosts.of(name, plan.Source), Target: hosts.of(name, plan.Target)})
		}
	}
	inv := observe.New(p.now())
	pairs, failed := observe.Jobs(ctx, seats)
	for _, err := range failed {
		return nil, nil, err
	}
	inv.Jobs = pairs
	made, err := compile.Compile(p.cfg, inv, p.now(), verify.Plan)
	return made, inv, err
}

// execute runs a plan, and counts its actions as they start.
func (p *pair) execute(ctx context.Context, made *plan.Plan) exec.Result {
	hosts := p.hosts()
	x := exec.Executor{Machines: hosts.of, Events: func(exec.Event) {}, Now: func() time.Time { return p.clock }}
	r := x.Run(ctx, made)
	hosts.close()
	p.settle()
	return r
}

// settle waits until what a dead run left behind on the target has noticed that.
func (p *pair) settle() {
	for range 1000 {
		running := false
		for _, m := range p.machines() {
			out, _, _ := m.Run("ps -eo args")
			running = running || strings.Contains(out, "zfs receive")
		}
		if !running {
			return
		}
		time.Sleep(time.Millisecond)
	}
	panic("a receive is still running a second after the run that started it has ended")
}

func (p *pair) machines() []*zfssim.Machine {
	all := []*zfssim.Machine{p.src.Machine, p.dst.Machine}
	for _, name := range slices.Sorted(maps.Keys(p.others)) {
		all = append(all, p.others[name])
	}
	return all
}

// night is one run in which nothing goes wrong.
func (p *pair) night(t failer) *plan.Plan {
	t.Helper()
	made, _, err := p.plan(context.Background())
	if err != nil {
		t.Fatalf("cannot plan: %v", err)
	}
	r := p.execute(context.Background(), made)
	if !r.OK() {
		t.Fatalf("the run failed:\n%s%s", failures(r), show(made))
	}
	return made
}

func failures(r exec.Result) string {
	var b bytes.Buffer
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "  %s %s: %v\n", f.Action.ID, f.Action.Do.Title(), f.Err)
	}
	return b.String()
}

func show(p *plan.Plan) string {
	var b bytes.Buffer
	for i := range p.Actions {
		a := &p.Actions[i]
		fmt.Fprintf(&b, "  %s %v %s (%s)\n", a.ID, a.Needs, a.Do.Title(), a.Why)
		for _, c := range p.Commands(a) {
			fmt.Fprintf(&b, "      %s$ %s\n", c.Side, host.Quote(c.Argv))
		}
	}
	for _, c := range p.Conflicts {
		fmt.Fprintf(&b, "  ! %s %s: %s\n", c.Code, c.Dataset, c.Message)
	}
	return b.String()
}

// same fails unless both machines hold the same snapshots of the dataset, with the same contents.
func (p *pair) same(t *testing.T, source, target string) {
	t.Helper()
	a, b := snapshots(p.src, source), snapshots(p.dst, target)
	if len(a) != len(b) {
		t.Fatalf("%s has %d snapshots, its replica %d", source, len(a), len(b))
	}
	for guid, name := range a {
		if p.src.ContentID(name) != p.dst.ContentID(b[guid]) {
			t.Errorf("%s and its replica differ", name)
		}
	}
}
