package host_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/host"
)

func TestQuote(t *testing.T) {
	for _, test := range []struct{ argv, want string }{
		{"zfs|list|-Hp|-o|name,guid|tank/a-b_c.d:e@x", "zfs list -Hp -o name,guid tank/a-b_c.d:e@x"},
		{"zfs|send|-i|#mark|tank/a@b", "zfs send -i '#mark' tank/a@b"},
		{"zfs|set|zfsrep:x=1|tank", "zfs set zfsrep:x=1 tank"},
		{"zfs|list|", "zfs list ''"},
		{"zfs|list|tank/my data", "zfs list 'tank/my data'"},
		{"echo|it's", `echo 'it'\''s'`},
		{"echo|$HOME|`id`|a\nb|\\", "echo '$HOME' '`id`' 'a\nb' '\\'"},
		{"a=b|c", "'a=b' c"},
		{"echo|=ls|~|%1|a#b", "echo '=ls' '~' '%1' 'a#b'"},
		{"time|x", "'time' x"},
	} {
		if got := host.Quote(strings.Split(test.argv, "|")); got != test.want {
			t.Errorf("Quote(%q)\n got %s\nwant %s", test.argv, got, test.want)
		}
	}
}

// FuzzQuote holds Quote against a real shell: it must see exactly the words that were quoted.
func FuzzQuote(f *testing.F) {
	for _, seed := range []string{"a", "a|b c", "'", "''|'", "\\|\\'", "$x|`y`|$(z)", "\n|\r\n|\t", "-n|*|?|[a]", "é|\xff\xfe", "!!|~root|#|=", "{a,b}|a;b|a&b", "if|then", "a=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, joined string) {
		if strings.IndexByte(joined, 0) >= 0 {
			t.Skip("no argument has a NUL byte")
		}
		words := strings.Split(joined, "|")
		for _, shell := range []string{"sh", "bash"} {
			if _, err := exec.LookPath(shell); err != nil {
				continue
			}
			got, err := exec.Command(shell, "-c", host.Quote(append([]string{"printf", `%s\0`}, words...))).Output()
			if err != nil {
				t.Fatalf("%s: %q: %v", shell, host.Quote(words), err)
			}
			if back := strings.Split(strings.TrimSuffix(string(got), "\x00"), "\x00"); !slices.Equal(back, words) {
				t.Errorf("%s took %s as %q, want %q", shell, host.Quote(words), back, words)
			}
			// In front a word must be a command name, whatever it looks like: 126 or 127 and nothing else.
			if first := words[0]; first != "" && !strings.ContainsAny(first, "/") {
				_, err := exec.Command(shell, "-c", "PATH=/nonexistent; exec "+host.Quote(words[:1])).Output()
				var exit *exec.ExitError
				if !asExitError(err, &exit) || exit.ExitCode() != 127 && exit.ExitCode() != 126 && !strings.HasPrefix(first, "-") {
					t.Errorf("%s did not take %s for a command: %v", shell, host.Quote(words[:1]), err)
				}
			}
		}
	})
}

func asExitError(err error, target **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError)
	*target = exit
	return ok
}
