package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// Two configs cost as many connections and commands as one: it is one look.
func TestAgainstLooksOnce(t *testing.T) {
	b := newBench(t, oneJob)
	old := strings.Replace(oneJob, `"tank/a"`, `"tank/b"`, 1)
	if err := os.WriteFile(b.file("old.json"), []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	var here, there *host.Counter
	connections, connect := 0, b.connect
	b.connect = func(ctx context.Context, c plan.Connection) (host.Host, host.Host, error) {
		source, target, err := connect(ctx, c)
		connections, here, there = connections+1, host.Counting(source), host.Counting(target)
		return here, there, err
	}
	cost := func(args ...string) [3]int {
		connections = 0
		if code := b.run(t.Context(), args...); code != exitOK {
			t.Fatalf("%v exits with %d: %s", args, code, b.err.Bytes())
		}
		return [3]int{connections, here.Count(), there.Count()}
	}
	one := cost("plan")
	if two := cost("plan", "--against", b.file("old.json")); two != one || one[0] != 1 {
		t.Errorf("connections and commands here and there: %v, and %v for one config alone", two, one)
	}
	for _, want := range []string{"tank/a → tank/a on root@box", "tank/b → tank/b on root@box"} {
		if !strings.Contains(string(b.out.Bytes()), want) {
			t.Errorf("it does not say %q:\n%s", want, b.out.Bytes())
		}
	}
}
