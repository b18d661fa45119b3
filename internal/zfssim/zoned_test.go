package zfssim

import "testing"

// Of a dataset that was handed to a container nobody outside says where it is mounted or how it is shared.
func TestZoned(t *testing.T) {
	m := New(Options{})
	m.AddPool("tank", PoolOptions{})
	m.MustRun("zfs create -o zoned=on tank/a")
	for _, set := range []string{"sharenfs=off", "sharesmb=on", "mountpoint=/a"} {
		if _, stderr, code := m.Run("zfs set " + set + " tank/a"); code == 0 {
			t.Errorf("%s: %s", set, stderr)
		}
	}
	m.MustRun("zfs set mountpoint=none tank/a")
	m.MustRun("zfs set zoned=off tank/a")
	m.MustRun("zfs set sharenfs=off tank/a")
}
