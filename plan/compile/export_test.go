package compile

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// CheckChanged makes a plan, lets somebody change it, and checks the result.
func CheckChanged(cfg *config.Config, inv *observe.Inventory, now time.Time, change func(*plan.Plan)) error {
	c, p, err := compile(cfg, inv, now)
	if err != nil {
		return err
	}
	change(p)
	return check(c, p)
}

// Finals are the snapshots of every dataset of one side as they are once the plan has run, by dataset.
func Finals(cfg *config.Config, inv *observe.Inventory, now time.Time, side plan.Side) (map[string][]string, error) {
	c, p, err := compile(cfg, inv, now)
	if err != nil {
		return nil, err
	}
	m := newReplay(c)
	for i := range p.Actions {
		if rule := m.judge(&p.Actions[i]); rule != "" {
			return nil, &InvariantError{Action: p.Actions[i].ID, Rule: rule, Plan: p}
		}
	}
	finals := map[string][]string{}
	for _, a := range p.Actions {
		if d, ok := a.Do.(CreateDataset); ok && d.Side == side {
			finals[d.Dataset] = nil
		}
	}
	for _, j := range c.jobs {
		all := j.source.Datasets
		if side == plan.Target {
			all = j.target.Datasets
		}
		for name := range all {
			finals[name] = nil
		}
		for _, p := range j.ordered {
			finals[map[plan.Side]string{Source: p.source, Target: p.place}[side]] = nil
		}
		for name := range finals {
			for _, s := range m.at(side, j.Name, name).snaps {
				finals[name] = append(finals[name], s.GUID.String())
			}
		}
	}
	return finals, nil
}
