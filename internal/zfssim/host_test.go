package zfssim

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/zfsrep/zfsrep/internal/host"
)

func start(t *testing.T, h host.Host, ctx context.Context, line string) host.Process {
	t.Helper()
	p, err := h.Start(ctx, strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHostRun(t *testing.T) {
	m := New(Options{Name: "kraken"})
	m.AddPool("tank", PoolOptions{})
	h := m.Host()
	defer h.Close()
	out, err := host.Run(t.Context(), h, []string{"zfs", "list", "-H", "-o", "name"})
	if err != nil || string(out.Stdout) != "tank\n" {
		t.Errorf("%q, %v", out.Stdout, err)
	}
	_, err = host.Run(t.Context(), h, []string{"sudo", "-n", "zfs", "destroy", "tank/a"})
	var exit *host.ExitError
	if !errors.As(err, &exit) || exit.Code != 1 || !strings.Contains(exit.Stderr, "dataset does not exist") {
		t.Errorf("%v", err)
	}
	if _, err = h.Start(t.Context(), []string{"frobnicate"}); !errors.As(err, &exit) || exit.Code != 127 {
		t.Errorf("%v", err)
	}
	m.SetReachable(false)
	var conn *host.ConnError
	if _, err = h.Start(t.Context(), []string{"zfs", "list"}); !errors.As(err, &conn) {
		t.Errorf("%v", err)
	}
}

func TestHostPipe(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 100<<20)
	src.MustRun("zfs snapshot tank/a@1")
	r := host.Pipe(t.Context(), src.Host(), strings.Fields("zfs send tank/a@1"), dst.Host(), strings.Fields("sudo -n zfs receive -s -u tank/a"), host.PipeOptions{})
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	if src.ContentID("tank/a@1") != dst.ContentID("tank/a@1") {
		t.Error("contents differ")
	}
}

// A receive that waits for its stream shows a token, is busy, and is seen by ps; when its stream ends it keeps its state.
func TestLiveReceive(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 1<<20)
	src.MustRun("zfs snapshot tank/a@1")
	stream := src.MustRun("zfs send tank/a@1")
	h := dst.Host()
	p := start(t, h, t.Context(), "sudo -n zfs receive -s -u tank/a")
	in := p.Stdin()
	if _, err := io.WriteString(in, stream[:len(stream)/2]); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		out, _, _ := dst.Run("zfs list -Hp -o receive_resume_token tank/a")
		return len(out) > 2
	})
	if ps := dst.MustRun("ps -eo args"); !strings.Contains(ps, "\nzfs receive -s -u tank/a\n") {
		t.Errorf("ps shows %s", ps)
	}
	if _, errs, code := dst.Run("zfs receive -A tank/a"); code != 1 || errs != "cannot destroy 'tank/a': dataset is busy\n" {
		t.Errorf("-A says %d %s", code, errs)
	}
	if _, errs, _ := dst.Run("zfs destroy tank/a"); errs != "cannot destroy 'tank/a': dataset is busy\n" {
		t.Errorf("destroy says %s", errs)
	}
	_ = in.Close()
	var exit *host.ExitError
	if err := p.Wait(); !errors.As(err, &exit) || !strings.Contains(p.Stderr(), "Partially received snapshot is saved.") {
		t.Errorf("%v", err)
	}
	token := strings.TrimSpace(dst.MustRun("zfs get -Hp -o value receive_resume_token tank/a"))
	mustTransfer(t, src, dst, "zfs send -t "+token, "zfs receive -s -u tank/a")
}

// Killing a receive keeps what arrived, and leaves nothing running.
func TestKilledReceive(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 1<<20)
	src.MustRun("zfs snapshot tank/a@1")
	stream := src.MustRun("zfs send tank/a@1")
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, dst.Host(), ctx, "zfs receive -s -u tank/a")
	if _, err := io.WriteString(p.Stdin(), stream[:len(stream)-20]); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		out, _, _ := dst.Run("zfs list -Hp -o receive_resume_token tank/a")
		return len(out) > 2
	})
	cancel()
	if err := p.Wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	dst.MustRun("zfs receive -A tank/a")
	waitFor(t, func() bool { return runtime.NumGoroutine() <= before })
}

func TestFaults(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 1<<20)
	src.MustRun("zfs snapshot tank/a@1")
	h := src.Host()
	fault := &Fault{When: Before, Stderr: "cannot: no\n", Code: 3}
	src.Fail(func(argv []string) *Fault {
		if strings.Contains(strings.Join(argv, " "), "@2") {
			return fault
		}
		return nil
	})
	var exit *host.ExitError
	if _, err := host.Run(t.Context(), h, strings.Fields("zfs snapshot tank/a@2")); !errors.As(err, &exit) || exit.Code != 3 || exit.Stderr != "cannot: no\n" {
		t.Errorf("before: %v", err)
	}
	fault = &Fault{When: After, Lost: true}
	var conn *host.ConnError
	if _, err := host.Run(t.Context(), h, strings.Fields("zfs snapshot tank/a@2")); !errors.As(err, &conn) {
		t.Errorf("after: %v", err)
	}
	src.Heal()
	src.MustRun("zfs list tank/a@2")
	dst.Fail(func(argv []string) *Fault { return &Fault{When: Cut, Bytes: 500} })
	r := host.Pipe(t.Context(), h, strings.Fields("zfs send tank/a@1"), dst.Host(), strings.Fields("zfs receive -s -u tank/a"), host.PipeOptions{})
	if r.To == nil {
		t.Error("a cut receive succeeded")
	}
	dst.Heal()
	if got := dst.MustRun("zfs get -Hp -o value receive_resume_token tank/a"); len(got) < 10 {
		t.Errorf("token %s", got)
	}
}

