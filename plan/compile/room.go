package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// checkRoom warns when what is to be sent seems not to fit. It is an estimate on both sides, so it stops nothing.
func (p *pair) checkRoom() {
	var need int64
	for _, n := range p.data {
		if s, ok := n.Do.(plan.Send); ok && s.Bytes != nil {
			need += *s.Bytes
		}
	}
	if free := p.targetPool().Free; free > 0 && need > free {
		p.warn("%s are to be sent, and the pool %s on the target has %s free", bytesWords(need), zfs.Pool(p.place), bytesWords(free))
		return
	}
	name, d := p.place, p.dst
	for d == nil && name != "" {
		name = zfs.Parent(name)
		d = p.job.there.datasets[name]
	}
	if d == nil {
		return
	}
	if available := d.Properties["available"]; available != "" && available != "-" && need > atoi(available) {
		p.warn("%s are to be sent, and %s on the target has %s available: a quota may be in the way", bytesWords(need), name, bytesWords(atoi(available)))
	}
}

// refuseQuota refuses a rollback to what the replica's refquota does not allow, as ZFS does (module/zfs/dsl_dataset.c,
// dsl_dataset_rollback_check). Such a quota mostly came with a stream.
func (p *pair) refuseQuota(base *common) bool {
	to, quota := p.dst.Snapshots[base.at], atoi(p.dst.Properties["refquota"])
	if quota <= 0 || to.Referenced <= quota {
		return false
	}
	p.refuse(plan.Blocked, map[string]any{"refquota": p.dst.Properties["refquota"], "snapshot": to.Name, "holds": bytesWords(to.Referenced)},
		fmt.Sprintf("the replica %s must be rolled back to @%s, which holds %s, and ZFS refuses that while its refquota is %s", p.place, to.Name, bytesWords(to.Referenced), bytesWords(quota)),
		"take the refquota away, "+p.onTarget(zfs.SetProperty(p.place, "refquota", "none")))
	return true
}
