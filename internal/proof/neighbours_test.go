package proof

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
)

// Two boot environments swap their history by zfs promote on the source. It is one finding with one line to paste, after
// which little is sent.
func TestBootEnvironmentPromoted(t *testing.T) {
	for _, marks := range []bool{true, false} {
		t.Run(fmt.Sprint("bookmarks ", marks), func(t *testing.T) { promoted(t, marks) })
	}
}

func promoted(t *testing.T, marks bool) {
	p := newPair(t, spec{"datasets": []any{"tank/ROOT"}, "bookmarks": marks})
	p.src.MustRun("zfs create tank/ROOT")
	p.src.MustRun("zfs create tank/ROOT/be1")
	for _, s := range []string{"s1", "s2", "s3"} {
		p.src.Fill("tank/ROOT/be1", s, 1<<30)
		p.src.MustRun("zfs snapshot tank/ROOT/be1@" + s)
	}
	p.night(t)
	p.src.MustRun("zfs clone tank/ROOT/be1@s3 tank/ROOT/be2")
	p.src.MustRun("zfs promote tank/ROOT/be2")
	for _, be := range []string{"be1", "be2"} {
		p.src.Fill("tank/ROOT/"+be, "new", 1<<20)
		p.src.MustRun("zfs snapshot tank/ROOT/" + be + "@s4")
	}

	made := p.night(t)
	if len(made.Conflicts) != 2 || !strings.Contains(made.Conflicts[1].Hint, "conflict of tank/ROOT/be2, and this one goes with it") {
		t.Fatalf("want one finding and one that goes with it:\n%s", show(made))
	}
	hand := &play{pair: p, t: t}
	hand.follow(made.Conflicts[0].WaysOut()[0])
	made = p.night(t)
	var sent int64
	for i := range made.Actions {
		if s, ok := made.Actions[i].Do.(plan.Send); ok {
			sent += *s.Bytes
		}
	}
	if sent > 4<<20 {
		t.Errorf("%d bytes are sent:\n%s", sent, show(made))
	}
	p.same(t, "tank/ROOT/be1", "tank/ROOT/be1")
	p.same(t, "tank/ROOT/be2", "tank/ROOT/be2")
	if again := p.night(t); !again.Empty() || len(again.Conflicts) > 0 {
		t.Errorf("it is not over:\n%s", show(again))
	}
}

// What somebody has below a pool's root stays as it is when the pool is replicated into that root, and what else there is
// to replicate arrives.
func TestStrangersKeepTheirProperties(t *testing.T) {
	p := newPair(t, spec{"datasets": []any{"tank"}})
	p.src.MustRun("zfs create tank/home")
	p.src.MustRun("zfs snapshot -r tank@1")
	p.dst.MustRun("sudo zfs set canmount=off mountpoint=none tank")
	p.dst.MustRun("sudo zfs create -o mountpoint=/database tank/database")
	before := p.dst.MustRun("zfs get -H readonly,mounted,mountpoint,canmount tank/database")
	made := p.night(t)
	if len(made.Conflicts) != 1 || !strings.Contains(made.Conflicts[0].Message, "tank/database") {
		t.Fatalf("want a conflict that names the stranger:\n%s", show(made))
	}
	if after := p.dst.MustRun("zfs get -H readonly,mounted,mountpoint,canmount tank/database"); after != before {
		t.Errorf("it was\n%sand is\n%s", before, after)
	}
	p.same(t, "tank/home", "tank/home")
}
