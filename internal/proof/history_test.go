package proof

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// figures are what a soak reports at its end.
var figures struct{ histories, nights, faults, events, actions, conflicts atomic.Int64 }

// TestHistories lets people, other tools and bad luck work on both machines for some nights, and holds every night
// against the contract. A failing history is shrunk and printed as a script.
func TestHistories(t *testing.T) {
	checks := 2000
	if testing.Short() {
		checks = 200
	}
	if soak := os.Getenv("ZFSREP_SOAK"); soak != "" {
		n, err := strconv.Atoi(soak)
		if err != nil {
			t.Fatalf("ZFSREP_SOAK=%q is no number", soak)
		}
		checks = n
	}
	lanes := 1 // at once; with a fixed seed more of them would do the same
	if os.Getenv("ZFSREP_SOAK") != "" {
		lanes = 2
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(strconv.Itoa(checks / lanes)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
	// A soak looks for something new each time; the usual test gives the same answer to everybody.
	if f := flag.Lookup("rapid.seed"); os.Getenv("ZFSREP_SOAK") == "" && f.Value.String() == f.DefValue {
		if err := f.Value.Set("20251126"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
	}
	began := time.Now()
	t.Cleanup(func() {
		t.Logf("%d histories, %d nights, %d actions, %d conflicts, %d faults, %d events between the nights, in %v", figures.histories.Load(),
			figures.nights.Load(), figures.actions.Load(), figures.conflicts.Load(), figures.faults.Load(), figures.events.Load(), time.Since(began).Round(time.Second))
	})
	for lane := range lanes {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, history)
		})
	}
}

// history is one random history.
func history(t *rapid.T) {
	figures.histories.Add(1)
	w := newWorld(t)
	for night := range rapid.IntRange(2, 5).Draw(t, "nights") {
		w.clock = zfssim.Epoch.AddDate(0, 0, night)
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			w.event()
		}
		if night > 0 && w.pick(4) == 0 {
			w.reconfigure()
		}
		if w.pick(3) == 0 {
			w.badNight()
			for range w.pick(3) {
				w.event()
			}
		}
		w.goodNight()
	}
}

// goodNight runs without faults: nothing may fail, and planning again must be empty.
func (w *world) goodNight() {
	figures.nights.Add(1)
	w.note("run")
	before := w.remember()
	made, inv, err := w.plan(context.Background())
	if err != nil {
		w.fail("cannot plan: %v", err)
	}
	w.pure(made, inv)
	figures.actions.Add(int64(len(made.Actions)))
	figures.conflicts.Add(int64(len(made.Conflicts)))
	r := w.execute(context.Background(), made)
	if !r.OK() {
		w.fail("a run without faults failed (%d skipped):\n%splan:\n%s", r.Skipped, failures(r), show(made))
	}
	w.judge(before, show(made))
	w.arrived(inv, made)
	again, _, err := w.plan(context.Background())
	if err != nil {
		w.fail("cannot plan again: %v", err)
	}
	if !again.Empty() {
		w.fail("planning again is not empty:\n%safter\n%s", show(again), show(made))
	}
}

// badNight runs while things go wrong. Nothing that must stay may be lost by that.
func (w *world) badNight() {
	figures.nights.Add(1)
	before := w.remember()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	hook := w.faults(cancel)
	if w.pick(4) > 0 { // mostly after observing, or most runs would not begin
		made, _, err := w.plan(ctx)
		if err != nil {
			w.fail("cannot plan: %v", err)
		}
		w.goWrong(hook)
		w.execute(ctx, made)
	} else {
		w.goWrong(hook)
		if made, _, err := w.plan(ctx); err == nil {
			w.execute(ctx, made)
		}
	}
	w.src.Heal()
	w.dst.Heal()
	w.judge(before, "")
}

func (w *world) goWrong(hook func(argv []string) *zfssim.Fault) {
	w.src.Fail(hook)
	if !w.local {
		w.dst.Fail(hook)
	}
}

// faults draws what goes wrong: one command in so many, and how. Which one depends on its words and not on when it
// comes, because commands run side by side.
func (w *world) faults(die func()) func(argv []string) *zfssim.Fault {
	every := 1 + w.pick(8)
	salt := w.pick(every)
	kinds := w.pick(6)
	bytes := int64(rapid.IntRange(0, 3000).Draw(w.t, "bytes"))
	w.note(fmt.Sprintf("run while things go wrong: one command in %d (%d), kind %d, cut at %d", every, salt, kinds, bytes))
	var mu sync.Mutex
	times := map[string]int{}
	return func(argv []string) *zfssim.Fault {
		words := strings.Join(argv, " ")
		mu.Lock()
		times[words]++
		h := fnv.New32a()
		fmt.Fprint(h, words, times[words])
		mu.Unlock()
		if int(h.Sum32()>>8)%every != salt {
			return nil
		}
		figures.faults.Add(1)
		switch kinds {
		case 0:
			return &zfssim.Fault{When: zfssim.Before, Stderr: "dataset is busy"}
		case 1:
			return &zfssim.Fault{When: zfssim.After, Stderr: "out of memory"}
		case 2:
			return &zfssim.Fault{When: zfssim.Before, Lost: true}
		case 3:
			return &zfssim.Fault{When: zfssim.After, Lost: true}
		case 4:
			if transfers(argv) {
				return &zfssim.Fault{When: zfssim.Cut, Bytes: bytes}
			}
			return nil
		default:
			if transfers(argv) {
				die()
				return &zfssim.Fault{When: zfssim.Cut, Bytes: bytes, Lost: true}
			}
			die()
			return &zfssim.Fault{When: zfssim.After, Lost: true}
		}
	}
}

func transfers(argv []string) bool {
	for i, a := range argv {
		if i > 0 && argv[i-1] == "zfs" && (a == "send" || a == "receive") {
			return true
		}
	}
	return false
}
