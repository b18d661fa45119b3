package verify

import (
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// claim is what a replica still needs of its source that nobody looked at: its job was not observed, its disk is in a
// drawer, or another config has it. Its marks say how far it is; everything newer has yet to arrive there.
type claim struct {
	after uint64          // in the order of the source
	base  zfs.GUID        // what it has, if the mark of that has no IV set; 0: it has one, or there is none
	wants []config.Filter // what it wants of that; nil: everything
	title string
}

// pending judges that no snapshot is pruned that a replica has yet to get.
func (r *replay) pending(a *action, d *dataset, going []int) *fault {
	for _, p := range d.readers() {
		if !p.looked() {
			continue
		}
		l := p.newest(a)
		if l == nil {
			return wrong("%s and %s of job %s have nothing in common yet", d.name, p.dst.name, p.of.Name)
		}
		for _, pos := range going {
			if s := d.snaps.at(pos); d.order(pos) > l.order && p.of.Snapshots.Matches(s.Name) {
				return wrong("@%s has yet to arrive in %s of job %s", s.Name, p.dst.name, p.of.Name)
			}
		}
	}
	for _, c := range d.claimed() {
		for _, pos := range going {
			switch s := d.snaps.at(pos); {
			case d.order(pos) > c.after && c.matches(s.Name):
				return wrong("@%s has yet to arrive in %s, as far as its marks tell", s.Name, c.title)
			case s.GUID == c.base && s.IvsetGUID != 0:
				return wrong("@%s is what %s has, and no raw stream can start from its mark", s.Name, c.title)
			}
		}
	}
	return nil
}

func (c *claim) matches(snapshot string) bool {
	for _, f := range c.wants {
		if f.Matches(snapshot) {
			return true
		}
	}
	return c.wants == nil
}

// claimed are the claims on the dataset. Those who have marks of their own are told apart by pool and place; who has none
// may have any of the old ones, and without one nothing says what has arrived there.
func (d *dataset) claimed() []claim {
	if d.claims != nil {
		return *d.claims
	}
	all := []claim{}
	known := map[owner]bool{} // those whose replicas were looked at
	var unseen []*pair
	for _, p := range d.readers() {
		if !p.looked() {
			unseen = append(unseen, p)
			continue
		}
		own, _ := p.own()
		known[own], known[p.ofOld()] = true, true
	}
	newest := map[owner]claim{}
	var order []owner
	for _, b := range d.marks {
		m, ok := readMark(b.Name, b.GUID)
		if !ok || b.by != nil || known[m.owner] {
			continue
		}
		c := claim{after: b.CreateTXG}
		if m.first && c.after > 0 {
			c.after--
		}
		if b.IvsetGUID == 0 {
			c.base = b.GUID
		}
		old, seen := newest[m.owner]
		if !seen {
			order = append(order, m.owner)
		}
		if !seen || c.after >= old.after {
			newest[m.owner] = c
		}
	}
	for _, o := range order {
		if c := newest[o]; o.pool != 0 {
			c.wants, c.title = d.wishes(o.tag), "the pool with the GUID "+o.pool.String()
			all = append(all, c)
		}
	}
	for _, p := range unseen {
		if c, marked := p.ownClaim(newest); !marked {
			c.wants, c.title = []config.Filter{p.of.Snapshots}, p.dst.name+" of job "+p.of.Name
			all = append(all, c)
		}
	}
	d.claims = &all
	return all
}

// wishes are the filters of the jobs that replicate the dataset to a place of that hash, nil if none does.
func (d *dataset) wishes(tag string) []config.Filter {
	var all []config.Filter
	for _, p := range d.readers() {
		if p.tag() == tag {
			all = append(all, p.of.Snapshots)
		}
	}
	return all
}

// ownClaim is how far the pair's replica is by marks that do not name its pool. marked says that there are some that do.
func (p *pair) ownClaim(newest map[owner]claim) (c claim, marked bool) {
	for o := range newest {
		if o.pool != 0 && o.tag == p.tag() {
			return c, true
		}
	}
	if c, ok := newest[p.ofOld()]; ok {
		return c, false
	}
	return newest[owner{}], false
}
