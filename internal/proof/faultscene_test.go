package proof

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
)

// stall is how long nothing may move in the night of a fault; it is real time.
const stall = "200ms"

// faultJob is the job of the fault suite, before and after somebody adds tank/p to it.
func faultJob(stall string, whole bool) spec {
	keep := func(n int) any { return map[string]any{"match": []any{"*"}, "last": n} }
	p := "tank/p/child"
	if whole {
		p = "tank/p"
	}
	return spec{"datasets": []any{"tank/a", p, map[string]any{"name": "tank/b", "target": "tank/in/deep/b"}},
		"retention": map[string]any{"source": keep(3), "target": keep(4)}, "timeouts": map[string]any{"stall": stall}}
}

// faultScene is a pair before a night in which a plan has one action of every kind that a run can have.
func faultScene(t *testing.T) *pair {
	t.Helper()
	p := newPair(t, faultJob("5m", false))
	day := func(name string) {
		for _, d := range datasets(p.src) {
			if d != "tank" {
				p.src.Fill(d, "f"+name, 1<<23)
			}
		}
		p.src.MustRun("zfs snapshot -r tank/a@" + name)
		p.src.MustRun("zfs snapshot -r tank/p@" + name)
	}
	for _, d := range []string{"a", "a/news", "a/changed", "a/cut", "a/gone", "p", "p/child"} {
		p.src.MustRun("zfs create tank/" + d)
	}
	for i := range 3 {
		day(fmt.Sprint("s", i))
	}
	p.night(t)
	day("s3")
	p.dst.Fail(func(argv []string) *zfssim.Fault {
		if at := argv[len(argv)-1]; transfers(argv) && (at == "tank/a/cut" || at == "tank/a/gone") {
			return &zfssim.Fault{When: zfssim.Cut, Bytes: 700}
		}
		return nil
	})
	made, _, err := p.plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	p.execute(context.Background(), made)
	p.dst.Heal()
	p.src.MustRun("zfs destroy tank/a/gone@s3")
	p.src.MustRun("zfs create tank/a/fresh")
	p.src.MustRun("zfs create tank/b")
	day("s4")
	p.src.Fill("tank/b", "f", 1<<23)
	p.src.MustRun("zfs snapshot tank/b@s4")
	p.dst.Fill("tank/a/changed", "stray", 1<<20)
	p.configure(t, faultJob("5m", true))
	return p
}

// kindOf is what an action is in the table.
func kindOf(a *plan.Action) string {
	switch do := a.Do.(type) {
	case plan.Send:
		if do.Receive.Force {
			return "send: replace"
		}
		return "send: " + string(do.Mode)
	case plan.DestroySnapshots:
		return "destroy-snapshots, " + string(do.Side)
	}
	return string(a.Do.Kind())
}

// everyKind are the kinds of actions that a run plans. Nothing plans a rename, hold, release or set-property: they are
// for plans that somebody writes. What zfsrep snapshot plans asks one machine only, and is one atomic command.
var everyKind = []string{"abort-receive", "bookmark", "create-dataset", "destroy-bookmarks", "destroy-snapshots, source", "destroy-snapshots, target",
	"rollback", "send: full", "send: incremental", "send: replace", "send: resume"}

// point is a command of a night: where a fault can strike.
type point struct {
	label string // its row in the table
	side  string // the machine's name
	words string
	nth   int // of the commands with these words there
}

func (pt point) stream() bool { return transfers(strings.Fields(pt.words)) }

// world is all that there is on both machines in the end, but for what differs from run to run.
func (p *pair) everything() string {
	var b strings.Builder
	for _, m := range []side{p.src, p.dst} {
		for _, v := range versions(m) {
			fmt.Fprintf(&b, "%s: %s %s held %v", m.Host().Name(), v.full, v.guid, v.held)
			if !v.bookmark {
				fmt.Fprintf(&b, " content %x", m.ContentID(v.full))
			}
			b.WriteString("\n")
		}
		out, _, _ := m.Run("zfs get -Hp -r -t filesystem,volume -o name,property,value readonly,canmount,mountpoint,receive_resume_token " + m.pool)
		b.WriteString(out)
	}
	return b.String()
}
