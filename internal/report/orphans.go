package report

import (
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/plan"
)

// mostOrphans are listed one by one; plan.json has them all.
const mostOrphans = 12

// orphans lists the replicas that nothing is replicated into any more.
func (v *planView) orphans() {
	all := v.plan.Orphans
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(v.w, "\n"+v.s.bold("Orphans")+" (replicas of what is not replicated any more)")
	for i := range all[:min(len(all), mostOrphans)] {
		o := &all[i]
		text := fmt.Sprintf("%s on %s: %s, the newest %s of %s", o.Target, v.machine(o.Job, plan.Target), count(o.Snapshots, "snapshot"), o.Newest.Name, o.Newest.Creation.Format(time.DateOnly))
		if o.Used != nil {
			text += ", " + size(*o.Used)
		}
		bullet(v.w, "-", text, v.width, 2)
	}
	if more := len(all) - mostOrphans; more > 0 {
		bullet(v.w, "-", fmt.Sprintf("and %d more", more), v.width, 2)
	}
}
