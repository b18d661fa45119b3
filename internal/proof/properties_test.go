package proof

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
)

// A received refquota keeps ZFS from rolling a replica back: that is a conflict with a way out, not a full pool.
func TestRefquotaBlocksRollback(t *testing.T) {
	p := newPair(t)
	p.src.MustRun("zfs create tank/a")
	p.src.Fill("tank/a", "f", 8<<20)
	p.src.MustRun("zfs snapshot tank/a@1")
	p.night(t)
	p.dst.Write("tank/a", "f", []byte("less"))
	p.dst.MustRun("sudo zfs set refquota=1M tank/a")
	p.src.MustRun("zfs snapshot tank/a@2")
	made := p.night(t)
	if len(made.Conflicts) != 1 || made.Conflicts[0].Code != plan.Blocked || !strings.Contains(made.Conflicts[0].Message, "its refquota is 1.0 MiB") {
		t.Fatalf("%s", show(made))
	}
	w := made.Conflicts[0].WaysOut()[0]
	p.dst.MustRun("sudo " + w.Literal)
	p.night(t)
	p.same(t, "tank/a", "tank/a")
}
