package zfs

import (
	"strings"
	"testing"
)

func TestArgv(t *testing.T) {
	for _, c := range []struct {
		got  []string
		want string
	}{
		{SendFull(SendFlags{Compressed: true, LargeBlocks: true, Embedded: true}, "tank/a@1"), "zfs send -L -c -e tank/a@1"},
		{SendFull(SendFlags{Raw: true, Properties: true}, "tank/a@1"), "zfs send -w -p tank/a@1"},
		{SendIncremental(SendFlags{}, "tank/a@1", "tank/a@2", false), "zfs send -i tank/a@1 tank/a@2"},
		{SendIncremental(SendFlags{}, "tank/a@1", "tank/a@2", true), "zfs send -I tank/a@1 tank/a@2"},
		{SendResume("1-x"), "zfs send -t 1-x"},
		{Receive(ReceiveOptions{}, "tank/a"), "zfs receive -s -u tank/a"},
		{Receive(ReceiveOptions{Force: true, Set: map[string]string{"readonly": "on", "canmount": "noauto"}, Exclude: []string{"encryption"}}, "tank/a"),
			"zfs receive -s -u -F -o canmount=noauto -o readonly=on -x encryption tank/a"},
		{AbortReceive("tank/a"), "zfs receive -A tank/a"},
		{CreateParent("tank/a", map[string]string{"mountpoint": "none", "canmount": "off"}), "zfs create -u -o canmount=off -o mountpoint=none tank/a"},
		{Rollback("tank/a@1"), "zfs rollback tank/a@1"},
		{MakeBookmark("tank/a@1", "tank/a#b"), "zfs bookmark tank/a@1 tank/a#b"},
		{Hold("t", "tank/a@1"), "zfs hold t tank/a@1"},
		{Release("t", "tank/a@1"), "zfs release t tank/a@1"},
		{Rename("tank/a", "tank/b", false), "zfs rename -u tank/a tank/b"},
		{Rename("tank/v", "tank/w", true), "zfs rename tank/v tank/w"},
		{SetProperty("tank/a", "readonly", "on"), "zfs set readonly=on tank/a"},
		{TakeSnapshot([]string{"tank/a", "tank/b"}, "1"), "zfs snapshot tank/a@1 tank/b@1"},
		{DestroySnapshots("tank/a", []string{"1", "2"})[0], "zfs destroy tank/a@1,2"},
		{DestroyBookmark("tank/a", "b"), "zfs destroy tank/a#b"},
		{GetPoolProperties([]string{"guid", "feature@encryption"}), "zpool get -Hp -o name,property,value guid,feature@encryption"},
		{ReadClock(), "date -u +%s"},
		{Sudo(Rollback("tank/a@1")), "sudo -n zfs rollback tank/a@1"},
	} {
		if got := strings.Join(c.got, " "); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// A long list of snapshots becomes several commands, none longer than one argument may be, and none is left out.
func TestDestroySnapshotsInParts(t *testing.T) {
	var names []string
	for range 5000 {
		names = append(names, strings.Repeat("n", 40))
	}
	total := 0
	for _, argv := range DestroySnapshots("tank/a", names) {
		if len(argv[2]) > maxWord {
			t.Errorf("an argument has %d bytes", len(argv[2]))
		}
		total += strings.Count(argv[2], ",") + 1
	}
	if total != len(names) {
		t.Errorf("%d of %d snapshots", total, len(names))
	}
	if len(DestroySnapshots("tank/a", nil)) != 0 {
		t.Error("nothing to destroy takes a command")
	}
}
