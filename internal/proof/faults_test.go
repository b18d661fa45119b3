package proof

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// fault is something that happens to one of the machines, to the network, or to us.
type fault struct {
	name   string
	own    func(when zfssim.When, bytes int64) *zfssim.Fault // what becomes of the command at which it strikes; nil: nothing by itself
	strike func(*ordeal)                                     // what becomes of all else; nil: nothing
	only   func(point) bool                                  // where it can strike; nil: everywhere
	stalls bool                                              // only in the middle, and until our own limit
}

// What the simulator cannot express, and where it is tried instead:
//   - a command that is no transfer and never ends: its limits are minutes of real time (TestRunTimeout of internal/host)
//   - an address that changes, sshd started anew with other keys: there is no address here (internal/host: redial, host keys)
//   - a machine that loses what it had not yet written: a pool is what its last transaction group was, and here every
//     command is one; a transfer that was acknowledged and then lost is fault "after" of "the target restarts"
//   - what the kernel does with a suspended pool, where commands hang: here they fail (tests/vm)
var faults = []fault{
	{name: "we are killed", own: lost, strike: (*ordeal).die},
	{name: "command killed", own: killed},
	{name: "connection lost", own: lost, only: onTarget},
	{name: "link cut", own: lost, strike: func(o *ordeal) { o.dst.SetReachable(false) }, only: onTarget},
	{name: "target restarts", own: lost, strike: func(o *ordeal) { o.dst.SetReachable(false); o.hangUp("box"); o.backAfter(3) }, only: onTarget},
	{name: "sshd refuses", strike: func(o *ordeal) { o.dst.SetReachable(false); o.backAfter(4) }},
	{name: "stall", own: stalled, stalls: true, only: point.stream},
	{name: "target full", strike: pool(func(o *ordeal) side { return o.dst }, zfssim.PoolOptions{Size: 1 << 20})},
	{name: "source full", strike: pool(func(o *ordeal) side { return o.src }, zfssim.PoolOptions{Size: 1 << 20})},
	{name: "target suspended", strike: pool(func(o *ordeal) side { return o.dst }, zfssim.PoolOptions{Suspended: true})},
	{name: "source suspended", strike: pool(func(o *ordeal) side { return o.src }, zfssim.PoolOptions{Suspended: true})},
	{name: "target read-only", strike: pool(func(o *ordeal) side { return o.dst }, zfssim.PoolOptions{Readonly: true})},
	{name: "source read-only", strike: pool(func(o *ordeal) side { return o.src }, zfssim.PoolOptions{Readonly: true})},
	{name: "clock ahead", strike: func(o *ordeal) { o.jump(400 * 24 * time.Hour) }},
	{name: "clock back", strike: func(o *ordeal) { o.jump(-400 * 24 * time.Hour) }},
}

func onTarget(pt point) bool { return pt.side == "box" }

func lost(when zfssim.When, bytes int64) *zfssim.Fault {
	return &zfssim.Fault{When: when, Bytes: bytes, Lost: true}
}

func killed(when zfssim.When, bytes int64) *zfssim.Fault {
	return &zfssim.Fault{When: when, Bytes: bytes, Code: 137}
}

func stalled(_ zfssim.When, bytes int64) *zfssim.Fault {
	return &zfssim.Fault{When: zfssim.Stall, Bytes: bytes}
}

func pool(of func(*ordeal) side, now zfssim.PoolOptions) func(*ordeal) {
	return func(o *ordeal) { of(o).SetPool("tank", now) }
}

// moments are when a fault strikes: before the command does anything, after so many bytes of a stream, and when the
// command has done all that it does.
type moment struct {
	when  zfssim.When
	bytes int64
}

var (
	before  = moment{when: zfssim.Before}
	after   = moment{when: zfssim.After}
	middles = []moment{{zfssim.Cut, 200}, {zfssim.Cut, 900}}
)

// moments are those at which the fault can strike there.
func (f *fault) moments(pt point) []moment {
	switch {
	case f.only != nil && !f.only(pt):
		return nil
	case f.stalls:
		return middles[1:]
	case pt.stream() && (f.strike == nil || onTarget(pt)): // what strikes in the middle counts the bytes into a receiver
		return append([]moment{before, after}, middles...)
	}
	return []moment{before, after}
}

