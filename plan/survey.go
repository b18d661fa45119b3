package plan

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
)

// Replica is how far one replica is, as zfsrep status shows it.
type Replica struct {
	Job     string `json:"job"`
	Dataset string `json:"dataset"`
	Target  string `json:"target"`

	Newest       string     `json:"newest"`       // newest wanted snapshot of the source; "" if there is none
	NewestAt     *time.Time `json:"newestAt"`     // when it was taken
	Replicated   string     `json:"replicated"`   // newest snapshot that the replica has in common; "" if there is none
	ReplicatedAt *time.Time `json:"replicatedAt"` // when it was taken
	Pending      int        `json:"pending"`      // wanted snapshots that have yet to arrive
	PendingBytes *int64     `json:"pendingBytes,string"`
	Behind       int64      `json:"behindSeconds"` // from the newest replicated snapshot to the newest of the source
	Partial      bool       `json:"partial"`       // an interrupted transfer waits to be resumed
	Conflict     *Conflict  `json:"conflict"`
}

// Survey says how far each replica is, from the same decisions that make the plan.
func Survey(cfg *config.Config, inv *observe.Inventory, now time.Time) ([]Replica, error) {
	c, _, err := compile(cfg, inv, now)
	if err != nil {
		return nil, err
	}
	all := []Replica{}
	c.pairs(func(p *pair) { all = append(all, p.survey()) })
	return all, nil
}

func (p *pair) survey() Replica {
	r := Replica{Job: p.job.Name, Dataset: p.source, Target: p.place, Conflict: p.conflict}
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
