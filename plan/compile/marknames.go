package compile

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// A mark is a bookmark on a source that says how far one replica is. Its name holds the snapshot's GUID, the GUID of
// the receiving pool and a hash of the place within that pool:
//
//	zfsrep_<snapshot GUID>_<pool GUID>_<8 hex digits>        this version is on that replica
//	zfsrep_<snapshot GUID>_<pool GUID>_<8 hex digits>_first  from this one on everything is still to be sent there
//
// Nothing that a person may rename (a job, a host, a pool) is part of it, and two disks that take turns under one pool
// name have marks of their own. Where the pool's GUID is not known, and before there were GUIDs, marks are called
//
//	zfsrep_<snapshot GUID>                     when one job replicated the dataset
//	zfsrep_<snapshot GUID>_<8 hex digits>      of several: a hash of host, port and place
const (
	markPrefix  = "zfsrep_"
	firstSuffix = "_first"
)

// mark is a bookmark with what its name says.
type mark struct {
	zfs.Bookmark
	family        // whose it is
	first  bool   // nothing has arrived there yet, and this is what comes first
	txg    uint64 // everything up to here is on the replica
}

// family is the replica that marks speak of.
type family struct {
	pool zfs.GUID // 0: the name does not say
	tag  string   // 8 hex digits; "" in the oldest names
}

// readMark reads a bookmark's name; ok is false for what is none of ours.
func readMark(b zfs.Bookmark) (m mark, ok bool) {
	rest, ours := strings.CutPrefix(b.Name, markPrefix)
	rest, first := strings.CutSuffix(rest, firstSuffix)
	parts := strings.Split(rest, "_")
	if !ours || parts[0] != b.GUID.String() || len(parts) > 3 || first && len(parts) != 3 {
		return m, false
	}
	m = mark{Bookmark: b, first: first, txg: b.CreateTXG}
	if first {
		m.txg--
	}
	if len(parts) > 1 {
		m.tag = parts[len(parts)-1]
		if _, err := strconv.ParseUint(m.tag, 16, 32); err != nil || len(m.tag) != 8 {
			return m, false
		}
	}
	if len(parts) == 3 {
		pool, err := strconv.ParseUint(parts[1], 10, 64)
		if err != nil || pool == 0 {
			return m, false
		}
		m.pool = zfs.GUID(pool)
	}
	return m, true
}

// name is the bookmark's name for a version.
func (f family) name(of zfs.GUID) string {
	switch {
	case f.pool != 0:
		return fmt.Sprintf("%s%s_%s_%s", markPrefix, of, f.pool, f.tag)
	case f.tag != "":
		return fmt.Sprintf("%s%s_%s", markPrefix, of, f.tag)
	}
	return markPrefix + of.String()
}

// family is that of the pair's replica, as long as its pool is known by its GUID.
func (p *pair) family() family {
	return family{pool: p.targetPool().GUID, tag: placeTag(p.place)}
}

// oldFamily is what the pair's marks were called before they named the pool.
func (p *pair) oldFamily() family {
	return family{tag: tag(fmt.Sprintf("%s:%d/%s", p.job.RemoteHost, p.job.RemotePort, p.place))}
}

// placeTag is a place within its pool.
func placeTag(place string) string {
	_, within, _ := strings.Cut(place, "/")
	return tag(within)
}

func tag(text string) string {
	h := fnv.New32a()
	h.Write([]byte(text))
	return fmt.Sprintf("%08x", h.Sum32())
}
