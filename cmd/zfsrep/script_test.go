package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// TestMain makes this test binary be zfsrep itself when a script says "exec realzfsrep".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"realzfsrep": main})
}

var update = flag.Bool("update", false, "write what comes out into the scripts of testdata")

// TestScripts plays testdata/*.txt: the whole program, in this process, on two simulated machines. Beside the usual
// commands of testscript there are:
//
//	zfsrep ARGS [<FILE]     run it with config.json, and locks and state in $WORK, unless ARGS say otherwise
//	fails N zfsrep ARGS     the same, and it must exit with N
//	kraken zfs ARGS         run a command on the source; box: on the target (with sudo)
//	fill MACHINE DS NAME N  make a file of N bytes (10M); write MACHINE DS NAME TEXT: a small one
//	nights N [DS...]        N days go by: each dataset (by default the design's five) changes and is snapshotted at 03:00,
//	                        then it is 04:00
//	clock TIME|+DURATION    set or move the clock
//	unreachable on|off|HOST the network to box, or to what one job calls its remoteHost
//	cut N [lost]            the next transfer ends after N bytes; lost: because the connection breaks
//	fault MACHINE WORDS TEXT   the next command with these words in its line fails and says TEXT
//	interrupt N             SIGTERM after N bytes of the next transfer
//	lock PLACE on|off       another run here replicates into PLACE; PLACE begins with the target's name
//	other HOST PLACE on|off another source, HOST, replicates into PLACE on box
//	pool MACHINE remove|readonly|suspended|ok
//	[!] replicated DS [PLACE]  box has every snapshot of DS by GUID, and the same content
//	sshserver               from now on box is reached through real ssh: $SSH_HOST, $SSH_PORT, $SSH_KEY, $SSH_HOSTKEY
//	expand FROM TO          a file with its $variables replaced
func TestScripts(t *testing.T) {
	t.Setenv(identityVariable, "")
	testscript.Run(t, testscript.Params{
		Dir: "testdata", RequireExplicitExec: true, RequireUniqueNames: true, UpdateScripts: *update,
		Setup: setupWorld,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"zfsrep": cmdZfsrep, "fails": cmdFails, "kraken": cmdMachine("kraken"), "box": cmdMachine("box"),
			"fill": cmdFill, "write": cmdWrite, "nights": cmdNights, "clock": cmdClock, "unreachable": cmdUnreachable,
			"cut": cmdCut, "fault": cmdFault, "interrupt": cmdInterrupt, "lock": cmdLock, "other": cmdOther, "pool": cmdPool,
			"replicated": cmdReplicated, "expand": cmdExpand, "sshserver": cmdSSHServer,
		},
	})
}

// world is what a script works on.
type world struct {
	kraken, box *zfssim.Machine
	dial        connector // nil: straight into the simulation

	mu             sync.Mutex
	now            time.Time
	unreachable    string // on, or one remoteHost
	interruptAfter int64
	runs           int
	held           map[string]*os.File
	others         map[string]*host.Locks
}

type (
	worldKey struct{}
	testKey  struct{}
)

