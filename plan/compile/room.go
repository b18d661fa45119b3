package compile

import (
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
