// Package observe asks the machines what is there and puts the answers into an [Inventory]. Everything it runs is
// read-only; each machine is asked once for all jobs, with a constant number of commands, however many datasets there are.
package observe

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// InventoryVersion is the format of inventory.json.
const InventoryVersion = 1

// Inventory is what was seen on both sides of every job. The planner knows nothing else of the world.
type Inventory struct {
	Version    int             `json:"version"`
	ObservedAt time.Time       `json:"observedAt"`
	Jobs       map[string]Pair `json:"jobs"`
}

// Pair is the two sides of one job.
type Pair struct {
	Source Side `json:"source"`
	Target Side `json:"target"`
}

// Side is one machine, as far as a job is concerned.
type Side struct {
	ZFSVersion string              `json:"zfsVersion"`
	Now        time.Time           `json:"now,omitzero"` // the machine's own clock; zero: unknown
	Pools      map[string]Pool     `json:"pools"`
	Datasets   map[string]*Dataset `json:"datasets"` // what does not exist is absent
}

// Pool is a pool that a job sends from or receives into.
type Pool struct {
	GUID     zfs.GUID `json:"guid,string,omitempty"` // 0: unknown
	Free     int64    `json:"free,string"`           // bytes
	Readonly bool     `json:"readonly"`              // imported read-only
	Health   string   `json:"health"`
	Features []string `json:"features"` // enabled or active, without "feature@"
}

// Has says that the pool has the feature. A pool whose features are unknown has them all.
func (p Pool) Has(feature string) bool {
	return len(p.Features) == 0 || slices.Contains(p.Features, feature)
}

// Dataset is a filesystem or volume with its history, oldest version first: by createtxg, and by name where that is equal.
type Dataset struct {
	Type       string            `json:"type"`
	GUID       zfs.GUID          `json:"guid,string"`
	Properties map[string]string `json:"properties"`     // as zfs get -p prints them; a missing one is unknown, or a user property that is not set
	Local      []string          `json:"local,omitzero"` // of readonly and receive.properties those that were set on the dataset itself; nil: unknown
	Snapshots  []zfs.Snapshot    `json:"snapshots"`
	Bookmarks  []zfs.Bookmark    `json:"bookmarks"`
	Resume     *Resume           `json:"resume"`
}

// Encrypted says that the dataset is stored encrypted.
func (d *Dataset) Encrypted() bool {
	e := d.Properties["encryption"]
	return e != "" && e != "off" && e != "-"
}

// KeyUnavailable says that the dataset's key is known not to be loaded.
func (d *Dataset) KeyUnavailable() bool { return d.Properties["keystatus"] == "unavailable" }

// SetHere says that the property was set on the dataset itself: it is neither inherited nor received nor the default.
func (d *Dataset) SetHere(property string) bool { return slices.Contains(d.Local, property) }

// Volume says that the dataset is a zvol.
func (d *Dataset) Volume() bool { return d.Type == "volume" }

// Resume is a partial receive, with what its token says. The token is the receiver's word and proves nothing.
type Resume struct {
	Token    string   `json:"token"`
	ToGUID   zfs.GUID `json:"toGuid,string"`
	ToName   string   `json:"toName"`
	FromGUID zfs.GUID `json:"fromGuid,string"` // 0: a full send
	Bytes    int64    `json:"bytes,string"`    // already received
	Raw      bool     `json:"raw"`
	Busy     bool     `json:"busy"` // the receive is still running
}

// ReadInventory reads inventory.json.
func ReadInventory(data []byte) (*Inventory, error) {
	if v := gjson.GetBytes(data, "version"); v.Exists() && v.Int() != InventoryVersion {
		return nil, fmt.Errorf("cannot read the inventory: it has version %s, this zfsrep reads version %d", v, InventoryVersion)
	}
	inv, err := decode(data)
	if err != nil {
		return nil, err
	}
	for _, pair := range inv.Jobs {
		listing(pair.Source.Datasets).sort()
		listing(pair.Target.Datasets).sort()
	}
	return inv, nil
}

// sort puts every history in order, however it was made: zfs list gives bookmarks by name, and a file may have been
// written by hand. Bookmarks of one snapshot share its createtxg, and their names decide.
func (l listing) sort() {
	for _, d := range l {
		sortVersions(d.Snapshots, func(v zfs.Snapshot) zfs.Version { return v.Version })
		sortVersions(d.Bookmarks, func(v zfs.Bookmark) zfs.Version { return v.Version })
	}
}

func sortVersions[T any](all []T, version func(T) zfs.Version) {
	older := func(a, b T) int {
		v, w := version(a), version(b)
		return cmp.Or(cmp.Compare(v.CreateTXG, w.CreateTXG), cmp.Compare(v.Name, w.Name))
	}
	if !slices.IsSortedFunc(all, older) { // most are, and there may be millions
		slices.SortStableFunc(all, older)
	}
}
