package proof

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// dice draw. The first choice is the ordinary one, so that what fails shrinks to what is ordinary but for what matters.
type dice struct{ *rapid.T }

func (d dice) pick(n int) int { return rapid.IntRange(0, n-1).Draw(d.T, "pick") }

// rare is true once in n times.
func (d dice) rare(n int) bool { return d.pick(n) == n-1 }

func choose[T any](d dice, first T, others ...T) T {
	if i := d.pick(len(others) + 1); i > 0 {
		return others[i-1]
	}
	return first
}

// some draws a subset that keeps the order; usually all of it.
func some[T any](d dice, all []T) []T {
	if !d.rare(4) {
		return all
	}
	var kept []T
	for _, v := range all {
		if !d.rare(2) {
			kept = append(kept, v)
		}
	}
	return kept
}

// soak is how many cases ZFSREP_SOAK asks for; 0 without it.
func soak(t *testing.T) int {
	t.Helper()
	text := os.Getenv("ZFSREP_SOAK")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("ZFSREP_SOAK=%q is no number", text)
	}
	return n
}

// checking lets rapid try so many cases until the test ends. A soak looks for something new each time; the usual test
// gives the same answer to everybody.
func checking(t *testing.T, checks int) {
	t.Helper()
	setting(t, "rapid.checks", strconv.Itoa(checks))
	if soak(t) == 0 {
		setting(t, "rapid.seed", "20251126")
	}
}

// setting gives a flag a value until the test ends, unless somebody gave it another one.
func setting(t *testing.T, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	if f.Value.String() != f.DefValue {
		return
	}
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(f.DefValue) })
}
