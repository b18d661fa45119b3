package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

var noon = time.Date(2025, 11, 26, 12, 0, 0, 0, time.UTC)

func bytesPointer(n int64) *int64 { return &n }

// sendOf is an action that sends dataset's @a → @b.
func sendOf(id, dataset string, size *int64) plan.Action {
	return plan.Action{ID: id, Job: "default", Why: "1 snapshot after @a, which both sides have",
		Do: plan.Send{Mode: plan.Incremental, Dataset: dataset, Target: dataset, From: &plan.Ref{Name: "@a", GUID: 1}, To: plan.Ref{Name: "@b", GUID: 2}, Bytes: size}}
}

func bookmarkOf(id, dataset string) plan.Action {
	return plan.Action{ID: id, Job: "default", Why: "so that the chain survives", Do: plan.Bookmark{Side: plan.Source, Dataset: dataset, Snapshot: "b", Bookmark: "zfsrep_2"}}
}

// Fifty datasets treated alike take a line each; the reasons are given once.
func TestPlanOfFifty(t *testing.T) {
	p := &plan.Plan{Jobs: map[string]plan.Connection{"default": {RemoteHost: "box", RemotePort: 22, RemoteUser: "root"}}}
	for i := range 50 {
		name := fmt.Sprintf("tank/data/%02d", i)
		p.Actions = append(p.Actions, sendOf(fmt.Sprint(2*i+1), name, bytesPointer(1<<20)), bookmarkOf(fmt.Sprint(2*i+2), name))
	}
	var b bytes.Buffer
	Plan(&b, p, PlanOptions{})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) > 60 {
		t.Errorf("%d lines:\n%s", len(lines), b.String())
	}
	if n := strings.Count(b.String(), "so that the chain survives"); n != 1 {
		t.Errorf("the reason is given %d times", n)
	}
	if last := lines[len(lines)-1]; !strings.HasPrefix(last, "  99–100  tank/data/49") {
		t.Errorf("the last line is %q", last)
	}
	fits(t, b.String(), 80)
}

func fits(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		if columns(strings.TrimRight(line, "\n")) > width {
			t.Errorf("wider than %d: %s", width, line)
		}
	}
}

// Every kind of action has words, what is destroyed is named, and unknown sizes are said to be unknown.
func TestPlanOfEveryKind(t *testing.T) {
	target := plan.Target
	steps := []plan.Step{
		plan.AbortReceive{Side: target, Dataset: "tank/a"},
		plan.Rollback{Side: target, Dataset: "tank/a", To: plan.Ref{Name: "@a"}, Destroys: []string{"x", "y"}},
		sendOf("", "tank/a", nil).Do, plan.Send{Mode: plan.Resume, Dataset: "tank/a", Target: "tank/a", To: plan.Ref{Name: "@c"}, Bytes: bytesPointer(5 << 20)},
		plan.Rename{Side: target, Dataset: "tank/old", To: "tank/new"}, plan.Hold{Side: target, Dataset: "tank/a", Snapshot: "a", Tag: "t"},
		plan.Release{Side: plan.Source, Dataset: "tank/a", Snapshot: "a", Tag: "t"}, plan.SetProperty{Side: target, Dataset: "tank/a", Property: "readonly", Value: "on"},
		plan.DestroyBookmarks{Side: plan.Source, Dataset: "tank/a", Names: []string{"m", "n"}}, plan.Snapshot{Side: plan.Source, Datasets: []string{"tank/a", "tank/b"}, Name: "daily"},
		plan.DestroySnapshots{Side: target, Dataset: "tank/a", Names: []string{"old-1", "old-2"}},
		plan.CreateDataset{Side: target, Dataset: "tank/p"},
	}
	p := &plan.Plan{Jobs: map[string]plan.Connection{"default": {RemoteHost: "box", RemotePort: 2222, RemoteUser: "root", Parallel: 2}},
		Warnings: []plan.Warning{{Message: "tank/z has no snapshot to replicate"}}, UpToDate: []string{"tank/u"}}
	for i, s := range steps {
		p.Actions = append(p.Actions, plan.Action{ID: fmt.Sprint(i + 1), Job: "default", Do: s, Why: fmt.Sprintf("reason %d", i+1)})
	}
	var b bytes.Buffer
	Plan(&b, p, PlanOptions{})
	golden(t, "every-kind.golden", b.String())
	fits(t, b.String(), 80)
	b.Reset()
	Plan(&b, p, PlanOptions{Color: true, Width: 40})
	if !strings.Contains(b.String(), "\x1b[31m") {
		t.Error("nothing is red on a terminal")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (UPDATE=1 writes it anew):\n%s", file, d)
	}
}

