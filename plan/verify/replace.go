package verify

import (
	"slices"
	"strconv"

	"github.com/zfsrep/zfsrep/plan"
)

// Receiving in full into a dataset that is there takes everything away that it holds (receive -F). So it must be ours,
// or hold nothing at all.

// What an empty filesystem takes: bare with sectors of 4 KiB, up to wide on raidz. How much one takes proves nothing
// where somebody may have mounted it, as a small file may need no room of its own.
const (
	bare = 96 << 10
	wide = 512 << 10
)

// placeMark is set on the parents that zfsrep makes, to their name, so that what inherits it is not taken for one.
const placeMark = "zfsrep:place"

// replacedBy judges that the dataset may be replaced by a stream, and that it is said.
func (d *dataset) replacedBy(p *pair, s plan.Send) *fault {
	encrypted, _ := d.encrypted()
	raw, _ := p.raw()
	arriving, _ := p.src.encrypted()
	switch {
	case !s.Receive.Force:
		return d.taken()
	case encrypted:
		return wrong("%s is encrypted, and ZFS cannot replace that", d.name)
	case raw && arriving:
		return wrong("%s is not encrypted, and ZFS cannot replace it by what is", d.name)
	case d.kind != p.src.kind:
		return drift(d.name+" is a "+d.kind+" on "+d.on.title, "%s is a %s, and the source is a %s", d.name, d.kind, p.src.kind)
	case d.cloned():
		return drift(d.name+" is a clone on "+d.on.title, "%s is a clone, and ZFS cannot replace that", d.name)
	case d.prop("inconsistent") == "1":
		return wrong("%s holds an unfinished receive", d.name)
	case !d.nothing():
		return drift(d.name+" holds something on "+d.on.title, "%s may hold something that receive -F would take away", d.name)
	}
	return d.aboveStrangers("replaced")
}

func (d *dataset) cloned() bool {
	o := d.prop("origin")
	return o != "" && o != "-"
}

// nothing says that the dataset is one of our parents as we made it, or certainly empty.
func (d *dataset) nothing() bool {
	ours := d.prop(placeMark) == d.name
	if d.fresh {
		return ours
	}
	point := d.prop("mountpoint")
	sealed := d.prop("canmount") == "off" || point == "none" || point == "legacy"
	if d.kind == "volume" || d.prop("mounted") == "yes" || !sealed || slices.ContainsFunc(d.marks, func(b bookmark) bool { return !b.gone }) {
		return false
	}
	used, err := strconv.ParseInt(d.prop("usedbydataset"), 10, 64)
	return err == nil && (used <= bare || ours && used <= wide)
}
