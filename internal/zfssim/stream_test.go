package zfssim

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// The heads of our streams are laid out as the real ones.
func TestStreamHeads(t *testing.T) {
	m := New(Options{Name: "m", Seed: 1})
	m.AddPool("tank", PoolOptions{})
	m.SetKeyFile("/k", "passphrase")
	for _, command := range []string{
		"zfs create tank/a", "zfs snapshot tank/a@1", "zfs snapshot tank/a@2", "zfs snapshot tank/a@3", "zfs bookmark tank/a@1 tank/a#1",
		"zfs create -V 8M tank/v", "zfs snapshot tank/v@1", "zfs clone tank/a@2 tank/c", "zfs snapshot tank/c@1",
		"zfs create -o encryption=on -o keyformat=passphrase -o keylocation=file:///k tank/e", "zfs snapshot tank/e@1", "zfs snapshot tank/e@2",
	} {
		m.MustRun(command)
	}
	guid := func(name string) zfs.GUID {
		n, err := strconv.ParseUint(strings.TrimSpace(m.MustRun("zfs get -Hp -o value guid "+name)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return zfs.GUID(n)
	}
	one, two, three := guid("tank/a@1"), guid("tank/a@2"), guid("tank/a@3")
	all := []zfs.Version{{Name: "1", GUID: one}, {Name: "2", GUID: two}, {Name: "3", GUID: three}}
	for args, want := range map[string]zfs.StreamHead{
		"tank/a@1":                 {Name: "tank/a@1", ToGUID: one},
		"-i tank/a#1 tank/a@3":     {Name: "tank/a@3", ToGUID: three, FromGUID: one},
		"tank/v@1":                 {Name: "tank/v@1", ToGUID: guid("tank/v@1"), Volume: true},
		"-i tank/a@2 tank/c@1":     {Name: "tank/c@1", ToGUID: guid("tank/c@1"), FromGUID: two, Clone: true},
		"-w -i tank/e@1 tank/e@2":  {Name: "tank/e@2", ToGUID: guid("tank/e@2"), FromGUID: guid("tank/e@1"), Raw: true},
		"-I tank/a@1 tank/a@3":     {Name: "tank/a@2", ToGUID: two, FromGUID: one, Package: &zfs.StreamPackage{Name: "tank/a@3"}},
		"-p -i tank/a#1 tank/a@2":  {Name: "tank/a@2", ToGUID: two, FromGUID: one, Package: &zfs.StreamPackage{Name: "tank/a@2", Snapshots: all[1:2]}},
		"-p -I tank/a@1 tank/a@3":  {Name: "tank/a@2", ToGUID: two, FromGUID: one, Package: &zfs.StreamPackage{Name: "tank/a@3", From: "1", Snapshots: all}},
		"-p -I @2 tank/a@3":        {Name: "tank/a@3", ToGUID: three, FromGUID: two, Package: &zfs.StreamPackage{Name: "tank/a@3", From: "2", Snapshots: all[1:]}},
		"-R tank/a@2":              {Name: "tank/a@1", ToGUID: one, Package: &zfs.StreamPackage{Name: "tank/a@2", Recursive: true, Snapshots: all[:2]}},
		"-p -w tank/e@1":           {Name: "tank/e@1", ToGUID: guid("tank/e@1"), Raw: true, Package: &zfs.StreamPackage{Name: "tank/e@1", Raw: true, Snapshots: []zfs.Version{{Name: "1", GUID: guid("tank/e@1")}}}},
		"-L -c -e -i @1 tank/a@2 ": {Name: "tank/a@2", ToGUID: two, FromGUID: one},
	} {
		stream, stderr, code := m.Run("zfs send " + strings.TrimSpace(args))
		if code != 0 {
			t.Fatalf("%s: %s", args, stderr)
		}
		got, done, err := zfs.ReadStreamHead([]byte(stream))
		if diff := cmp.Diff(want, got); diff != "" || !done || err != nil {
			t.Errorf("%s: %v, %v\n%s", args, done, err, diff)
		}
	}
}
