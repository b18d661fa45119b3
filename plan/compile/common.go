package compile

import (
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// common is a version that both sides have, by GUID: what an incremental send can start from.
type common struct {
	zfs.Version      // as the source calls it
	bookmark    bool // only a bookmark is left of it on the source
	index       int  // position in the source's snapshots; -1 for a bookmark
	at          int  // position in the replica's snapshots
	onTarget    string
	origin      *pair // the version belongs to this pair, and the replica becomes a clone of it there
}

func (c *common) ref() plan.Ref {
	if c.origin != nil {
		return plan.Ref{Name: c.origin.source + "@" + c.Name, GUID: c.GUID}
	}
	if c.bookmark {
		return plan.BookmarkRef(c.Version)
	}
	return plan.SnapshotRef(c.Version)
}

// arrival is a snapshot on the replica as it will be.
type arrival struct {
	zfs.Snapshot
	sent bool // by this plan
}

// arrivals are the replica's snapshots as they are once a partial receive is finished or dropped: until then it is a
// hidden clone of the snapshot that it started from.
func arrivals(d *observe.Dataset) []arrival {
	all := make([]arrival, len(d.Snapshots))
	for i, s := range d.Snapshots {
		if d.Resume != nil && s.Clones > 0 && s.GUID == d.Resume.FromGUID {
			s.Clones--
		}
		all[i].Snapshot = s
	}
	return all
}

// findCommon finds the newest version of the source, in its createtxg order, that the replica has as a snapshot.
// Of a snapshot and a bookmark of the same GUID the snapshot serves, as every kind of send can start from it; of two
// bookmarks the one that holds the replica's IV set, as a raw send can start from that.
func findCommon(src, dst *observe.Dataset) *common {
	n, m := len(src.Snapshots), len(dst.Snapshots)
	if n > 0 && m > 0 && src.Snapshots[n-1].GUID == dst.Snapshots[m-1].GUID {
		return snapshotCommon(src, n-1, dst, m-1) // the usual night: both end alike
	}
	at := make(map[zfs.GUID]int, m)
	for i, s := range dst.Snapshots {
		at[s.GUID] = i
	}
	var best *common
	for i := n - 1; i >= 0 && best == nil; i-- {
		if k, ok := at[src.Snapshots[i].GUID]; ok {
			best = snapshotCommon(src, i, dst, k)
		}
	}
	for i := len(src.Bookmarks) - 1; i >= 0; i-- {
		b := src.Bookmarks[i]
		k, ok := at[b.GUID]
		if ok && (best == nil || b.CreateTXG > best.CreateTXG || best.bookmark && b.GUID == best.GUID && b.IvsetGUID == dst.Snapshots[k].IvsetGUID) {
			best = &common{Version: b.Version, bookmark: true, index: -1, at: k, onTarget: dst.Snapshots[k].Name}
		}
	}
	return best
}

func snapshotCommon(src *observe.Dataset, i int, dst *observe.Dataset, k int) *common {
	return &common{Version: src.Snapshots[i].Version, index: i, at: k, onTarget: dst.Snapshots[k].Name}
}
