package verify

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// abort drops what an interrupted transfer has brought. What a first one began vanishes with it.
func (r *replay) abort(a *action) *fault {
	d := a.on
	switch {
	case !d.exists:
		return d.missing()
	case d.partial == nil:
		return drift("the interrupted transfer into "+d.name+" is gone from "+d.on.title, "there is no interrupted receive")
	case d.partial.Busy:
		return drift("a transfer into "+d.name+" is running on "+d.on.title, "the receive is still running")
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	if !d.first {
		d.endPartial()
		return nil
	}
	if below := d.on.below(d.name); len(below) > 0 {
		return drift(below[0].name+" is on "+d.on.title, "%s would vanish, and %s lies below it", d.name, below[0].name)
	}
	if dataset, sep, _ := zfs.SplitVersion(d.prop("origin")); sep == '@' {
		o := d.on.at(dataset)
		if pos := o.snaps.version(d.partial.FromGUID); pos >= 0 {
			o.snaps.use(pos, use{clones: -1})
		}
	}
	d.vanish()
	return nil
}
