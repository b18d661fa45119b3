package zfs

import (
	"strconv"
	"time"
)

// GUID identifies a snapshot or bookmark wherever it is: receiving preserves it, renaming does not change it
// (dmu_recv_end_sync in module/zfs/dmu_recv.c). 0 is no GUID. In JSON it is a string, because 64 bits do not fit a
// JSON number; fields carry the tag ",string" for reading.
type GUID uint64

func (g GUID) String() string { return strconv.FormatUint(uint64(g), 10) }

// MarshalJSON writes a string, null for no GUID.
func (g GUID) MarshalJSON() ([]byte, error) {
	if g == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + g.String() + `"`), nil
}

// Version is a point in a dataset's history: a snapshot, or a bookmark of one.
type Version struct {
	Name      string    `json:"name"` // without the dataset and without @ or #
	GUID      GUID      `json:"guid,string"`
	CreateTXG uint64    `json:"createtxg,string"` // orders the versions of one dataset on one machine, good for nothing else
	Creation  time.Time `json:"creation"`         // preserved by receiving, one second fine
	IvsetGUID GUID      `json:"ivsetGuid,string"` // of an encrypted snapshot: equal on both sides for a raw incremental; 0 if unknown
}

// Snapshot is a version whose data is there.
type Snapshot struct {
	Version
	Holds      int   `json:"holds"`                       // userrefs
	Clones     int   `json:"clones"`                      // numclones
	Written    int64 `json:"written,string,omitempty"`    // bytes new since the snapshot before it
	Referenced int64 `json:"referenced,string,omitempty"` // bytes a full send would carry; 0: both sizes are unknown
}

// Bookmark is a version that can be the base of an incremental send and has no data.
type Bookmark struct{ Version }
