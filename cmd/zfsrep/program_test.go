package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/internal/zfssim"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// bench is a program on an empty simulated pair, with its output.
type bench struct {
	*program
	out, err lockedBuffer
	dir      string
}

func newBench(t *testing.T, configJSON string) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	source, target := zfssim.New(zfssim.Options{Name: "this machine"}), zfssim.New(zfssim.Options{Name: "box"})
	for _, m := range []*zfssim.Machine{source, target} {
		m.AddPool("tank", zfssim.PoolOptions{})
	}
	source.MustRun("zfs create tank/a")
	source.MustRun("zfs snapshot tank/a@one")
	source.MustRun("zfs create tank/b")
	source.MustRun("zfs snapshot tank/b@one")
	b.program = &program{stdin: strings.NewReader(""), stdout: &b.out, stderr: &b.err, log: report.NewLogger(&b.err, "info"), verify: verify.Plan,
		now: func() time.Time { return time.Date(2025, 11, 26, 4, 0, 0, 0, time.UTC) },
		connect: func(context.Context, plan.Connection) (host.Host, host.Host, error) {
			return source.Host(), target.Host(), nil
		}}
	if err := os.WriteFile(b.file("config.json"), []byte(configJSON), 0o644); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) file(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) run(ctx context.Context, args ...string) int {
	args = append([]string{"zfsrep", args[0], "--config", b.file("config.json")}, args[1:]...)
	if args[1] == "run" {
		args = append(args, "--lock-dir", b.file("locks"), "--state-dir", b.file("state"))
	}
	parsing.Lock()
	defer parsing.Unlock()
	return b.exitCode(b.app().RunContext(ctx, args))
}

const oneJob = `{"version": 1, "jobs": {"default": {"remoteHost": "box", "remotePool": "tank", "datasets": ["tank/a"]}}}`

// A rule that breaks stays where it broke: the dataset is a conflict, the others are served, and what is needed to
// mend the bug is written down by a run, and by nothing that only looks.
func TestBugReport(t *testing.T) {
	wrong := func(_ *config.Config, _ *observe.Inventory, p *plan.Plan) []plan.Violation {
		for _, a := range p.Actions {
			if _, name := a.Do.Subject(); name == "tank/a" {
				return []plan.Violation{{Job: "default", Dataset: "tank/a", Action: a.ID, Rule: "it has no reason"}}
			}
		}
		return nil
	}
	b := newBench(t, strings.Replace(oneJob, `["tank/a"]`, `["tank/a", "tank/b"]`, 1))
	b.verify = wrong
	if code := b.run(t.Context(), "plan", "--dry-run"); code != exitConflict {
		t.Errorf("plan exits with %d", code)
	}
	if text := string(b.out.Bytes()); !strings.Contains(text, "it has no reason") || !strings.Contains(text, "bug of zfsrep") {
		t.Errorf("plan says:\n%s", text)
	}
	if files, _ := filepath.Glob(b.file("*")); len(files) != 1 {
		t.Errorf("plan --dry-run wrote %v", files)
	}
	if code := b.run(t.Context(), "run"); code != exitConflict {
		t.Errorf("run exits with %d", code)
	}
	file := b.file("state/bug-20251126T040000Z.json")
	if text := string(b.err.Bytes()); !strings.Contains(text, "please send its authors "+file) {
		t.Errorf("run says:\n%s", text)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var written struct {
		Conflicts []plan.Conflict
		Plan      plan.Plan
		Inventory json.RawMessage
	}
	if err := json.Unmarshal(data, &written); err != nil || len(written.Conflicts) != 1 || written.Conflicts[0].Dataset != "tank/a" {
		t.Errorf("the report is not complete (%v):\n%s", err, data)
	}
	served := false
	for _, a := range written.Plan.Actions {
		s, ok := a.Do.(plan.Send)
		served = served || ok && s.Dataset == "tank/b"
	}
	if !served {
		t.Error("the other dataset is not served")
	}
	if inv, err := observe.ReadInventory(written.Inventory); err != nil || inv.Jobs["default"].Source.Datasets["tank/a"] == nil {
		t.Errorf("the inventory in the report cannot be used: %v", err)
	}
	if status, _ := os.ReadFile(b.file("state/last-default.json")); !bytes.Contains(status, []byte(`"exit": 3`)) {
		t.Errorf("the result is not kept: %s", status)
	}
}

// Several jobs that go to one target share one connection.
func TestOneConnectionPerTarget(t *testing.T) {
	var dialled atomic.Int64
	p := &program{connect: func(_ context.Context, c plan.Connection) (host.Host, host.Host, error) {
		dialled.Add(1)
		if c.RemoteHost == "down" {
			return nil, nil, errors.New("down")
		}
		return host.Local(), host.Local(), nil
	}}
	s := p.open(t.Context(), map[string]plan.Connection{"a": {RemoteHost: "box"}, "b": {RemoteHost: "box"}, "c": {RemoteHost: "box", RemoteUser: "other"},
		"d": {RemoteHost: "down"}, "e": {RemoteHost: "down"}})
	defer s.close()
	if n := dialled.Load(); n != 3 {
		t.Errorf("dialled %d times, not 3", n)
	}
	if s.target["a"] == nil || s.target["b"] == nil || s.target["c"] == nil || len(s.failed) != 2 {
		t.Errorf("reached %v, failed %v", s.target, s.failed)
	}
}

// Ctrl-C while dialling ends the program at once, without a story about the network.
func TestInterruptedDial(t *testing.T) {
	for _, command := range []string{"run", "plan", "observe", "status"} {
		b := newBench(t, oneJob)
		ctx, cancel := context.WithCancel(t.Context())
		b.connect = func(ctx context.Context, _ plan.Connection) (host.Host, host.Host, error) {
			cancel()
			<-ctx.Done()
			return nil, nil, ctx.Err()
		}
		if code := b.run(ctx, command); code != exitFailed {
			t.Errorf("%s exits with %d", command, code)
		}
		if text := string(b.err.Bytes()) + string(b.out.Bytes()); !strings.Contains(text, "interrupted") || strings.Contains(text, "context canceled") {
			t.Errorf("%s says:\n%s", command, text)
		}
	}
}

// The man page and the help name every command and every option.
func TestManPage(t *testing.T) {
	b := newBench(t, oneJob)
	app := b.app()
	app.Setup()
	var page bytes.Buffer
	if err := manPage(&page, app); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(page.String(), `\-`, "-")
	for _, c := range app.VisibleCommands() {
		if !strings.Contains(text, "\n.SS zfsrep "+c.Name+"\n") {
			t.Errorf("the man page lacks zfsrep %s", c.Name)
		}
		if c.Description == "" || c.Usage == "" {
			t.Errorf("zfsrep %s has no description", c.Name)
		}
		for _, f := range c.VisibleFlags() {
			if name := "--" + f.Names()[0]; !strings.Contains(text, name) {
				t.Errorf("the man page lacks %s of zfsrep %s", name, c.Name)
			}
			if d, ok := f.(cli.DocGenerationFlag); ok && d.GetUsage() == "" {
				t.Errorf("--%s of zfsrep %s has no description", f.Names()[0], c.Name)
			}
		}
	}
	for i, line := range strings.Split(page.String(), "\n") {
		if strings.HasPrefix(line, ".") && !strings.Contains(" .TH .SH .SS .B .BR .I .TP .P .RS .RE .nf .fi .br ", " "+strings.Fields(line)[0]+" ") {
			t.Errorf("line %d of the man page is not one of our macros: %s", i+1, line)
		}
	}
}
