package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/plan"
)

func TestWaysOut(t *testing.T) {
	c := plan.Conflict{Hint: `see who holds it (whoever; it may be), on box@nas: zfs holds tank/a@x; then let it go, on box@[fd00::1]:2222: zfs release TAG tank/a@x` +
		`; or import it, on this machine: zpool import tank; or in job offsite: replace "rpool" in datasets by {"name": "rpool", "target": "backup/rpool"}; or wait`}
	want := []plan.WayOut{
		{Words: "see who holds it (whoever; it may be), on box@nas:", Machine: "box@nas", Literal: "zfs holds tank/a@x"},
		{Words: "then let it go, on box@[fd00::1]:2222:", Machine: "box@[fd00::1]:2222", Literal: "zfs release TAG tank/a@x"},
		{Or: true, Words: "import it, on this machine:", Machine: "this machine", Literal: "zpool import tank"},
		{Or: true, Words: "in job offsite:", Job: "offsite", Literal: `replace "rpool" in datasets by {"name": "rpool", "target": "backup/rpool"}`},
		{Or: true, Words: "wait"},
	}
	if diff := cmp.Diff(want, c.WaysOut()); diff != "" {
		t.Error(diff)
	}
}

func TestTarget(t *testing.T) {
	for _, test := range []struct {
		c    plan.Connection
		want string
	}{
		{plan.Connection{RemoteUser: "box", RemoteHost: "192.168.1.15", RemotePort: 22}, "box@192.168.1.15"},
		{plan.Connection{RemoteUser: "box", RemoteHost: "nas", RemotePort: 2222}, "box@nas:2222"},
		{plan.Connection{RemoteUser: "box", RemoteHost: "fd00::1", RemotePort: 2222}, "box@[fd00::1]:2222"},
		{plan.Connection{RemoteUser: "root", RemotePort: 22}, "this machine"},
	} {
		if got := test.c.Target(); got != test.want {
			t.Errorf("%+v is called %q, want %q", test.c, got, test.want)
		}
	}
}
