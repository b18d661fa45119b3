package zfssim

import (
	"strings"
	"testing"
)

// What a snapshot keeps is no longer covered by its volume's reservation, which must be free once more: where it is not,
// ZFS says which volume, and takes none of the snapshots that were asked for with it.
func TestSnapshotOfAReservedVolume(t *testing.T) {
	m := New(Options{})
	m.AddPool("tank", PoolOptions{Size: 1 << 30})
	m.MustRun("zfs create tank/a")
	m.MustRun("zfs create -V 600M tank/v")
	m.Fill("tank/v", "", 500<<20)
	m.MustRun("zfs snapshot tank/a@1")
	_, stderr, code := m.Run("zfs snapshot tank/a@2 tank/v@2")
	if code != 1 || stderr != "cannot create snapshot 'tank/v@2': out of space\nno snapshots were created\n" {
		t.Errorf("%d: %s", code, stderr)
	}
	if left := m.MustRun("zfs list -H -o name -t snapshot"); left != "tank/a@1\n" {
		t.Errorf("there is %s", left)
	}
	m.MustRun("zfs set refreservation=none tank/v")
	m.MustRun("zfs snapshot tank/v@2")
	if _, _, code := m.Run("zfs set refreservation=600M tank/v"); code == 0 {
		t.Error("a reservation that has no room is taken")
	}
}

// Once there is a snapshot, the whole reservation is free besides.
func TestReservationBesideSnapshots(t *testing.T) {
	m := New(Options{})
	m.AddPool("tank", PoolOptions{Size: 4 << 30})
	m.MustRun("zfs create -V 512M -o refreservation=512M tank/v")
	m.Fill("tank/v", "", 500<<20)
	before := m.MustRun("zfs get -Hp -o value usedbyrefreservation tank/v")
	m.MustRun("zfs snapshot tank/v@1")
	after := m.MustRun("zfs get -Hp -o value usedbyrefreservation tank/v")
	if len(before) > len("12345678\n") || strings.TrimSpace(after) != "536870912" {
		t.Errorf("before %s, after %s", before, after)
	}
}
