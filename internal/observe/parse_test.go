package observe

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The list of processes is that of a Debian machine while user box receives (sudo and its child), as ps -eo args prints it.
func TestReceiving(t *testing.T) {
	const ps = `COMMAND
sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups
sshd-session: box@notty
sudo -n zfs receive -s -u tank/a
zfs receive -s -u tank/a
/run/current-system/sw/bin/zfs recv -s -u -o readonly=on tank/with space
vim zfs receive tank/edited
zfs receive -A tank/aborted
zfs send tank/sent@1
bash -c zfs receive tank/quoted
`
	for dataset, want := range map[string]bool{"tank/a": true, "a": false, "tank": false, "tank/with space": true, "space": false,
		"tank/edited": false, "tank/aborted": false, "tank/sent@1": false, "tank/quoted": false, "tank/a/b": false} {
		if got := receiving(ps, dataset); got != want {
			t.Errorf("receiving %q: %v", dataset, got)
		}
	}
}

func TestParseVersion(t *testing.T) {
	for out, want := range map[string]string{
		"zfs-2.3.9-0+deb13u1\nzfs-kmod-2.3.9-0+deb13u1\n": "2.3.9",
		"zfs-2.4.1-1\nzfs-kmod-2.3.2-1\n":                 "2.3.2",
		"zfs-2.1.5-1ubuntu6\n":                            "2.1.5",
		"":                                                "",
	} {
		if got := parseVersion([]byte(out)); got != want {
			t.Errorf("%q gives %q", out, got)
		}
	}
}

// What a tree covers is listed once.
func TestReducedScope(t *testing.T) {
	s := scope{trees: []string{"tank/a", "tank/a/b", "tank/a", "tank/ab"}, single: []string{"tank/a/x", "tank/s", "tank/s"}, only: []string{"tank", "tank/s", "tank/a"}}
	got := s.reduced()
	want := scope{trees: []string{"tank/a", "tank/ab"}, single: []string{"tank/s"}, only: []string{"tank"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scope{})); diff != "" {
		t.Error(diff)
	}
}

// An inventory that is written is read back as the same bytes, and order comes from createtxg.
func TestInventoryRoundTrip(t *testing.T) {
	const text = `{"version":1,"observedAt":"2025-11-26T04:00:00Z","jobs":{"default":{"source":{"zfsVersion":"2.3.9","now":"2025-11-26T04:00:07Z",
"pools":{"tank":{"guid":"18446744073709551614","free":"1","readonly":false,"health":"ONLINE","features":["encryption"]}},
"datasets":{"tank/a":{"type":"filesystem","guid":"18446744073709551615","properties":{"used":"1"},"later":[{"x":[1,"]"]}],
"snapshots":[{"name":"2","guid":"2","createtxg":"20","creation":"2025-11-26T04:00:00Z","holds":1,"clones":0,"ivsetGuid":null},
{"name":"1","guid":"1","createtxg":"10","creation":"2025-11-25T04:00:00Z","holds":0,"clones":2,"ivsetGuid":"7"}],
"bookmarks":[{"name":"b","guid":"1","createtxg":"10","creation":"2025-11-25T04:00:00Z"}],"resume":null}}},
"target":{"zfsVersion":"","pools":{},"datasets":{"tank/a":{"type":"filesystem","guid":"1","properties":{},"snapshots":[],"bookmarks":[],
"resume":{"token":"1-x","toGuid":"2","toName":"tank/a@2","fromGuid":"1","bytes":"9","raw":true,"busy":true}}}}}}}`
	inv, err := ReadInventory([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	here, there := inv.Jobs["default"].Source, inv.Jobs["default"].Target
	if here.Pools["tank"].GUID != 1<<64-2 || here.Now.Format(time.RFC3339) != "2025-11-26T04:00:07Z" || !there.Now.IsZero() {
		t.Errorf("pools %+v, now %s and %s", here.Pools, here.Now, there.Now)
	}
	d := here.Datasets["tank/a"]
	if d.GUID != 1<<64-1 || len(d.Snapshots) != 2 || d.Snapshots[0].Name != "1" || d.Snapshots[0].IvsetGUID != 7 || d.Snapshots[1].Holds != 1 {
		t.Errorf("%+v", d)
	}
	if r := inv.Jobs["default"].Target.Datasets["tank/a"].Resume; r == nil || !r.Raw || !r.Busy || r.ToGUID != 2 || r.FromGUID != 1 || r.Bytes != 9 {
		t.Errorf("%+v", r)
	}
	first, err := json.Marshal(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadInventory(first)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(first, []byte(`"now"`)); n != 1 {
		t.Errorf("%d clocks are written, one was known", n)
	}
	if second, _ := json.Marshal(again); !bytes.Equal(first, second) {
		t.Errorf("%s\nis read as\n%s", first, second)
	}
}

func TestReadInventoryRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{", `{"version":2}`, `{"version":1,"jobs":{"a":[]}}`, `{"version":1}x`,
		`{"version":1,"jobs":{"a":{"source":{"datasets":{"tank":{"guid":"x"}}}}}}`} {
		if _, err := ReadInventory([]byte(text)); err == nil || !strings.HasPrefix(err.Error(), "cannot read the inventory") {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func FuzzReadInventory(f *testing.F) {
	f.Add([]byte(`{"version":1,"jobs":{"a":{"source":{"datasets":{"tank":{"guid":"1","snapshots":[{"name":"1"}]}}}}}}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = ReadInventory(text)
	})
}
