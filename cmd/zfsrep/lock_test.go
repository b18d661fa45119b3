package main

import (
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

func cmdLock(ts *testscript.TestScript, _ bool, args []string) {
	w, place := the(ts), args[0]
	if args[1] == "off" {
		ts.Check(w.held[place].Close())
		delete(w.held, place)
		return
	}
	dir := ts.MkAbs("locks")
	ts.Check(os.MkdirAll(dir, 0o755))
	f, err := lockFile(dir, host.LockName{Name: place})
	ts.Check(err)
	w.held[place] = f
}

func cmdOther(ts *testscript.TestScript, _ bool, args []string) {
	w, who, place := the(ts), args[0], args[1]
	if args[2] == "off" {
		w.others[who].Release()
		return
	}
	locks, err := host.Locker{Run: who, Who: who}.Lock(ts.Value(testKey{}).(testing.TB).Context(), w.box.Host(), host.LocksOn([]string{place}))
	ts.Check(err)
	if len(locks.Taken) > 0 {
		ts.Fatalf("%s cannot lock %s: %v", who, place, locks.Taken)
	}
	w.others[who] = locks
}

// Runs here keep out of each other's places, by whatever name, port or part of them; other places go on side by side.
func TestLocalLocks(t *testing.T) {
	set := flag.NewFlagSet("run", flag.PanicOnError)
	set.String("lock-dir", t.TempDir(), "")
	c := cli.NewContext(nil, set, nil)
	job := func(host string, port int, places ...string) map[string]plan.Connection {
		return map[string]plan.Connection{"j": {RemoteHost: host, RemotePort: port, Places: places}}
	}
	p := &program{}
	unlock, err := p.lock(c, job("Box", 22, "tank/a", "tank/a/b", "tank/a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []struct {
		jobs   map[string]plan.Connection
		locked string
	}{
		{job("box", 2222, "tank/a"), "another zfsrep is replicating into tank/a on box: wait until it is done"},
		{job("box", 22, "tank/a/b/c"), "another zfsrep is replicating into tank/a on box: wait until it is done"},
		{job("box", 22, "tank"), "another zfsrep is replicating into tank on box: wait until it is done"},
		{job("box", 22, "tank/ab", "tank/b"), ""},
		{job("", 22, "tank/a"), ""},
		{job("other", 22, "tank/a"), ""},
	} {
		again, err := p.lock(c, other.jobs)
		var locked lockedError
		switch {
		case err == nil && other.locked == "":
			again()
		case !errors.As(err, &locked) || err.Error() != other.locked:
			t.Errorf("%+v: %v", other.jobs, err)
		}
	}
	unlock()
	if again, err := p.lock(c, job("box", 22, "tank")); err != nil {
		t.Error(err)
	} else {
		again()
	}
}
