package host_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/zfsrep/zfsrep/internal/host"
)

func TestHarmless(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"cannot open 'tänk': no\tsuch\n": "cannot open 'tänk': no\tsuch\n",
		"\x1b]0;owned\a\x1b[2J":          `\x1b]0;owned\a\x1b[2J`,
		"one\r\ntwo\rthree":              "one\ntwo\\rthree",
		"a\x00b\x7f\u0085":               `a\x00b\x7f\u0085`,
		"to \u202ethgir":                 `to \u202ethgir`,
		"\xff\xc0\xaf":                   `\xff\xc0\xaf`,
		"\ufffd":                         "\ufffd",
	} {
		if got := host.Harmless(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzHarmless(f *testing.F) {
	f.Add("\x1b[31m\xffé\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := host.Harmless(text)
		if host.Harmless(got) != got || strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}

// Nothing that a command says reaches a terminal as it is.
func TestStderrIsHarmless(t *testing.T) {
	onBoth(t, func(t *testing.T, h host.Host) {
		out, err := host.Run(t.Context(), h, sh(`printf '\033[2Jcannot\r\n\377' >&2; exit 1`))
		want := "\\x1b[2Jcannot\n\\xff"
		if exit := asExit(t, err); out.Stderr != want || exit.Stderr != want || strings.ContainsAny(err.Error(), "\x1b\r") || strings.IndexByte(err.Error(), 0xff) >= 0 {
			t.Errorf("got %q, %q, %q", out.Stderr, exit.Stderr, err)
		}
		r := pipe(t, t.Context(), h, sh(`printf '\033x' >&2`), h, sh(`printf '\033y' >&2`), host.PipeOptions{})
		if r.FromStderr != `\x1bx` || r.ToStderr != `\x1by` {
			t.Errorf("got %q, %q", r.FromStderr, r.ToStderr)
		}
	})
}
