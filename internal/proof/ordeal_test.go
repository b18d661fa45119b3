package proof

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// copyOf is an independent pair in the same state.
func copyOf(p *pair) *pair {
	c := *p
	c.src.Machine, c.dst.Machine = p.src.Clone(), p.dst.Clone()
	return &c
}

// rehearse is a night without faults: its commands.
func rehearse(t *testing.T, began *pair) []point {
	t.Helper()
	p := copyOf(began)
	var mu sync.Mutex
	var points []point
	seen := map[[2]string]int{}
	watch := func(side string) func([]string) *zfssim.Fault {
		return func(argv []string) *zfssim.Fault {
			mu.Lock()
			defer mu.Unlock()
			words := gist(argv)
			points = append(points, point{side: side, words: words, nth: seen[[2]string{side, words}]})
			seen[[2]string{side, words}]++
			return nil
		}
	}
	p.src.Fail(watch("kraken"))
	p.dst.Fail(watch("box"))
	made, _, err := p.plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	observed := len(points)
	if r := p.execute(context.Background(), made); !r.OK() {
		t.Fatalf("the night without faults failed:\n%s", failures(r))
	}
	kinds := map[string][]string{} // one a time that the command is run: a resume's receiver is the next one's, too
	for i := range made.Actions {
		for _, c := range made.Commands(&made.Actions[i]) {
			words := strings.Join(c.Argv, " ")
			kinds[words] = append(kinds[words], kindOf(&made.Actions[i]))
		}
	}
	var of []point
	for i, pt := range points {
		kind := ""
		if all := kinds[pt.words]; pt.nth < len(all) {
			kind = all[pt.nth]
		}
		switch {
		case strings.HasPrefix(pt.words, "ps ") && i > observed: // settle looks, not the run
			continue
		case i < observed:
			pt.label = "observe"
		case strings.HasPrefix(kind, "send"):
			pt.label = kind + map[bool]string{true: ", receiver", false: ", sender"}[onTarget(pt)]
		case kind != "":
			pt.label = kind
		case pt.nth > 0:
			continue // how many questions there are is a matter of who is faster
		case onTarget(pt) && strings.HasSuffix(pt.words, " guid"):
			pt.label = "proof of arrival"
		default:
			pt.label = "question before what destroys"
		}
		of = append(of, pt)
	}
	// What runs side by side comes in another order each time.
	slices.SortStableFunc(of, func(a, b point) int { return strings.Compare(a.label+a.side+a.words, b.label+b.side+b.words) })
	return of
}

// gist is a command by which it is known again. What is asked in one go depends on what is done by then, so the names
// that are asked about are left out.
func gist(argv []string) string {
	const names = 8
	if words := strings.Join(argv, " "); len(argv) < names || !strings.HasPrefix(words, "zfs get -Hp -t filesystem,volume,snapshot,bookmark ") {
		return words
	}
	return strings.Join(argv[:names], " ")
}

// ordeal is a night in which a fault strikes at one command.
type ordeal struct {
	*pair
	fault *fault
	point point
	moment

	mu     sync.Mutex
	seen   int  // of commands like the point's
	hit    bool // that command has begun
	struck bool
	failed bool // the night did
	due    bool // it strikes when the next command begins
	back   int  // commands that find the target unreachable until it is back; 0: it stays away
	hosts  []host.Host
	cancel func()
}

// night runs it, and reports whether the fault struck. Afterwards all is well again, but for the clock.
func (o *ordeal) night() bool {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	o.cancel = func() { cancel(errKilled) }
	o.wrap = o.wrapped
	if o.fault.stalls {
		o.configure(panicker{}, faultJob(stall, true))
	}
	o.src.Fail(func(argv []string) *zfssim.Fault { return o.begins("kraken", argv) })
	o.dst.Fail(func(argv []string) *zfssim.Fault { return o.begins("box", argv) })
	made, _, err := o.plan(ctx)
	o.failed = err != nil || !o.execute(ctx, made).OK()
	o.wrap = nil
	for _, m := range []side{o.src, o.dst} {
		m.Heal()
		m.SetReachable(true)
		m.SetPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	}
	o.settle()
	o.configure(panicker{}, faultJob("5m", true))
	return o.struck || o.hit && o.fault.strike == nil
}