func the(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func setupWorld(env *testscript.Env) error {
	w := &world{now: time.Date(2025, 11, 24, 12, 0, 0, 0, time.UTC), held: map[string]*os.File{}, others: map[string]*host.Locks{}}
	w.kraken = zfssim.New(zfssim.Options{Name: "this machine", Now: w.clock, Seed: 1, StreamScale: 1})
	w.box = zfssim.New(zfssim.Options{Name: "box@192.168.1.15", Now: w.clock, Seed: 2, StreamScale: 1, NeedSudo: true})
	w.kraken.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	w.box.AddPool("tank", zfssim.PoolOptions{Size: 1 << 40})
	env.Values[worldKey{}], env.Values[testKey{}] = w, env.T()
	env.Defer(func() {
		for _, f := range w.held {
			_ = f.Close()
		}
	})
	return nil
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) machine(ts *testscript.TestScript, name string) *zfssim.Machine {
	switch name {
	case "kraken":
		return w.kraken
	case "box":
		return w.box
	}
	ts.Fatalf("there is no machine %q", name)
	return nil
}

// connect reaches both machines as dial would.
func (w *world) connect(ctx context.Context, c plan.Connection, cancel func()) (host.Host, host.Host, error) {
	if c.RemoteHost != "" && (w.unreachable == "on" || w.unreachable == c.RemoteHost) {
		return nil, nil, &host.ConnError{Host: w.box.Host().Name(), Kind: host.ConnDial, Err: errors.New("no route to host"),
			Hint: "is the machine up, and is remoteHost right?"}
	}
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	var source, target host.Host = w.kraken.Host(), w.box.Host()
	if w.dial != nil {
		var err error
		if _, target, err = w.dial(ctx, c); err != nil {
			return nil, nil, err
		}
	}
	if n := w.interruptAfter; n > 0 {
		w.interruptAfter = 0
		target = &interrupting{target, n, cancel}
	}
	return source, target, nil
}

// interrupting ends the run when so many bytes have gone into a command, as a signal would.
type interrupting struct {
	host.Host
	after  int64
	cancel func()
}

func (h *interrupting) Start(ctx context.Context, argv []string) (host.Process, error) {
	p, err := h.Host.Start(ctx, argv)
	if err != nil || !slices.Contains(argv, "receive") {
		return p, err
	}
	return interruptingProcess{p, &interruptingWriter{p.Stdin(), h.after, h.cancel, ctx}}, nil
}

type interruptingProcess struct {
	host.Process
	stdin io.WriteCloser
}

func (p interruptingProcess) Stdin() io.WriteCloser { return p.stdin }

type interruptingWriter struct {
	io.WriteCloser
	left   int64
	cancel func()
	ctx    context.Context
}

func (w *interruptingWriter) Write(b []byte) (int, error) {
	if int64(len(b)) < w.left {
		w.left -= int64(len(b))
		return w.WriteCloser.Write(b)
	}
	n, _ := w.WriteCloser.Write(b[:w.left])
	w.cancel()
	<-w.ctx.Done()
	return n, w.ctx.Err()
}

func cmdZfsrep(ts *testscript.TestScript, neg bool, args []string) {
	if code := runZfsrep(ts, args); (code != 0) != neg {
		ts.Fatalf("zfsrep exits with %d", code)
	}
}

func cmdFails(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 || args[1] != "zfsrep" {
		ts.Fatalf("usage: fails N zfsrep ...")
	}
	if code := runZfsrep(ts, args[2:]); code != want {
		ts.Fatalf("zfsrep exits with %d, not %d", code, want)
	}
}

// takes says which options a command takes of those that the scripts need not write.
var takes = map[string][]string{"--config": {"check", "observe", "plan", "run", "snapshot", "status"}, "--lock-dir": {"run", "snapshot", "apply"}, "--state-dir": {"run", "snapshot", "status"}}

// passes are the further passes that a run may take: none, so that scripts see what one pass does, unless they ask for them.
func passes(ts *testscript.TestScript) []time.Duration {
	n, _ := strconv.Atoi(ts.Getenv("PASSES"))
	return make([]time.Duration, n)
}

var parsing sync.Mutex

func runZfsrep(ts *testscript.TestScript, args []string) int {
	w := the(ts)
	var stdin io.Reader = strings.NewReader("")
	args = slices.Clone(args)
	if n := len(args); n > 0 && strings.HasPrefix(args[n-1], "<") {
		stdin = strings.NewReader(ts.ReadFile(args[n-1][1:]))
		args = args[:n-1]
	}
	for i, a := range args {
		if i > 0 && args[i] != "-" && (slices.Contains([]string{"--config", "-c", "--against", "--state", "--out", "--metrics", "--lock-dir", "--state-dir"}, args[i-1]) ||
			(args[0] == "apply" || args[0] == "show") && i == len(args)-1 && !strings.HasPrefix(a, "-")) {
			args[i] = ts.MkAbs(a)
		}
	}
	for flag, value := range map[string]string{"--config": "config.json", "--lock-dir": "locks", "--state-dir": "state"} {
		if len(args) > 0 && slices.Contains(takes[flag], args[0]) && !slices.Contains(args, flag) && !slices.Contains(args, "--help") {
			args = slices.Insert(args, 1, flag, ts.MkAbs(value))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var out, err lockedBuffer
	w.runs++
	p := &program{stdin: stdin, stdout: &out, stderr: &err, locker: host.Locker{Run: fmt.Sprint("run", w.runs), Who: "kraken"}, now: w.clock, log: report.NewLogger(&err, "info"), verify: verify.Plan, atOnce: 1, pauses: passes(ts),
		connect: func(ctx context.Context, c plan.Connection) (host.Host, host.Host, error) {
			return w.connect(ctx, c, cancel)
		}}
	if ts.Getenv("JOURNAL") != "" {
		p.journal = true
		report.JournalLines(p.log)
	}
	parsing.Lock() // parsing changes the library's global --help and --version
	code := p.exitCode(p.app().RunContext(ctx, append([]string{"zfsrep"}, args...)))
	parsing.Unlock()
	_, _ = ts.Stdout().Write(out.Bytes())
	_, _ = ts.Stderr().Write(err.Bytes())
	ts.Logf("[stdout]\n%s[stderr]\n%s", out.Bytes(), err.Bytes())
	return code
}

// lockedBuffer may be written by several goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Bytes()
}

func cmdMachine(name string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if name == "box" {
			args = append([]string{"sudo"}, args...)
		}
		var out, err bytes.Buffer
		code := the(ts).machine(ts, name).Exec(args, nil, &out, &err)
		_, _ = ts.Stdout().Write(out.Bytes())
		_, _ = ts.Stderr().Write(err.Bytes())
		if (code != 0) != neg {
			ts.Fatalf("%s exits with %d: %s", strings.Join(args, " "), code, err.String())
		}
	}
}

func cmdExpand(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o644))
}
