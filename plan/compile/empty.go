package compile

import (
	"fmt"
	"math"
	"strconv"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// What a first replication finds in its place is replaced (receive -F) only if that takes nothing away: it is a parent
// that zfsrep made, or holds nothing at all. How much a dataset occupies proves little, as an empty filesystem takes
// between 18 KiB and half a MiB of metadata, depending on sectors and parity: 24 KiB and 96 KiB with sectors of 512 bytes
// and 4 KiB without parity; with 4 KiB sectors 128 KiB on raidz1, 219 to 311 KiB on raidz2 (seen in openzfs/zfs#8163
// and #1089). So a size counts for a dataset that nobody can have open only, and it must be one that leaves no room.
const (
	emptySmall  = 24 << 10  // with sectors of 512 bytes
	emptyUsual  = 96 << 10  // with sectors of 4 KiB
	emptyWidest = 384 << 10 // with sectors of 4 KiB on any raidz
)

// placeMark is the property that says that a dataset was made by zfsrep as a parent and holds nothing. Its value is the
// dataset's name, so that what inherits it, or was renamed, is not taken for one.
const placeMark = "zfsrep:place"

// refuseNotEmpty refuses to replace a dataset that may hold something.
func (p *pair) refuseNotEmpty() bool {
	d := p.dst
	if unfinished(d) {
		return false // what an initial receive left behind: it has never held anything else, and is gone when that is dropped
	}
	why, clear := p.irreplaceable(), ""
	if d.Properties["inconsistent"] == "1" {
		clear = "if a zfs receive into it is still running, wait until it is done"
	}
	if why == "" {
		if why = p.contents(); why != "" {
			clear = p.declareEmpty()
		}
	}
	if why == "" {
		return false
	}
	destroy := ""
	if zfs.Parent(p.place) != "" && len(p.job.there.below(p.place)) == 0 {
		destroy = "if it is not needed, " + p.onTarget([]string{"zfs", "destroy", p.place})
	}
	p.refuse(plan.TargetNotEmpty, map[string]any{"used": d.Properties["usedbydataset"], "encryption": d.Properties["encryption"], "type": d.Type},
		fmt.Sprintf("%s exists on the target, has no snapshots, and cannot be replaced: %s", p.place, why),
		ways(clear, destroy, p.keepAside(), p.elsewhere(p.free()), p.poolBelow(), p.rootLeftOut()))
	return true
}

// irreplaceable says why ZFS would not replace the dataset, however empty it is.
func (p *pair) irreplaceable() string {
	d := p.dst
	switch origin := d.Properties["origin"]; {
	case d.Properties["inconsistent"] == "1":
		return "it holds an unfinished receive that is still running or cannot be resumed"
	case d.Encrypted():
		return "it is encrypted, and ZFS cannot replace an encrypted dataset"
	case p.raw() && p.src.Encrypted():
		return "it is not encrypted, and ZFS cannot replace it by an encrypted one"
	case zfs.Parent(p.place) == "" && p.src.Volume():
		return "it is the root of a pool, and a volume cannot take its place"
	case d.Type != p.src.Type:
		return fmt.Sprintf("it is a %s, and the source is a %s", d.Type, p.src.Type)
	case origin != "" && origin != "-":
		return "it is a clone of " + origin
	}
	return ""
}

// contents says what the dataset may hold, "" if it certainly holds nothing.
func (p *pair) contents() string {
	d := p.dst
	used, err := strconv.ParseInt(d.Properties["usedbydataset"], 10, 64)
	switch {
	case err != nil:
		return "how much it holds is not known"
	case d.Volume():
		return "it is a volume of " + bytesWords(used) + ", which may hold anything"
	case len(d.Bookmarks) > 0:
		return "it has bookmarks, so it has had snapshots"
	case d.Properties["mounted"] == "yes":
		return fmt.Sprintf("it is mounted, and %s in it may be somebody's", bytesWords(used))
	case !sealed(d):
		return fmt.Sprintf("it can be mounted, and %s in it may be somebody's", bytesWords(used))
	case used > p.job.there.emptyTakes(p.place, d.Properties[placeMark] == p.place):
		return "it holds " + bytesWords(used)
	case used > emptySmall && used != emptyUsual && d.Properties[placeMark] != p.place:
		return fmt.Sprintf("it holds %s, which is not what an empty filesystem usually takes, and zfsrep has not made it", bytesWords(used))
	}
	return ""
}

// sealed says that nobody can write into the filesystem as its properties are.
func sealed(d *observe.Dataset) bool {
	point := d.Properties["mountpoint"]
	return d.Properties["canmount"] == "off" || point == "none" || point == "legacy"
}

// emptyTakes bounds what an empty filesystem takes in the place's pool: no filesystem there takes less.
func (m *machine) emptyTakes(place string, marked bool) int64 {
	pool := zfs.Pool(place)
	least, asked := m.least[pool]
	if !asked {
		least = m.smallest(pool)
		m.least[pool] = least
	}
	if marked {
		return min(least, emptyWidest)
	}
	return min(least, emptyUsual)
}

// smallest is how much the smallest filesystem of a pool takes, among those that an empty one can be compared with.
func (m *machine) smallest(pool string) int64 {
	least := int64(math.MaxInt64)
	for _, name := range append([]string{pool}, m.below(pool)...) {
		d := m.datasets[name]
		if d == nil || d.Volume() || d.Encrypted() || unfinished(d) || d.Properties["origin"] != "-" || d.Properties["inconsistent"] == "1" {
			continue
		}
		if used, err := strconv.ParseInt(d.Properties["usedbydataset"], 10, 64); err == nil {
			least = min(least, max(used, emptySmall))
		}
	}
	return least
}

// declareEmpty makes the dataset one that is replaced, "" if that cannot be: what it holds is too much, or what lies
// below it would lose its mountpoint.
func (p *pair) declareEmpty() string {
	used, err := strconv.ParseInt(p.dst.Properties["usedbydataset"], 10, 64)
	if err != nil || p.dst.Volume() || len(p.dst.Bookmarks) > 0 || len(p.strangers()) > 0 || used > p.job.there.emptyTakes(p.place, true) {
		return ""
	}
	return "if nothing in it is needed, let it be replaced, " +
		p.onTarget([]string{"zfs", "set", "canmount=off", "mountpoint=none", placeMark + "=" + p.place, p.place})
}
