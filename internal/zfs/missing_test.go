package zfs

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The exit status and the names asked for decide, not what else is said.
func TestExisting(t *testing.T) {
	const noise = "Could not chdir to home directory /home/box: No such file or directory\n"
	gone := func(name string) string { return "cannot open '" + name + "': dataset does not exist\n" }
	for name, test := range map[string]struct {
		says map[string]string // standard error for the names asked for; "!" before it: the command exits with 1
		runs int
		gone []string
		ok   bool
	}{
		"all there":                {map[string]string{"a b": ""}, 1, nil, true},
		"all there, with noise":    {map[string]string{"a b": noise}, 1, nil, true},
		"one missing":              {map[string]string{"a b": "!" + gone("b")}, 1, []string{"b"}, true},
		"no pool":                  {map[string]string{"a b": "!cannot open 'a': no such pool or dataset\n"}, 1, []string{"a"}, true},
		"one missing, with noise":  {map[string]string{"a b": "!" + noise + gone("b"), "a": noise}, 2, []string{"b"}, true},
		"all missing, with noise":  {map[string]string{"a b": "!" + noise + gone("b") + gone("a")}, 1, []string{"b", "a"}, true},
		"one missing, one broken":  {map[string]string{"a b": "!cannot open 'a': I/O error\n" + gone("b"), "a": "!cannot open 'a': I/O error\n"}, 2, []string{"b"}, false},
		"one goes meanwhile":       {map[string]string{"a b": "!" + noise + gone("b"), "a": "!" + noise + gone("a")}, 2, []string{"b", "a"}, true},
		"another name is missing":  {map[string]string{"a b": "!" + gone("c")}, 1, nil, false},
		"failed without a word":    {map[string]string{"a b": "!"}, 1, nil, false},
		"failed for one's rights":  {map[string]string{"a b": "!cannot open 'a': permission denied\n"}, 1, nil, false},
		"no names, and it worked":  {map[string]string{"": ""}, 1, nil, true},
		"no names, and it did not": {map[string]string{"": "!"}, 1, nil, false},
	} {
		names, runs := []string{"a", "b"}, 0
		if _, none := test.says[""]; none {
			names = nil
		}
		got, ok := Existing(names, func(names []string) (string, bool) {
			runs++
			says, known := test.says[strings.Join(names, " ")]
			if !known {
				t.Fatalf("%s: %q are asked for", name, names)
			}
			return strings.CutPrefix(says, "!")
		})
		if diff := cmp.Diff(test.gone, got); diff != "" || ok != test.ok || runs != test.runs || !slices.Equal(names, []string{"a", "b"}) && names != nil {
			t.Errorf("%s: %v after %d runs: %s", name, ok, runs, diff)
		}
	}
}
