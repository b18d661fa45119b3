package config

import (
	"github.com/zfsrep/zfsrep/internal/retention"
)

func (r *reader) retention(dst *Retention) field {
	return func(n node) {
		r.object(n, fields{
			"source": nullable(r.policy(&dst.Source)),
			"target": nullable(r.policy(&dst.Target)),
		}, nil)
	}
}

// policy reads which snapshots stay on one side.
func (r *reader) policy(dst **retention.Policy) field {
	return func(n node) {
		before := len(r.found)
		p := DefaultPolicy()
		count := func(n *int) field { return nullable(r.integer(n, 0, unbounded, "0 or null is no such rule")) }
		m := r.object(n, fields{
			"match":   r.strings(&p.Match, checkSnapshotGlob),
			"last":    count(&p.Last),
			"within":  nullable(r.duration(&p.Within)),
			"hourly":  count(&p.Hourly),
			"daily":   count(&p.Daily),
			"weekly":  count(&p.Weekly),
			"monthly": count(&p.Monthly),
			"yearly":  count(&p.Yearly),
		}, nil)
		switch {
		case len(r.found) > before:
		case len(p.Match) == 0:
			r.fail(m["match"], "matches no snapshot", `write ["*"] for all, or null instead of the policy to prune nothing`)
		case p.Empty():
			r.fail(n, "has no rule: every snapshot it matches would go",
				"add last, within, hourly, daily, weekly, monthly or yearly; or write null to prune nothing")
		}
		*dst = &p
	}
}
