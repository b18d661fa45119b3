package proof

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// A verifier that finds fault at random: what it blames is left alone, compiling comes to an end, and whoever has
// nothing to do with the blamed is served as before. Some of its findings are about nobody: then nothing may be done at
// all, since nobody knows what is wrong.
func TestScenesBlamed(t *testing.T) {
	trying(t, scenes(t)/2, func(s *scene) string {
		honest, err := compile.Compile(s.cfg, s.inv, s.now, verify.Plan)
		if err != nil {
			return fmt.Sprintf("cannot plan: %v", err)
		}
		b := &blamer{salt: s.guids, rounds: 100}
		made, err := compile.Compile(s.cfg, s.inv, s.now, b.verify)
		switch {
		case err != nil:
			return fmt.Sprintf("cannot plan: %v", err)
		case b.rounds == 0:
			return "endless: compiling does not end"
		case b.nobody && len(made.Actions) > 0:
			return "careless: something is wrong with the plan and nobody knows what, and it is not empty\n" + show(made)
		case b.nobody:
			return ""
		}
		return b.compare(honest, made)
	})
}

// blamer blames the same datasets whenever it sees them.
type blamer struct {
	salt   uint64
	rounds int
	nobody bool
	blamed map[string]bool // "job dataset"
}

func (b *blamer) rolls(text string, n uint32) bool {
	h := fnv.New32a()
	fmt.Fprint(h, b.salt, text)
	return (h.Sum32()>>8)%n == 0
}

func (b *blamer) verify(_ *config.Config, _ *observe.Inventory, p *plan.Plan) (found []plan.Violation) {
	if b.blamed == nil {
		b.blamed = map[string]bool{}
	}
	if b.rounds--; b.rounds <= 0 {
		b.rounds = 0
		return nil
	}
	for i := range p.Actions {
		a := &p.Actions[i]
		send, ok := a.Do.(plan.Send)
		if key := a.Job + " " + send.Dataset; ok && b.rolls(key, 4) {
			b.blamed[key] = true
			found = append(found, plan.Violation{Job: a.Job, Dataset: send.Dataset, Action: a.ID, Rule: "it rains"})
		}
	}
	if b.rolls("nobody", 10) && len(p.Actions) > 0 {
		b.nobody = true
		found = append(found, plan.Violation{Job: "nobody's", Dataset: "tank/nothing", Rule: "it pours"})
	}
	return found
}

// compare holds the plan without the blamed against the one with them.
func (b *blamer) compare(honest, made *plan.Plan) string {
	sends, places := sendsOf(made), map[string]string{}
	for _, a := range honest.Actions {
		if send, ok := a.Do.(plan.Send); ok {
			places[a.Job+" "+send.Dataset] = send.Target
		}
	}
	for key, to := range sendsOf(honest) {
		_, sent := sends[key]
		switch {
		case b.blamed[key] && sent:
			return fmt.Sprintf("blamed: %s is sent all the same\n%s", key, show(made))
		case b.blamed[key] || b.leansOn(key, places):
		case sends[key] != to:
			return fmt.Sprintf("unserved: %s has nothing to do with %v: %q instead of %q\n%safter\n%s", key, b.blamed, sends[key], to, show(made), show(honest))
		}
	}
	return ""
}

// leansOn says that a dataset's place lies below that of a blamed one, or that it is sent from its replica.
func (b *blamer) leansOn(key string, places map[string]string) bool {
	_, source, _ := strings.Cut(key, " ")
	for other := range b.blamed {
		if other != key && (zfs.Within(places[key], places[other]) || zfs.Within(source, places[other])) {
			return true
		}
	}
	return false
}

// sendsOf maps what a plan sends to the last snapshot that it brings.
func sendsOf(p *plan.Plan) map[string]string {
	all := map[string]string{}
	for _, a := range p.Actions {
		if send, ok := a.Do.(plan.Send); ok {
			all[a.Job+" "+send.Dataset] = send.To.Name
		}
	}
	return all
}