// setRight ends what lasts longer than a night: somebody sees that the clock is wrong.
func (o *ordeal) setRight() {
	o.wrong = 0
	o.src.Skew(0)
}

// panicker fails where nothing can.
type panicker struct{}

func (panicker) Helper()                   {}
func (panicker) Fatalf(f string, _ ...any) { panic(f) }

// begins is asked about every command that begins, and says what becomes of it.
func (o *ordeal) begins(side string, argv []string) *zfssim.Fault {
	o.mu.Lock()
	if o.due {
		o.due = false
		o.mu.Unlock()
		o.strikes()
		return o.becomes(zfssim.Before)
	}
	hit := side == o.point.side && gist(argv) == o.point.words
	if hit {
		o.seen++
		hit = o.seen == o.point.nth+1
	}
	o.hit = o.hit || hit
	o.due = hit && o.when == zfssim.After && o.fault.strike != nil
	o.mu.Unlock()
	if !hit {
		return nil
	}
	if o.when == zfssim.Before {
		o.strikes()
	}
	return o.becomes(o.when)
}

func (o *ordeal) becomes(when zfssim.When) *zfssim.Fault {
	if o.fault.own == nil {
		return nil
	}
	return o.fault.own(when, o.bytes)
}

func (o *ordeal) strikes() {
	o.mu.Lock()
	first := !o.struck
	o.struck = true
	o.mu.Unlock()
	if first && o.fault.strike != nil {
		o.fault.strike(o)
	}
}

// die is kill -9 of us: all connections break, all that we started loses its pipes, and nothing more is begun.
func (o *ordeal) die() {
	o.cancel()
	o.hangUp("kraken")
	o.hangUp("box")
}

// hangUp breaks all connections to a machine.
func (o *ordeal) hangUp(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range o.hosts {
		if h.Name() == name {
			_ = h.Close()
		}
	}
}

// backAfter lets the target be reached again when so many commands have been refused.
func (o *ordeal) backAfter(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.back = n
}

func (o *ordeal) jump(d time.Duration) {
	o.wrong = d
	o.src.Skew(d)
}

// wrapped sees what is begun on a machine, whether or not that is reached, and what goes into it.
func (o *ordeal) wrapped(h host.Host) host.Host {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = append(o.hosts, h)
	return &watched{h, o}
}

type watched struct {
	host.Host
	o *ordeal
}

func (w *watched) Start(ctx context.Context, argv []string) (host.Process, error) {
	o := w.o
	p, err := w.Host.Start(ctx, argv)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil && o.back > 0 {
		if o.back--; o.back == 0 {
			o.dst.SetReachable(true)
		}
	}
	if err == nil && o.when == zfssim.Cut && o.fault.strike != nil && onTarget(o.point) && strings.Join(argv, " ") == o.point.words {
		return fed{p, &feeding{p.Stdin(), o, o.bytes}}, nil
	}
	return p, err
}

type fed struct {
	host.Process
	in io.WriteCloser
}

func (f fed) Stdin() io.WriteCloser { return f.in }

// feeding lets the fault strike after so many bytes.
type feeding struct {
	io.WriteCloser
	o    *ordeal
	left int64
}

func (f *feeding) Write(b []byte) (int, error) {
	if f.left < 0 || int64(len(b)) < f.left {
		f.left -= int64(len(b))
		return f.WriteCloser.Write(b)
	}
	n, err := f.WriteCloser.Write(b[:f.left])
	f.left = -1
	if err != nil {
		return n, err
	}
	f.o.strikes()
	m, err := f.WriteCloser.Write(b[n:])
	return n + m, err
}
