package verify

import (
	"fmt"
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// most is how many changes Stale tells one by one.
const most = 3

// Stale holds a saved plan against a fresh look at the machines, and says in a few words each what has changed since it
// was made, as far as that is in the plan's way: "tank/a got @x on box@192.168.1.15". It is empty if the plan still fits.
func Stale(cfg *config.Config, inv *observe.Inventory, p *plan.Plan) []string {
	var since []string
	for _, f := range find(cfg, inv, p, p != nil && slices.ContainsFunc(p.Actions, ofSnapshots)) {
		phrase := f.since
		if phrase == "" {
			phrase = f.dataset + ": " + f.rule
		}
		if !slices.Contains(since, phrase) {
			since = append(since, phrase)
		}
	}
	if more := len(since) - most; more > 0 {
		since = append(since[:most:most], fmt.Sprintf("and %d more", more))
	}
	return since
}

func ofSnapshots(a plan.Action) bool { return a.Job == plan.SnapshotJob }
