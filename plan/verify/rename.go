package verify

import (
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// rename gives a replica, and all below it, another name.
func (r *replay) rename(a *action, s plan.Rename) *fault {
	from, to := a.on, a.on.on.at(s.To)
	switch {
	case !from.exists:
		return from.missing()
	case to.exists:
		return to.taken()
	case zfs.CheckDatasetName(s.To) != nil:
		return wrong("%q is no name for a dataset", s.To)
	case from.up() == nil || zfs.Pool(from.name) != zfs.Pool(to.name):
		return wrong("a dataset stays in its pool, and a pool's root keeps its name")
	case to.within(from):
		return wrong("%s would lie in itself", from.name)
	case s.Volume != (from.kind == "volume"):
		return wrong("zfs rename -u is for filesystems only")
	}
	if f := from.on.unfit(from.name); f != nil {
		return f
	}
	if f := to.hasParent(); f != nil {
		return f
	}
	moved := append(from.on.below(from.name), from)
	for _, d := range moved {
		if f := d.mayMove(a, from, s.To); f != nil {
			return f
		}
	}
	for _, d := range moved {
		d.moveTo(from.on.at(s.To + strings.TrimPrefix(d.name, from.name)))
	}
	return nil
}

// mayMove judges that one of the datasets which a renaming takes along can go, and that no replica leaves its place.
func (d *dataset) mayMove(a *action, from *dataset, to string) *fault {
	switch {
	case d != from && d.stranger():
		return drift(d.name+" is on "+d.on.title, "%s would be renamed with it and is none of ours", d.name)
	case d.partial != nil && d.partial.Busy:
		return drift("a transfer into "+d.name+" is running on "+d.on.title, "the receive into %s is still running", d.name)
	}
	for _, p := range d.pairs() {
		if p.looked() && p.newest(a) != nil {
			return wrong("%s is where %s of job %s belongs, and has versions in common with it", p.dst.name, p.src.name, p.of.Name)
		}
	}
	return fits(to+strings.TrimPrefix(d.name, from.name), d.snaps.span(0, d.snaps.top()))
}

// moveTo makes the dataset the one of another name, and leaves nothing behind.
func (d *dataset) moveTo(to *dataset) {
	name, asked, ties := to.name, to.asked, to.ties
	*to = *d
	to.name, to.asked, to.ties, to.claims = name, asked, ties, nil
	to.on.made = append(to.on.made, to)
	d.vanish()
	for _, p := range to.pairs() {
		p.linked, p.links = false, nil // looked for anew in what has come
	}
}
