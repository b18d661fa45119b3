package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/zfsrep/zfsrep/internal/host/hosttest"
	"github.com/zfsrep/zfsrep/internal/report"
	"github.com/zfsrep/zfsrep/internal/zfssim"
)

// The commands of the scripts that change the world; see TestScripts.

func bytesOf(ts *testscript.TestScript, text string) uint64 {
	units := map[byte]uint64{'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
	unit := uint64(1)
	if u, ok := units[text[len(text)-1]]; ok {
		unit, text = u, text[:len(text)-1]
	}
	var n uint64
	_, err := fmt.Sscan(text, &n)
	ts.Check(err)
	return n * unit
}

// do runs a command on a machine.
func do(m *zfssim.Machine, argv ...string) (stdout string, code int) {
	var out bytes.Buffer
	code = m.Exec(argv, nil, &out, io.Discard)
	return out.String(), code
}

func mustDo(ts *testscript.TestScript, m *zfssim.Machine, argv ...string) string {
	out, code := do(m, argv...)
	if code != 0 {
		ts.Fatalf("%s exits with %d", strings.Join(argv, " "), code)
	}
	return out
}

func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	the(ts).machine(ts, args[0]).Fill(args[1], args[2], bytesOf(ts, args[3]))
}

func cmdWrite(ts *testscript.TestScript, _ bool, args []string) {
	the(ts).machine(ts, args[0]).Write(args[1], args[2], []byte(args[3]))
}

// designDatasets are those of the original design.
var designDatasets = []string{"tank/services", "tank/shack/cloud/immich", "tank/shack/cloud/nextcloud", "tank/shack/cloud/syncthing", "tank/shack/cloud/vaultwarden"}

func cmdNights(ts *testscript.TestScript, _ bool, args []string) {
	w := the(ts)
	n := int(bytesOf(ts, args[0]))
	datasets := args[1:]
	if len(datasets) == 0 {
		datasets = designDatasets
	}
	for i, d := range datasets {
		if _, code := do(w.kraken, "zfs", "list", d); code != 0 {
			mustDo(ts, w.kraken, "zfs", "create", "-p", d)
			w.kraken.Fill(d, "data", uint64(i+1)<<20)
		}
	}
	for range n {
		y, m, d := w.now.Date()
		w.now = time.Date(y, m, d+1, 3, 0, 0, 0, time.UTC)
		var names []string
		for i, d := range datasets {
			w.kraken.Fill(d, "changes of "+w.now.Format(time.DateOnly), uint64(i+1)<<17)
			names = append(names, d+"@daily-"+w.now.Format(time.DateOnly))
		}
		mustDo(ts, w.kraken, append([]string{"zfs", "snapshot"}, names...)...)
		w.now = w.now.Add(time.Hour)
	}
}

func cmdClock(ts *testscript.TestScript, _ bool, args []string) {
	w := the(ts)
	if d, err := time.ParseDuration(args[0]); err == nil {
		w.now = w.now.Add(d)
		return
	}
	t, err := time.Parse(time.RFC3339, args[0])
	ts.Check(err)
	w.now = t
}

func cmdUnreachable(ts *testscript.TestScript, _ bool, args []string) {
	the(ts).unreachable = args[0]
}

// once makes the next command with these words in its line fail.
func once(m *zfssim.Machine, words string, f zfssim.Fault) {
	used := false
	m.Fail(func(argv []string) *zfssim.Fault {
		if used || !strings.Contains(strings.Join(argv, " "), words) {
			return nil
		}
		used = true
		return &f
	})
}

func cmdCut(ts *testscript.TestScript, _ bool, args []string) {
	once(the(ts).box, "zfs receive", zfssim.Fault{When: zfssim.Cut, Bytes: int64(bytesOf(ts, args[0])), Lost: len(args) > 1})
}

func cmdFault(ts *testscript.TestScript, _ bool, args []string) {
	once(the(ts).machine(ts, args[0]), args[1], zfssim.Fault{Stderr: args[2] + "\n", Code: 1})
}

func cmdInterrupt(ts *testscript.TestScript, _ bool, args []string) {
	the(ts).interruptAfter = int64(bytesOf(ts, args[0]))
}

func cmdPool(ts *testscript.TestScript, _ bool, args []string) {
	m := the(ts).machine(ts, args[0])
	switch args[1] {
	case "remove":
		m.RemovePool("tank")
	case "readonly":
		m.SetPool("tank", zfssim.PoolOptions{Readonly: true})
	case "suspended":
		m.SetPool("tank", zfssim.PoolOptions{Suspended: true})
	case "ok":
		m.SetPool("tank", zfssim.PoolOptions{})
	default:
		ts.Fatalf("a pool cannot be %s", args[1])
	}
}

func cmdReplicated(ts *testscript.TestScript, neg bool, args []string) {
	w, dataset, place := the(ts), args[0], args[len(args)-1]
	list := strings.Fields("zfs list -Hp -d 1 -t snapshot -s createtxg -o name,guid")
	ours, theirs := mustDo(ts, w.kraken, append(list, dataset)...), ""
	if out, code := do(w.box, append(list, place)...); code == 0 {
		theirs = strings.ReplaceAll(out, place+"@", dataset+"@")
	}
	same := ours == theirs
	for line := range strings.Lines(ours) {
		name, _, _ := strings.Cut(line, "\t")
		same = same && w.kraken.ContentID(name) == w.box.ContentID(strings.Replace(name, dataset, place, 1))
	}
	if same == neg {
		ts.Fatalf("%s here:\n%son box:\n%s", dataset, ours, theirs)
	}
}

// cmdSSHServer makes box a real ssh server on loopback, which zfsrep dials as it dials any other. Its address and
// keys are in $SSH_HOST, $SSH_PORT, $SSH_KEY and $SSH_HOSTKEY.
func cmdSSHServer(ts *testscript.TestScript, _ bool, _ []string) {
	w := the(ts)
	t := ts.Value(testKey{}).(testing.TB)
	server := hosttest.NewServer(t, hosttest.Options{Exec: func(line string, stdin io.Reader, stdout, stderr io.Writer) int {
		return w.box.Exec(shellWords(line), stdin, stdout, stderr)
	}})
	c := server.SSH()
	ts.Setenv("SSH_HOST", c.Host)
	ts.Setenv("SSH_PORT", fmt.Sprint(c.Port))
	ts.Setenv("SSH_KEY", c.IdentityFile)
	ts.Setenv("SSH_HOSTKEY", c.HostKeys[0])
	w.dial = (&program{log: report.NewLogger(io.Discard, "error")}).dial
}

// shellWords splits a command line as the shell on the other side would, by asking one.
func shellWords(line string) []string {
	out, err := exec.Command("sh", "-c", "set -- "+line+`; for w in "$@"; do printf '%s\0' "$w"; done`).Output()
	if err != nil {
		return []string{"broken", err.Error()}
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}
