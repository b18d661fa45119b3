package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// send brings snapshots of the source to the replica.
func (r *replay) send(a *action, s plan.Send) *fault {
	p := r.pair(a.job, s.Dataset)
	c, f := r.load(a, p, s)
	if f == nil {
		f = p.asConfigured(s, c)
	}
	if f == nil {
		f = r.mayReceive(a, p, s, c)
	}
	if f == nil {
		f = p.keysFit(s, c)
	}
	if f != nil {
		return f
	}
	p.receive(a, c)
	return nil
}

// asConfigured judges that nothing travels that the config does not let out, nor in another form than it says.
func (p *pair) asConfigured(s plan.Send, c *cargo) *fault {
	raw, sure := p.raw()
	if s.Mode == plan.Resume {
		yes, known := p.src.encrypted()
		if sure && known && p.dst.partial != nil && p.dst.partial.Raw != (raw && yes) { // of plain data no stream is raw, whatever was asked for
			return wrong("it would go on in another raw mode than send.raw = %q", p.of.Send.Raw)
		}
	} else if sure && s.Flags.Raw != raw {
		return wrong("it is not sent as send.raw = %q says", p.of.Send.Raw)
	}
	if f := p.calm(s); f != nil {
		return f
	}
	for _, some := range c.snaps() {
		for i := range some {
			if !p.of.Snapshots.Matches(some[i].Name) {
				return wrong("@%s is not to be replicated", some[i].Name)
			}
		}
	}
	return nil
}

// loud are properties of the source that would act on the machine that has the replica.
var loud = []string{"canmount", "mountpoint", "sharenfs", "sharesmb", "zoned", "quota", "refquota", "reservation", "refreservation", "volmode", "snapdev"}

// calm judges that properties which come along take no effect there.
func (p *pair) calm(s plan.Send) *fault {
	for _, k := range loud {
		_, set := s.Receive.Set[k]
		if s.Flags.Properties && zfs.Applies(k, p.src.kind == "volume") && !set && !slices.Contains(s.Receive.Exclude, k) {
			return wrong("properties come along, and %s of the source would take effect", k)
		}
	}
	return nil
}

// receive lets the replica have the cargo.
func (p *pair) receive(a *action, c *cargo) {
	d := p.dst
	if d.partial != nil {
		d.endPartial()
	}
	if c.full || c.origin != nil {
		d.make(p.src.kind, a.Do.(plan.Send).Receive.Set)
	}
	if c.origin != nil {
		c.origin.snaps.use(c.originAt, use{clones: 1}) // the origin of a clone stays
	}
	for _, some := range c.snaps() {
		d.snaps.add(some, a)
	}
	d.first, d.written, d.changed = false, false, true
	p.arrived(c.last, a)
	for _, q := range d.readers() {
		q.fed(a)
	}
}

// endPartial ends an interrupted receive, whether it is finished or dropped. Until then it is a hidden clone of the
// snapshot that it started from.
func (d *dataset) endPartial() {
	from := d.partial.FromGUID
	d.partial = nil
	if pos := d.snaps.version(from); from != 0 && pos >= 0 {
		d.snaps.use(pos, use{clones: -1})
	}
}

// fits judges that the names of snapshots in the dataset, and of a receive in progress, are not too long.
func fits(dataset string, some [][]zfs.Snapshot) *fault {
	longest := 0
	for _, snaps := range some {
		for i := range snaps {
			longest = max(longest, len(snaps[i].Name))
		}
	}
	if !zfs.FitsName(dataset, longest) {
		return wrong("names in %s would be longer than ZFS allows (%d bytes, %d levels)", dataset, zfs.MaxName, zfs.MaxDepth)
	}
	return nil
}
