package compile

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// Survey says how far each replica is, from the same decisions that make the plan.
func Survey(cfg *config.Config, inv *observe.Inventory, now time.Time, verify Verifier) ([]plan.Replica, error) {
	c, _, err := compile(cfg, inv, now, verify)
	if err != nil {
		return nil, err
	}
	all := []plan.Replica{}
	for _, p := range c.ordered {
		all = append(all, p.survey())
	}
	return all, nil
}

func (p *pair) survey() plan.Replica {
	r := plan.Replica{Job: p.job.Name, Dataset: p.source, Target: p.place, Conflict: p.conflict}
	p.src = p.job.here.datasets[p.source] // as it is, not as it will be
	if p.src == nil {
		return r
	}
	var base *common
	if p.dst != nil {
		base = findCommon(p.src, p.dst)
		r.Partial = p.dst.Resume != nil
	}
	wanted := p.wanted()
	if n := len(wanted); n > 0 {
		r.Newest, r.NewestAt = wanted[n-1].Name, &wanted[n-1].Creation
	}
	var bytes int64
	sized := true
	for _, s := range wanted {
		if base == nil || s.CreateTXG > base.CreateTXG {
			r.Pending++
			bytes += s.Written
			sized = sized && s.Referenced > 0
		}
	}
	if sized {
		r.PendingBytes = &bytes
	}
	if base != nil {
		r.Replicated, r.ReplicatedAt = base.Name, &base.Creation
		if r.NewestAt != nil && r.Pending > 0 {
			r.Behind = int64(r.NewestAt.Sub(base.Creation).Seconds())
		}
	}
	return r
}