// The evidence reads the same whether the plan was just made or read from a file, and tells namesakes apart.
func TestEvidence(t *testing.T) {
	made := map[string]any{"source": []plan.Ref{{Name: "@b", GUID: 2}, {Name: "@a", GUID: 1}}, "target": []plan.Ref{{Name: "@b", GUID: 9}},
		"common": plan.Ref{Name: "@a", GUID: 1}, "onlyOnTarget": []plan.Ref{{Name: "@b", GUID: 9}}, "written": "4096"}
	data, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]any
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	want := []string{"newest here: @b (guid 2), @a", "newest on the target: @b (guid 9)", "newest in common: @a", "seen: written = 4096"}
	for _, e := range []map[string]any{made, read} {
		if d := cmp.Diff(want, evidence(e)); d != "" {
			t.Error(d)
		}
	}
}

// The progress line has a rate and an end, stays within the terminal, and leaves a clean line behind.
func TestProgress(t *testing.T) {
	var screen, log bytes.Buffer
	now := noon
	l := NewLogger(&log, "info")
	p := &Progress{Terminal: &screen, Columns: func() int { return 60 }, Log: l, Every: time.Minute, Now: func() time.Time { return now }}
	run := &Run{Log: l, Progress: p, Now: p.Now}
	of := &plan.Plan{Actions: []plan.Action{sendOf("1", "tank/a", bytesPointer(100<<20)), sendOf("2", "tank/with/a/rather/long/name", nil)}}
	run.Planned(of)
	run.Event(exec.Started{Action: &of.Actions[0]})
	now = now.Add(2 * time.Second)
	run.Event(exec.Progress{Action: &of.Actions[0], Bytes: 20 << 20})
	if got := screen.String(); got != "\r\x1b[K  1/2 tank/a: 20 MiB of about 100 MiB (20 %), 10 MiB/s, 9 …" {
		t.Errorf("the line is %q", got)
	}
	screen.Reset()
	run.Event(exec.Started{Action: &of.Actions[1]})
	if got := screen.String(); got != "\r\x1b[K" {
		t.Errorf("the line is not cleared: %q", got)
	}
	run.Event(exec.Progress{Action: &of.Actions[1], Bytes: 1 << 20})
	if got := screen.String(); !strings.Contains(got, "2 transfers at once: 21 MiB, 10 MiB/s; 1/2 tank/a") {
		t.Errorf("the line is %q", got)
	}
	screen.Reset()
	run.Event(exec.Finished{Action: &of.Actions[0], Bytes: 100 << 20, Took: 10 * time.Second})
	if got := screen.String(); got != "\r\x1b[K" {
		t.Errorf("the line is not cleared: %q", got)
	}

	// without a terminal a line in the log now and then
	p.Terminal = nil
	log.Reset()
	now = now.Add(61 * time.Second)
	run.Event(exec.Progress{Action: &of.Actions[1], Bytes: 3 << 20})
	now = now.Add(time.Second)
	run.Event(exec.Progress{Action: &of.Actions[1], Bytes: 4 << 20})
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "zfsrep: 2/2 still sending tank/with/a/rather/long/name: 3.0 MiB, ") {
		t.Errorf("the log says %q", got)
	}
}

// Labels may hold anything a dataset's name may, and more.
func TestMetricsEscaping(t *testing.T) {
	var b bytes.Buffer
	Metrics(&b, []JobMetrics{{Job: "a\"b\\c\nd\xff", Replicas: []plan.Replica{{Dataset: "tank/é ü", Target: "t", Behind: 60}}}})
	for _, want := range []string{"zfsrep_last_run_exit_code{job=\"a\\\"b\\\\c\\nd\uFFFD\"} 0\n", "{job=\"a\\\"b\\\\c\\nd\uFFFD\",dataset=\"tank/é ü\",target=\"t\"} 60\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %s:\n%s", want, b.String())
		}
	}
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "zfsrep_") {
			t.Errorf("not a line of the format: %q", line)
		}
	}
}

// The journal is recognised by the file itself, because every child of a service inherits the variable.
func TestIsJournal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, _ := f.Stat()
	st := info.Sys().(*syscall.Stat_t)
	if !IsJournal(f, fmt.Sprintf("%d:%d", st.Dev, st.Ino)) {
		t.Error("the file is not recognised")
	}
	if IsJournal(f, "8:1") || IsJournal(f, "") || IsJournal(&bytes.Buffer{}, fmt.Sprintf("%d:%d", st.Dev, st.Ino)) {
		t.Error("something else is taken for the journal")
	}
}

