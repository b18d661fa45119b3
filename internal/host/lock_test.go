package host_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/host/hosttest"
)

// Of places inside one another the outer one counts; what a place lies in is shared.
func TestLocksOn(t *testing.T) {
	for _, c := range []struct{ places, want string }{
		{"tank", "tank!"},
		{"tank/a tank/b", "tank tank/a! tank/b!"},
		{"tank/a/b tank/a tank/ab", "tank tank/a! tank/ab!"},
		{"a/b/c d", "a a/b a/b/c! d!"},
		{"tank/a tank/a", "tank tank/a!"},
	} {
		var got []string
		for _, n := range host.LocksOn(strings.Fields(c.places)) {
			name := n.Name
			if !n.Shared {
				name += "!"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.places, got, c.want)
		}
	}
}

// Two names never have one file, and every file's name fits.
func TestLockFile(t *testing.T) {
	files := map[string]bool{}
	for _, name := range []string{"tank/a", "tank_a", "tank%2Fa", "tank a", "Tank/a", strings.Repeat("a/", 127) + "b", strings.Repeat("a/", 127) + "c"} {
		file := host.LockName{Name: name}.File()
		if files[file] || len(file) > 255 || strings.ContainsAny(file, "/ ") {
			t.Errorf("%s is locked in %q", name, file)
		}
		files[file] = true
	}
}

// own is a place that no other test locks: all of this machine's tests share its locks.
func own(t *testing.T, place string) string {
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip("skipped: there is no flock here")
	}
	return strings.Replace(place, "tank", strings.ReplaceAll(t.Name(), "/", "-")+"-"+time.Now().Format("150405.000000"), 1)
}

func locker(run string) host.Locker { return host.Locker{Run: run, Who: run + "-host"} }

func hold(t *testing.T, h host.Host, l host.Locker, place string) *host.Locks {
	t.Helper()
	locks, err := l.Lock(t.Context(), h, host.LocksOn([]string{place}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(locks.Release)
	t.Cleanup(func() { cleanLocks(place) })
	return locks
}

// cleanLocks takes away what a test locked, from the inside out.
func cleanLocks(place string) {
	for _, n := range slices.Backward(host.LocksOn([]string{place})) {
		_ = os.Remove("/tmp/zfsrep.locks/" + n.File())
	}
}

func taken(l *host.Locks) string {
	var all []string
	for _, n := range l.Taken {
		all = append(all, n.Name+" by "+n.Who)
	}
	return strings.Join(all, ", ")
}

// A place is locked against itself, what is in it and what it is in, and against nothing else; and everybody is told who.
func TestLock(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		root := own(t, "tank")
		held := hold(t, h, locker("one"), root+"/a/b")
		if taken(held) != "" {
			t.Fatalf("taken: %s", taken(held))
		}
		for place, want := range map[string]string{
			root + "/a/b":   root + "/a/b by one-host",
			root + "/a/b/c": root + "/a/b by one-host",
			root + "/a":     root + "/a by one-host",
			root:            root + " by one-host",
			root + "/a/bc":  "",
			root + "/b":     "",
		} {
			other := hold(t, h, locker("two"), place)
			if taken(other) != want {
				t.Errorf("%s is taken: %q, want %q", place, taken(other), want)
			}
			other.Release()
		}
		if again := hold(t, h, locker("one"), root+"/a/b"); taken(again) != "" {
			t.Errorf("the run's own lock stands in its way: %s", taken(again))
		}
		held.Release()
	})
}

// Once free, a lock can be had; until then it stays, whatever becomes of the context that it was made with.
func TestLockRelease(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		place := own(t, "tank/a")
		ctx, cancel := context.WithCancel(t.Context())
		held, err := locker("one").Lock(ctx, h, host.LocksOn([]string{place}))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if other := hold(t, h, locker("two"), place); taken(other) == "" {
			t.Error("an interrupted run has no locks any more")
		}
		held.Release()
		isFree(t, h, place)
	})
}

// isFree waits for a place to be free.
func isFree(t *testing.T, h host.Host, place string) {
	t.Helper()
	for end := time.Now().Add(bound); ; time.Sleep(50 * time.Millisecond) {
		other := hold(t, h, locker("free"), place)
		free := taken(other) == ""
		other.Release()
		if free {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still locked", place)
		}
	}
}

// The end of a connection, in order or not, is the end of its locks.
func TestLockDiesWithConnection(t *testing.T) {
	noLeaks(t)
	server := hosttest.NewServer(t, hosttest.Options{})
	place := own(t, "tank/a")
	h := server.Dial()
	hold(t, h, locker("one"), place)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	isFree(t, server.Dial(), place)
}

// A holder that hears nothing any more gives up, though its connection seems to stand.
func TestLockIsGivenUpInSilence(t *testing.T) {
	waits(t)
	noLeaks(t)
	place := own(t, "tank/a")
	silent := host.LockerWith(locker("one"), time.Hour, 2*time.Second)
	hold(t, host.Local(), silent, place)
	isFree(t, host.Local(), place)

	heard := host.LockerWith(locker("one"), 100*time.Millisecond, 2*time.Second)
	hold(t, host.Local(), heard, place)
	time.Sleep(4 * time.Second)
	if other := hold(t, host.Local(), locker("two"), place); taken(other) == "" {
		t.Error("a holder that hears of us has given up")
	}
}

// Where one command at a time is allowed, the locks give way to the next.
func TestLockGivesWay(t *testing.T) {
	noLeaks(t)
	h := hosttest.NewServer(t, hosttest.Options{MaxSessions: 1}).Dial()
	place := own(t, "tank/a")
	hold(t, h, locker("one"), place)
	works(t, h)
	isFree(t, host.Local(), place)
}

// Where no commands are allowed, that is an error and nothing else.
func TestLockNoShell(t *testing.T) {
	noLeaks(t)
	for _, o := range []hosttest.Options{{NoExec: true}, {Env: []string{"PATH=/nonexistent"}}} {
		if _, err := locker("one").Lock(t.Context(), hosttest.NewServer(t, o).Dial(), host.LocksOn([]string{"tank"})); err == nil {
			t.Errorf("%+v: locked", o)
		}
	}
}

// The same with OpenSSH, whose session is killed.
func TestRealSSHDLock(t *testing.T) {
	c := startSSHD(t)
	h, err := host.Dial(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	place := own(t, "tank/a")
	hold(t, h, locker("one"), place)
	if other := hold(t, host.Local(), locker("two"), place); taken(other) != place+" by one-host" {
		t.Errorf("taken: %s", taken(other))
	}
	_ = h.Close()
	isFree(t, host.Local(), place)
}
