package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// scene is what happens on the machines, and the command that is typed then.
type scene struct {
	words   string
	before  func(*machines)
	typed   string
	command func(*zfsrep, context.Context) (exit int, err error)
	exit    int
}

// meddled is the dataset whose replica does not stay as it was.
const meddled = "tank/shack/cloud/vaultwarden"

// story is the daily workflow, with one bad day in it.
var story = []scene{
	{"Three nights of snapshots on kraken, and an empty pool on box. What would a run do?", nil,
		"plan --dry-run", (*zfsrep).plan, exitOK},
	{"At 04:00 the service runs.", nil,
		"run", (*zfsrep).run, exitOK},
	{"The next night there are new snapshots.", (*machines).night,
		"run", (*zfsrep).run, exitOK},
	{"Then somebody takes a snapshot of a replica, by hand.", func(m *machines) {
		m.box.MustRun("sudo zfs snapshot " + meddled + "@before-my-experiment")
		m.night()
	}, "plan --dry-run", (*zfsrep).plan, exitConflict},
	{"That needs a decision. The other datasets do not wait for it.", nil,
		"run", (*zfsrep).run, exitConflict},
	{"It was not needed. On box: zfs destroy " + meddled + "@before-my-experiment && zfs rollback " + meddled + "@daily-2025-11-28", func(m *machines) {
		m.box.MustRun("sudo zfs destroy " + meddled + "@before-my-experiment")
		m.box.MustRun("sudo zfs rollback " + meddled + "@daily-2025-11-28")
	}, "run", (*zfsrep).run, exitOK},
	{"Is everything where it should be?", nil,
		"status", (*zfsrep).status, exitOK},
}

// play shows the story. Everything goes to one writer, so that nothing gets out of order.
func play(ctx context.Context, w io.Writer, now func() time.Time) error {
	m := newMachines(now)
	z, err := newZfsrep(m, w)
	if err != nil {
		return err
	}
	for range 3 {
		m.night()
	}
	for _, s := range story {
		if s.before != nil {
			s.before(m)
		}
		fmt.Fprintf(w, "\n# %s\n\n$ zfsrep %s\n", s.words, s.typed)
		exit, err := s.command(z, ctx)
		if err != nil {
			return err
		}
		if exit != exitOK {
			fmt.Fprintf(w, "(exit code %d)\n", exit)
		}
		if exit != s.exit {
			return fmt.Errorf("zfsrep %s ends with exit code %d, which is not how the story goes: it says %d", s.typed, exit, s.exit)
		}
	}
	fmt.Fprint(w, "\n# Both machines, compared: every snapshot by GUID and by content.\n\n")
	return m.compare(w)
}