// Lines stay lines: in the journal, on a terminal and in the file.
func TestLogLines(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(&b, "info")
	file := filepath.Join(t.TempDir(), "log")
	c, err := AlsoToFile(l, file, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	l.Error("two\nlines\n")
	l.Debug("not at this level")
	JournalLines(l)
	l.Warn("careful")
	l.Info("so")
	_ = c.Close()
	l.Info("after the end")
	if got := b.String(); got != "zfsrep: error: two lines\n<4>careful\n<6>so\n<6>after the end\n" {
		t.Errorf("stderr: %q", got)
	}
	data, _ := os.ReadFile(file)
	if got := string(data); got != "2025-11-26 12:00:00 +0000 error   two lines\n2025-11-26 12:00:00 +0000 warning careful\n2025-11-26 12:00:00 +0000 info    so\n" {
		t.Errorf("file: %q", got)
	}
}

// Every error says what to do.
func TestAdvice(t *testing.T) {
	exit := &host.ExitError{Host: "box", Argv: []string{"zfs", "receive"}, Code: 1, Stderr: "cannot receive: odd"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{&host.ConnError{Host: "box", Kind: host.ConnDial, Err: errors.New("no route"), Hint: "is it up?"}, "cannot reach box: no route; is it up?"},
		{&host.ConnError{Host: "box", Kind: host.ConnLost, Err: errors.New("reset")}, "lost the connection to box: reset; the next run tries again"},
		{&exec.CommandError{Host: "box", Argv: exit.Argv, Meaning: zfs.Explain(exit.Stderr), Err: exit}, "zfs receive on box: cannot receive: odd; zfsrep plan --commands shows the command line, to try it by hand"},
		{fmt.Errorf("job a: %w", context.Canceled), "interrupted; the next run goes on from there"},
		{&host.StalledError{From: "a", To: "b", After: time.Minute, Waiting: "the sender"}, "timeouts.stall"},
		{&exec.DriftError{Expect: plan.Expect{Side: plan.Target, Name: "tank/a"}, Host: "box", Got: "5"}, "tank/a exists by now; a new plan takes that into account"},
	} {
		if got := Explain(c.err); !strings.Contains(got, c.want) {
			t.Errorf("%q lacks %q", got, c.want)
		}
	}
}

// What is not tried is told by reason, not by action.
func TestSkippedTogether(t *testing.T) {
	var b bytes.Buffer
	l := NewLogger(&b, "info")
	run := &Run{Log: l, Progress: &Progress{Log: l, Now: time.Now}, Now: time.Now}
	of := &plan.Plan{Actions: []plan.Action{sendOf("1", "tank/a", nil), bookmarkOf("2", "tank/a"), sendOf("3", "tank/b", nil), bookmarkOf("4", "tank/b")}}
	run.Planned(of)
	b.Reset()
	run.Event(exec.Skipped{Action: &of.Actions[1], Why: "it needs action 1, which failed"})
	run.Event(exec.Skipped{Action: &of.Actions[2], Why: "the connection is lost"})
	run.Event(exec.Skipped{Action: &of.Actions[3], Why: "it needs action 3, which was not done"})
	run.Done(Summary{Plan: of, Result: exec.Result{Skipped: 3, Failures: []exec.Failure{{}}}, Exit: 1})
	want := "zfsrep: warning: not tried: 1 action of tank/a, because it needs action 1, which failed\n" +
		"zfsrep: warning: not tried: 2 actions of tank/b, because the connection is lost\n" +
		"zfsrep: error: failed: 1 action failed; 3 actions not tried; 0 actions done, 0 B sent in 0s\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ranges([]int{1, 2, 3, 7, 9, 10}), "1–3, 7, 9–10"}, {ranges([]int{5}), "5"},
		{span(30 * time.Second), "30 seconds"}, {span(time.Hour), "1 hour"}, {span(26 * time.Hour), "26 hours"}, {span(72 * time.Hour), "3 days"}, {span(-1), "0 seconds"},
		{eta(20 * time.Second), "21 s"}, {eta(10 * time.Minute), "10 min"}, {eta(150 * time.Minute), "2 h 30 min"}, {eta(96 * time.Hour), "4 days"},
		{rate(10<<20, 100*time.Millisecond), ""}, {rate(10<<20, 2*time.Second), "5.0 MiB/s"},
		{strings.Join(wrap("a bb ccc dddd eeeee", 20, 0), "|"), "a bb ccc dddd eeeee"},
		{strings.Join(wrap("aaaaaaaaaa bbbbbbbbbb ccc", 20, 0), "|"), "aaaaaaaaaa|bbbbbbbbbb ccc"},
	} {
		if c.got != c.want {
			t.Errorf("%q, not %q", c.got, c.want)
		}
	}
}
