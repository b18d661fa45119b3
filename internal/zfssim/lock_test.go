package zfssim

import (
	"testing"

	"github.com/zfsrep/zfsrep/internal/host"
)

// The machine answers host.Locker as a real one does, see TestLock of package host; the end of the session frees.
func TestLock(t *testing.T) {
	m := New(Options{Name: "box"})
	one := m.Host()
	lock := func(h host.Host, run, place string) []host.Taken {
		t.Helper()
		locks, err := host.Locker{Run: run, Who: run + "-host"}.Lock(t.Context(), h, host.LocksOn([]string{place}))
		if err != nil {
			t.Fatal(err)
		}
		if h != one {
			locks.Release()
		}
		return locks.Taken
	}
	lock(one, "one", "tank/a b/c")
	for place, want := range map[string]string{"tank/a b/c": "tank/a b/c", "tank/a b/c/d": "tank/a b/c", "tank": "tank", "tank/b": ""} {
		switch taken := lock(m.Host(), "two", place); {
		case len(taken) == 0 && want == "":
		case len(taken) != 1 || taken[0].Name != want || taken[0].Who != "one-host":
			t.Errorf("%s is taken: %v", place, taken)
		}
	}
	if taken := lock(m.Host(), "one", "tank/a b/c"); len(taken) > 0 {
		t.Errorf("the run's own lock is in its way: %v", taken)
	}
	_ = one.Close()
	waitFor(t, func() bool { return len(lock(m.Host(), "two", "tank")) == 0 })
}
