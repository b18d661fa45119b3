// Package observe asks both machines what is there and puts the answers into an [Inventory]. Everything it runs is
// read-only, and it runs a constant number of commands per side, however many datasets there are.
package observe

import (
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// InventoryVersion is the format of inventory.json.
const InventoryVersion = 1

// Inventory is what was seen on both sides of every job. The planner knows nothing else of the world.
type Inventory struct {
	ObservedAt time.Time
	Jobs       map[string]Pair
}

// Pair is the two sides of one job.
type Pair struct{ Source, Target Side }

// Side is one machine, as far as a job is concerned.
type Side struct {
	ZFSVersion string
	Pools      map[string]Pool
	Datasets   map[string]*Dataset // what does not exist is absent
}

// Pool is a pool that a job sends from or receives into.
type Pool struct {
	Free     int64 // bytes
	Readonly bool  // imported read-only
	Health   string
	Features []string // enabled or active, without "feature@"
}

// Has says that the pool has the feature. A pool whose features are unknown has them all.
func (p Pool) Has(feature string) bool {
	if len(p.Features) == 0 {
		return true
	}
	for _, f := range p.Features {
		if f == feature {
			return true
		}
	}
	return false
}

// Dataset is a filesystem or volume with its history, oldest version first (createtxg).
type Dataset struct {
	Type       string
	GUID       zfs.GUID
	Properties map[string]string // as zfs get -p prints them; a missing one is unknown
	Snapshots  []zfs.Snapshot
	Bookmarks  []zfs.Bookmark
	Resume     *Resume
}

// Encrypted says that the dataset is stored encrypted.
func (d *Dataset) Encrypted() bool {
	e := d.Properties["encryption"]
	return e != "" && e != "off" && e != "-"
}

// KeyUnavailable says that the dataset's key is known not to be loaded.
func (d *Dataset) KeyUnavailable() bool { return d.Properties["keystatus"] == "unavailable" }

// Volume says that the dataset is a zvol.
func (d *Dataset) Volume() bool { return d.Type == "volume" }

// Resume is a partial receive, its token decoded on the source.
type Resume struct {
	Token    string
	ToGUID   zfs.GUID
	ToName   string
	FromGUID zfs.GUID // 0: a full send
	Bytes    int64    // already received
	Raw      bool
	Busy     bool // the receive is still running
}
