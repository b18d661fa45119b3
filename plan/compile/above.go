package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// What lies above a place: filesystems up to the pool's root, there or to be made.

// parentUnusable refuses a place below something that cannot have children, or below a place that stays missing.
func (p *pair) parentUnusable() bool {
	m := p.job.there
	if p.dst == nil && zfs.Parent(p.place) == "" {
		p.refuseImpossible(p.place, "the pool itself, but no dataset of that name")
		return true
	}
	for up := zfs.Parent(p.place); p.dst == nil && up != ""; up = zfs.Parent(up) {
		q, d := m.byPlace[up], m.datasets[up]
		switch {
		case d != nil && d.Volume() || d == nil && q != nil && q.conflict == nil && q.makes && q.src.Volume():
			p.refuse(plan.TargetNotEmpty, map[string]any{"parent": up, "type": "volume"}, fmt.Sprintf("%s is a volume on the target, so %s cannot lie below it", up, p.place),
				p.elsewhere(m.free(up+".new")+p.place[len(up):]))
			return true
		case d != nil && unfinished(d) && q == nil:
			drop := ""
			if len(m.below(up)) == 0 {
				drop = "if nobody will finish it, " + p.onTarget(zfs.AbortReceive(up))
			}
			p.refuse(plan.Blocked, map[string]any{"parent": up}, fmt.Sprintf("%s would lie below %s, which is an unfinished receive that is none of any job's", p.place, up),
				ways(drop, p.elsewhere(m.free(up+".new")+p.place[len(up):])))
			return true
		case d != nil && !unfinished(d):
			return p.brokenAbove(up)
		case q != nil && q.conflict != nil:
			p.refuse(q.conflict.Code, map[string]any{"parent": q.source}, fmt.Sprintf("%s would lie below %s, which is missing on the target because of its own conflict", p.place, up),
				fmt.Sprintf("resolve the conflict of %s, and this one goes with it", q.source))
			return true
		}
	}
	return p.dst != nil && p.brokenAbove(p.place)
}

// brokenAbove refuses a place of which is said what cannot be: that something above a dataset that is there is not, or
// is a volume. That a pool's root is there goes without saying.
func (p *pair) brokenAbove(name string) bool {
	m := p.job.there
	for up := zfs.Parent(name); up != ""; up = zfs.Parent(up) {
		switch d := m.datasets[up]; {
		case d == nil && zfs.Parent(up) != "":
			p.refuseImpossible(name, "but not "+up+" above it")
			return true
		case d != nil && d.Volume():
			p.refuseImpossible(name, "below the volume "+up)
			return true
		}
	}
	return false
}

// refuseImpossible refuses a place of which the target says what cannot be.
func (p *pair) refuseImpossible(name, says string) {
	p.refuse(plan.Blocked, map[string]any{"dataset": name, "says": says},
		fmt.Sprintf("the target lists %s, %s, which cannot be: nothing of %s is touched", name, says, p.place),
		"see what is really there, "+p.onTarget([]string{"zfs", "list", "-r", "-o", "name,type,origin", zfs.Pool(p.place)}))
}

// unfinished says that a dataset is what a first receive has brought so far: it vanishes if that is dropped.
func unfinished(d *observe.Dataset) bool {
	return d.Resume != nil && len(d.Snapshots) == 0 && d.Properties["inconsistent"] != "0"
}