func TestNeedSudo(t *testing.T) {
	m := New(Options{NeedSudo: true})
	m.AddPool("tank", PoolOptions{})
	for _, line := range []string{"zfs create tank/a", "zfs snapshot tank@1", "zfs set readonly=on tank"} {
		if _, errs, code := m.Run(line); code == 0 || !strings.Contains(errs, "permission denied") {
			t.Errorf("%s: %d %s", line, code, errs)
		}
		m.MustRun("sudo -n " + line)
	}
	m.MustRun("zfs list -r tank")
}

func TestCloneIsIndependent(t *testing.T) {
	m := New(Options{})
	m.AddPool("tank", PoolOptions{})
	m.MustRun("zfs create tank/a")
	m.MustRun("zfs snapshot tank/a@1")
	m.MustRun("zfs clone tank/a@1 tank/c")
	saved := m.Clone()
	before := m.Dump()
	m.MustRun("zfs promote tank/c")
	m.MustRun("zfs destroy -r tank/a")
	if saved.Dump() != before {
		t.Error("changing the machine changed its copy")
	}
	m.Restore(saved)
	if m.Dump() != before {
		t.Error("restoring did not restore")
	}
	m.MustRun("zfs promote tank/c")
	if saved.Dump() != before {
		t.Error("changing the restored machine changed the copy")
	}
}

func waitFor(t *testing.T, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ready(); {
		if time.Now().After(end) {
			t.Fatal("nothing happened for 10 s")
		}
		runtime.Gosched()
	}
}

// A stalled stream moves some bytes and nothing more until it is killed.
func TestStall(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 64<<20)
	src.MustRun("zfs snapshot tank/a@1")
	src.Fail(func(argv []string) *Fault { return &Fault{When: Stall, Bytes: 1000} })
	r := host.Pipe(t.Context(), src.Host(), strings.Fields("zfs send tank/a@1"), dst.Host(), strings.Fields("zfs receive -s -u tank/a"),
		host.PipeOptions{Stall: 50 * time.Millisecond})
	var stalled *host.StalledError
	if !errors.As(r.Err(), &stalled) {
		t.Errorf("%v", r.Err())
	}
	src.Heal()
	waitFor(t, func() bool { return !strings.Contains(dst.MustRun("ps -eo args"), "receive") })
	token := strings.TrimSpace(dst.MustRun("zfs get -Hp -o value receive_resume_token tank/a"))
	mustTransfer(t, src, dst, "zfs send -t "+token, "zfs receive -s -u tank/a")
}

// While a package is being sent its snapshots are held.
func TestSendHolds(t *testing.T) {
	src, _ := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.MustRun("zfs snapshot tank/a@1")
	src.Fill("tank/a", "f", 1<<30)
	src.MustRun("zfs snapshot tank/a@2")
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, src.Host(), ctx, "zfs send -I @1 tank/a@2")
	waitFor(t, func() bool { return src.MustRun("zfs list -Hp -o userrefs tank/a@2") == "1\n" })
	if _, errs, _ := src.Run("zfs destroy tank/a@2"); !strings.Contains(errs, "it's being held") {
		t.Errorf("destroy says %s", errs)
	}
	cancel()
	_ = p.Wait()
	waitFor(t, func() bool { return src.MustRun("zfs list -Hp -o userrefs tank/a@2") == "0\n" })
	src.MustRun("zfs destroy tank/a@1,2")
}

// Without -s a running full receive does not keep another one with -F away. The one that ends second finds the snapshot there.
func TestTwoReceivesAtOnce(t *testing.T) {
	src, dst := twoMachines(t)
	src.MustRun("zfs create tank/a")
	src.Fill("tank/a", "f", 1<<20)
	src.MustRun("zfs snapshot tank/a@1")
	stream := src.MustRun("zfs send tank/a@1")
	h := dst.Host()
	half := len(stream) / 2
	begin := func(line string) host.Process {
		p := start(t, h, t.Context(), line)
		if _, err := io.WriteString(p.Stdin(), stream[:half]); err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := begin("zfs receive -u tank/a")
	waitFor(t, func() bool {
		return strings.Contains(dst.Dump(), "volume tank/a") || strings.Contains(dst.Dump(), "system tank/a")
	})
	second := begin("zfs receive -u -F tank/a")
	waitFor(t, func() bool { return strings.Contains(dst.Dump(), "tank/a/%recv") })
	for _, p := range []host.Process{first, second} {
		_, _ = io.WriteString(p.Stdin(), stream[half:])
		_ = p.Stdin().Close()
		err := p.Wait()
		if p == first && err != nil {
			t.Errorf("the first: %v", err)
		}
		if p == second && !strings.Contains(p.Stderr(), "cannot restore to tank/a@1: destination already exists") {
			t.Errorf("the second: %v %s", err, p.Stderr())
		}
	}
	if got := dst.MustRun("zfs list -H -r -t all -o name tank/a"); got != "tank/a\ntank/a@1\n" {
		t.Errorf("left is %s", got)
	}
}
