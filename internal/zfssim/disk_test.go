package zfssim

import (
	"strings"
	"testing"
)

// A pool that was taken away is gone, and comes back with what it held; another one of its name is another one.
func TestPoolsComeAndGo(t *testing.T) {
	m := New(Options{Seed: 1})
	m.SetKeyFile("/key", "secret-secret")
	m.AddPool("usb", PoolOptions{})
	for _, c := range []string{"create usb/a", "snapshot usb/a@1", "bookmark usb/a@1 usb/a#1",
		"create -o encryption=on -o keyformat=passphrase -o keylocation=file:///key usb/e"} {
		m.MustRun("zfs " + c)
	}
	const versions = "zfs list -Hp -r -t all -o name,guid,createtxg usb"
	before, guid := m.MustRun(versions), m.MustRun("zpool get -Hp -o value guid usb")
	first := m.TakePool("usb")
	if _, stderr, code := m.Run(versions); code == 0 || !strings.Contains(stderr, "does not exist") {
		t.Fatalf("the pool is still there: %d %s", code, stderr)
	}
	m.AddPool("usb", PoolOptions{})
	if got := m.MustRun("zpool get -Hp -o value guid usb"); got == guid {
		t.Error("another pool has the same GUID")
	}
	second := m.TakePool("usb")
	m.PutPool(first)
	if got := m.MustRun(versions); got != before {
		t.Errorf("the pool came back with\n%sinstead of\n%s", got, before)
	}
	if got := m.MustRun("zfs get -Hp -o value mounted,keystatus usb/a usb/e"); got != "yes\n-\nno\nunavailable\n" {
		t.Errorf("the datasets came back as %q", got)
	}
	if first.GUID() == second.GUID() {
		t.Error("the disks have one GUID")
	}
}
