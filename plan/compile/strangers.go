package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// What is set on a dataset is inherited by all that lies below it, and what is replaced or rolled back takes mountpoints
// along. So nothing is set, replaced or rolled back above what belongs to somebody else.

// strangers are the datasets below the place that are nobody's place and not asleep as replicas are.
func (p *pair) strangers() []string { return p.below(p.job.compiler.stranger) }

func (p *pair) below(is func(*machine, string) bool) []string {
	var all []string
	for _, name := range p.job.there.below(p.place) {
		if is(p.job.there, name) {
			all = append(all, name)
		}
	}
	return all
}

// stranger says that a dataset is no job's and may be in use: what is read-only and not mounted has nothing to lose.
func (c *compiler) stranger(m *machine, name string) bool {
	d := m.datasets[name].Properties
	switch {
	case c.lands(m, name):
		return false
	case d["mounted"] == "yes":
		return true
	}
	return d["readonly"] != "on" && !c.parent(m, name)
}

// unknown says that a dataset is no job's and was not put aside as hints say, be it asleep or not.
func (c *compiler) unknown(m *machine, name string) bool {
	return !c.lands(m, name) && (c.stranger(m, name) || !c.parent(m, name) && !setAside(name))
}

// parent says that a dataset was made to lie above the places of jobs.
func (c *compiler) parent(m *machine, name string) bool {
	d := m.datasets[name].Properties
	return d[placeMark] == name || d["canmount"] == "off" && c.leadsToPlace(m, name)
}

// lands says that a dataset is the place of some job, observed or not.
func (c *compiler) lands(m *machine, name string) bool {
	return m.byPlace[name] != nil || c.landsUnseen(m, name)
}

func (c *compiler) landsUnseen(m *machine, name string) bool {
	for _, j := range c.unseen {
		if machineKey(j) != m.key {
			continue
		}
		for _, e := range j.Datasets {
			if root := j.Place(e, e.Name); zfs.Within(name, root) && e.Covers(e.Name+name[len(root):]) {
				return true
			}
		}
	}
	return false
}

// leadsToPlace says that some job's place lies below a dataset.
func (c *compiler) leadsToPlace(m *machine, name string) bool {
	if m.leads == nil {
		m.leads = map[string]bool{}
		add := func(place string) {
			for _, up := range zfs.Ancestors(place) {
				m.leads[up] = true
			}
		}
		for place := range m.byPlace {
			add(place)
		}
		for _, j := range c.unseen {
			for _, e := range j.Datasets {
				if machineKey(j) == m.key {
					add(j.Place(e, e.Name))
				}
			}
		}
	}
	return m.leads[name]
}

// refuseReplacing refuses to replace what lies above strangers. Nothing unknown may live in a pool whose root is a place.
func (p *pair) refuseReplacing() bool {
	if unfinished(p.dst) {
		return p.refuseSetting() // nothing of it is there to be replaced
	}
	is := p.job.compiler.stranger
	if zfs.Parent(p.place) == "" {
		is = p.job.compiler.unknown
	}
	return p.refuseAbove(p.below(is), plan.TargetNotEmpty, "be replaced and given the properties of a replica", "")
}

// refuseSetting refuses to set properties that strangers would inherit.
func (p *pair) refuseSetting() bool {
	return p.refuseAbove(p.strangers(), plan.TargetNotEmpty, "be given properties", "")
}

// refuseUndoing refuses to roll back above strangers. A person may do it by hand.
func (p *pair) refuseUndoing(base *common) bool {
	all := p.strangers()
	if len(all) == 0 {
		return false
	}
	return p.refuseAbove(all, plan.Blocked, "be rolled back", "if what lies below can take that, "+p.onTarget(p.undo(base.at)...))
}

// refuseAbove refuses what would be done to the place, for what lives below it.
func (p *pair) refuseAbove(strangers []string, code plan.Code, what, byHand string) bool {
	if len(strangers) == 0 {
		return false
	}
	p.refuse(code, map[string]any{"below": anyOf(strangers)},
		fmt.Sprintf("%s on the target would %s, which reaches what lies below it and does not belong to zfsrep: %s", p.place, what, list(strangers)),
		ways(byHand, p.elsewhere(p.free()), p.poolBelow(), p.leftOut()))
	return true
}
