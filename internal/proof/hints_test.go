package proof

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// unstaged are the examples that no two machines of the simulator can be in, and why.
var unstaged = map[string]string{
	"what would be replaced is not empty any more":                           "in the simulator only new datasets are put in the middle of a first receive",
	"96 KiB where an empty one takes 24":                                     "in the simulator an empty one takes what it takes",
	"between what an empty one takes with sectors of 512 bytes and of 4 KiB": "in the simulator an empty one takes what it takes",
	"nothing is known of what is there":                                      "the simulator knows",
	"situation 56: an unfinished receive without a token":                    "only ZFS before 2.0 leaves that",
	"situation 20: it is still running":                                      "there is only to be waited",
	"situation 20: somebody else's is running":                               "there is only to be waited",
	"a replica is listed, and what lies above it is not":                     "cannot be",
	"a replica is listed below a volume":                                     "cannot be",
	"a parent is listed, and what lies above it is not":                      "cannot be",
}

// unplayed are the codes of which no way out is followed here, and why.
var unplayed = map[plan.Code]string{
	plan.ReceiveBusy: "there is only to be waited",
	plan.Internal:    "there is only to be told",
}

// command is what may stand in a hint only where it can be pasted.
var command = regexp.MustCompile(`\b(zfs|zpool) [a-z]`)

// Every way out of every conflict of the golden files is followed to the letter on machines that are as the example
// says, and leads out of it.
func TestHintsOfExamples(t *testing.T) {
	files, err := filepath.Glob("../../plan/compile/testdata/golden/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	played := map[plan.Code]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, examples := plantest.Examples(string(text))
		for _, e := range examples {
			if strings.Contains(e.Plan, "CONFLICT ") && unstaged[e.Name] == "" {
				t.Run(e.Name, func(t *testing.T) { playAll(t, e, played) })
			}
		}
	}
	for _, code := range plan.Codes {
		if played[code] == 0 && unplayed[code] == "" {
			t.Errorf("no way out of %s was followed", code)
		}
	}
	t.Logf("ways out that were followed: %v", played)
}

// playAll follows each alternative of each conflict of an example, and counts them.
func playAll(t *testing.T, e plantest.Example, played map[plan.Code]int) {
	made, _, err := newPlay(t, e.Config, e.State).plan(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count("\n"+e.Plan, "\nCONFLICT "); n != len(made.Conflicts) {
		t.Errorf("the machines are not as the example says, they have %d conflicts instead of %d:\n%s", len(made.Conflicts), n, show(made))
	}
	for i := range made.Conflicts {
		c := &made.Conflicts[i]
		if !strings.Contains(e.Plan, "CONFLICT "+string(c.Code)+" "+c.Dataset+"\n") {
			t.Errorf("the machines are not as the example says: %s of %s: %s", c.Code, c.Dataset, c.Message)
		}
		for _, steps := range alternatives(c) {
			for _, w := range steps {
				if command.MatchString(w.Words) {
					t.Errorf("nobody can paste this: %s", w.Words)
				}
			}
			if !acts(steps) {
				continue
			}
			played[c.Code]++
			t.Run(string(c.Code)+" "+c.Dataset, func(t *testing.T) {
				newPlay(t, e.Config, e.State).leadsOut(c, made.Conflicts, steps)
			})
		}
	}
}
