package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// scenes is how many random scenes the usual test tries.
func scenes(t *testing.T) int {
	switch n := soak(t); {
	case n > 0:
		return n
	case testing.Short():
		return 500
	}
	return 3000
}

// trying lets a judge look at random scenes. The one that fails is made small.
func trying(t *testing.T, n int, judge func(*scene) string) {
	checking(t, n)
	setting(t, "rapid.shrinktime", "0s")
	setting(t, "rapid.nofailfile", "true")
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t)
		wrong := judge(s)
		if wrong == "" {
			return
		}
		kind, _, _ := strings.Cut(wrong, ":")
		s = s.smaller(func(s *scene) bool { return strings.HasPrefix(judge(s), kind) })
		s.keep()
		t.Fatalf("%s\n%s", judge(s), s)
	})
}

// Whatever the machines say, there is a plan, it is the same every time, it survives being saved, and two judges who
// know nothing of how it was made find nothing wrong with it.
func TestScenes(t *testing.T) {
	trying(t, scenes(t), func(s *scene) (wrong string) {
		defer func() {
			if r := recover(); r != nil {
				wrong = fmt.Sprintf("a panic: %v", r)
			}
		}()
		made, err := compile.Compile(s.cfg, s.inv, s.now, verify.Plan)
		if err != nil {
			return fmt.Sprintf("cannot plan: %v", err)
		}
		again, err := compile.Compile(s.cfg, s.inv, s.now, verify.Plan)
		if first, second := bytesOf(made), bytesOf(again); err != nil || !bytes.Equal(first, second) {
			at := 0
			for at < min(len(first), len(second)) && first[at] == second[at] || at < 200 {
				at++ // behind the ID, which always differs
			}
			return fmt.Sprintf("planning again: %v: …%.300s\nand …%.300s", err, first[at:], second[at:])
		}
		if _, err := compile.Survey(s.cfg, s.inv, s.now, verify.Plan); err != nil {
			return fmt.Sprintf("cannot survey: %v", err)
		}
		for _, w := range sentence(s.cfg, s.inv, made) {
			return w + "\nplan:\n" + show(made)
		}
		for _, v := range verify.Plan(s.cfg, s.inv, made) {
			return "the verifier: " + v.Rule + "\nplan:\n" + show(made)
		}
		return ""
	})
}

func bytesOf(p *plan.Plan) []byte {
	text, _ := json.Marshal(p)
	return text
}