// TestFaults lets every fault strike once at every kind of command of a night, before it, after it and in its middle.
// Ordinary nights must then lead to exactly what a night without a fault leads to: the same snapshots with the same
// contents on both sides, the same marks, nothing half received. -v prints how often which was tried where.
// ZFSREP_SOAK=1 tries all commands of each kind, not only the first and the last.
func TestFaults(t *testing.T) {
	began := faultScene(t)
	points := rehearse(t, began)
	want := undisturbed(t, began)
	var mu sync.Mutex
	struck, failed := map[[2]string]int{}, 0
	var all errgroup.Group
	all.SetLimit(8) // most of a night with a fault is waiting
	for _, o := range ordeals(t, points) {
		o.pair = copyOf(began)
		all.Go(func() error {
			hit := o.night()
			wrong := o.converges(want)
			mu.Lock()
			defer mu.Unlock()
			if hit {
				struck[[2]string{o.point.label, o.fault.name}]++
			}
			if o.failed {
				failed++
			}
			if wrong != "" {
				t.Errorf("%s at %s, moment %+v\n(%s on %s): %s", o.fault.name, o.point.label, o.moment, o.point.words, o.point.side, wrong)
			}
			return nil
		})
	}
	_ = all.Wait()
	t.Logf("of the nights with a fault, %d ended with a failure", failed)
	table(t, struck)
	if !testing.Short() {
		complete(t, points, struck)
	}
}

// ordeals are the nights to be tried: every ninth in short mode.
func ordeals(t *testing.T, points []point) []*ordeal {
	t.Helper()
	var all []*ordeal
	n := 0
	for i := range faults {
		for _, pt := range chosen(t, points) {
			for _, at := range faults[i].moments(pt) {
				if n++; !testing.Short() || n%9 == 0 {
					all = append(all, &ordeal{fault: &faults[i], point: pt, moment: at})
				}
			}
		}
	}
	return all
}

// complete checks that no fault and no kind of command was left out.
func complete(t *testing.T, points []point, struck map[[2]string]int) {
	t.Helper()
	for i := range faults {
		for _, pt := range points {
			if len(faults[i].moments(pt)) > 0 && struck[[2]string{pt.label, faults[i].name}] == 0 {
				t.Errorf("%s never struck at %s", faults[i].name, pt.label)
			}
		}
	}
	for _, kind := range everyKind {
		for _, label := range []string{kind, kind + ", sender", kind + ", receiver"} {
			has := slices.ContainsFunc(points, func(pt point) bool { return pt.label == label })
			if send := strings.HasPrefix(kind, "send"); has == (send == (label == kind)) {
				t.Errorf("of actions of the kind %q the night has %q: %v", kind, label, has)
			}
		}
	}
}

// chosen are the first and the last command of each kind; all of them in a soak.
func chosen(t *testing.T, points []point) []point {
	if soak(t) > 0 {
		return points
	}
	first, last := map[string]int{}, map[string]int{}
	for i, pt := range points {
		if _, ok := first[pt.label]; !ok {
			first[pt.label] = i
		}
		last[pt.label] = i
	}
	var some []point
	for i, pt := range points {
		if first[pt.label] == i || last[pt.label] == i {
			some = append(some, pt)
		}
	}
	return some
}

// table prints how often each fault struck where.
func table(t *testing.T, struck map[[2]string]int) {
	t.Helper()
	rows, total := map[string]bool{}, 0
	for at, n := range struck {
		rows[at[0]] = true
		total += n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d nights with a fault\n%-36s", total, "")
	for i := range faults {
		fmt.Fprintf(&b, " %c", 'a'+rune(i))
	}
	b.WriteString("\n")
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&b, "%-36s", row)
		for i := range faults {
			fmt.Fprintf(&b, " %d", struck[[2]string{row, faults[i].name}])
		}
		b.WriteString("\n")
	}
	for i := range faults {
		fmt.Fprintf(&b, "%c %s  ", 'a'+rune(i), faults[i].name)
	}
	t.Log(b.String())
}

// undisturbed is what is there after a night without faults.
func undisturbed(t *testing.T, began *pair) string {
	t.Helper()
	p := copyOf(began)
	p.night(t)
	if again := p.night(t); !again.Empty() {
		t.Fatalf("planning again is not empty:\n%s", show(again))
	}
	return p.everything()
}

// converges has ordinary nights follow, and says what is not as it would be without the fault. In the first of them the
// clock is still as wrong as it was: that may keep something from being pruned, and nothing else.
func (o *ordeal) converges(want string) string {
	for night := range 4 {
		if night == 1 {
			o.setRight()
		}
		made, _, err := o.plan(context.Background())
		if err != nil {
			return fmt.Sprintf("cannot plan: %v", err)
		}
		if night > 0 && made.Empty() && len(made.Conflicts) == 0 {
			if got := o.everything(); got != want {
				return fmt.Sprintf("there is\n%s\ninstead of\n%s", got, want)
			}
			return ""
		}
		if r := o.execute(context.Background(), made); !r.OK() {
			return fmt.Sprintf("an ordinary night fails:\n%s%s", failures(r), show(made))
		}
	}
	return "four ordinary nights are not enough"
}

var errKilled = errors.New("killed")
