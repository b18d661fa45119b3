package zfssim

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// step is one line of a conformance case with what is expected of it. README.md there describes the syntax.
type step struct {
	line     int
	word     string
	rest     string
	exit     string
	out      []string
	err      []string
	senderr  []string
	wantsOut bool
	wantsErr bool
}

type conformanceCase struct {
	name  string
	steps []step
}

func readCases(t *testing.T, file string) []conformanceCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []conformanceCase
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimRight(line, " ")
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		if word == "case" {
			cases = append(cases, conformanceCase{name: rest})
			continue
		}
		c := &cases[len(cases)-1]
		var last *step
		if len(c.steps) > 0 {
			last = &c.steps[len(c.steps)-1]
		}
		switch word {
		case "exit":
			last.exit = rest
		case "out":
			last.out, last.wantsOut = append(last.out, rest), true
		case "err":
			last.err, last.wantsErr = append(last.err, rest), true
		case "senderr":
			last.senderr = append(last.senderr, rest)
		default:
			c.steps = append(c.steps, step{line: i + 1, word: word, rest: rest})
		}
	}
	return cases
}

func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/conformance/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	total := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			for _, c := range readCases(t, file) {
				total++
				t.Run(c.name, func(t *testing.T) { newConformanceRun(t, file).run(c) })
			}
		})
	}
	t.Logf("%d cases", total)
}

// conformanceRun is one case being run.
type conformanceRun struct {
	t    *testing.T
	file string
	m    *Machine
	vars map[string]string
}

func newConformanceRun(t *testing.T, file string) *conformanceRun {
	m := New(Options{Name: "conformance", StreamScale: 1})
	m.AddPool("tank", PoolOptions{Size: 1 << 30})
	m.AddPool("backup", PoolOptions{Size: 1 << 30})
	return &conformanceRun{t: t, file: file, m: m, vars: map[string]string{}}
}

func (r *conformanceRun) run(c conformanceCase) {
	for _, s := range c.steps {
		s.rest = r.expand(s.rest)
		r.step(s)
		if r.t.Failed() {
			r.t.Logf("state:\n%s", r.m.Dump())
			return
		}
	}
	if a, b := r.m.Dump(), r.m.Clone().Dump(); a != b {
		r.t.Errorf("a clone differs:\n%s\nthe machine:\n%s", b, a)
	}
}

// expand puts the case's variables in place, the longest names first.
func (r *conformanceRun) expand(text string) string {
	names := slices.SortedFunc(maps.Keys(r.vars), func(a, b string) int { return len(b) - len(a) })
	for _, n := range names {
		text = strings.ReplaceAll(text, "$"+n, r.vars[n])
	}
	return text
}

func (r *conformanceRun) step(s step) {
	words := strings.Fields(s.rest)
	switch s.word {
	case "pool":
		r.m.RemovePool(words[0])
		r.m.AddPool(words[0], PoolOptions{Size: 1 << 30, Without: words[2:]})
	case "readonly":
		r.m.SetPool(words[0], PoolOptions{Readonly: words[1] == "yes"})
	case "keyfile":
		r.m.SetKeyFile(words[0], words[1])
	case "write":
		size, ok := parseSize(words[2])
		if !ok {
			r.t.Fatalf("%s:%d: bad size", r.file, s.line)
		}
		r.m.Fill(words[0], words[1], size)
	case "remove":
		r.m.Write(words[0], words[1], nil)
	case "run":
		out, errs, code := r.exec(words, nil)
		r.check(s, fmt.Sprint(code), out, errs, "")
	case "let":
		out, errs, code := r.exec(words[1:], nil)
		r.check(s, fmt.Sprint(code), out, errs, "")
		r.vars[words[0]], _, _ = strings.Cut(out, "\n")
	case "pipe", "cut":
		r.pipe(s)
	case "same":
		if a, b := r.m.ContentID(words[0]), r.m.ContentID(words[1]); a != b || a == 0 {
			r.t.Errorf("%s:%d: %s and %s differ", r.file, s.line, words[0], words[1])
		}
	default:
		r.t.Fatalf("%s:%d: what is %q?", r.file, s.line, s.word)
	}
}

func (r *conformanceRun) exec(argv []string, stdin []byte) (string, string, int) {
	var out, errs bytes.Buffer
	code := r.m.Exec(argv, bytes.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

func (r *conformanceRun) pipe(s step) {
	line, limit := s.rest, -1
	if s.word == "cut" {
		n, rest, _ := strings.Cut(line, " ")
		line = rest
		if _, err := fmt.Sscan(n, &limit); err != nil {
			r.t.Fatalf("%s:%d: %v", r.file, s.line, err)
		}
	}
	send, receive, _ := strings.Cut(line, " | ")
	stream, sendErr, code := r.exec(strings.Fields(send), nil)
	if limit >= 0 && limit < len(stream) {
		stream = stream[:limit]
	}
	out, recvErr, code2 := r.exec(strings.Fields(receive), []byte(stream))
	if s.exit == "" {
		s.exit = "0 0"
	}
	r.check(s, fmt.Sprintf("%d %d", code, code2), out, recvErr, sendErr)
}

func (r *conformanceRun) check(s step, exit, out, errs, sendErr string) {
	r.t.Helper()
	at := fmt.Sprintf("%s:%d: %s %s", r.file, s.line, s.word, s.rest)
	if s.exit == "" {
		s.exit = "0"
	}
	if !r.matches(s.exit, exit) {
		r.t.Errorf("%s\nexit %s, want %s\n%s%s", at, exit, s.exit, errs, sendErr)
	}
	if s.wantsOut {
		r.lines(at, "stdout", s.out, out)
	}
	if s.wantsErr {
		r.lines(at, "stderr", s.err, errs)
	}
	if len(s.senderr) > 0 {
		r.lines(at, "sender's stderr", s.senderr, sendErr)
	}
}

// lines compares output with its patterns.
func (r *conformanceRun) lines(at, what string, want []string, got string) {
	r.t.Helper()
	have := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if got == "" {
		have = nil
	}
	if !r.linesMatch(want, have) {
		r.t.Errorf("%s\n%s is\n%swant\n%s", at, what, got, strings.Join(want, "\n"))
	}
}

func (r *conformanceRun) linesMatch(want, have []string) bool {
	if len(want) == 0 {
		return len(have) == 0
	}
	if want[0] == "..." {
		for i := 0; i <= len(have); i++ {
			if r.linesMatch(want[1:], have[i:]) {
				return true
			}
		}
		return false
	}
	return len(have) > 0 && r.matches(want[0], have[0]) && r.linesMatch(want[1:], have[1:])
}

func (r *conformanceRun) matches(pattern, text string) bool {
	pattern = r.expand(pattern)
	pattern = strings.ReplaceAll(pattern, `\t`, "\t")
	parts := strings.Split(strings.TrimRight(pattern, " "), "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	ok, _ := regexp.MatchString("^(?s:"+strings.Join(parts, ".*")+")$", strings.TrimRight(text, " "))
	return ok
}
