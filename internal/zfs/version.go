package zfs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// GUID identifies a snapshot or bookmark wherever it is: receiving preserves it, renaming does not change it
// (dmu_recv_end_sync in module/zfs/dmu_recv.c). In JSON it is a string, because 64 bits do not fit a JSON number.
type GUID uint64

func (g GUID) String() string { return strconv.FormatUint(uint64(g), 10) }

// MarshalJSON writes the GUID as a string.
func (g GUID) MarshalJSON() ([]byte, error) { return []byte(`"` + g.String() + `"`), nil }

// UnmarshalJSON reads a string or a number.
func (g *GUID) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	} else {
		s = string(b)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return fmt.Errorf("cannot read %q as a GUID", s)
	}
	*g = GUID(n)
	return nil
}

// Version is a point in a dataset's history: a snapshot, or a bookmark of one.
type Version struct {
	Name      string // without the dataset and without @ or #
	GUID      GUID
	CreateTXG uint64    // orders the versions of one dataset on one machine, and is good for nothing else
	Creation  time.Time // preserved by receiving, one second fine
	IvsetGUID GUID      // of an encrypted snapshot: must be equal on both sides for a raw incremental; 0 if unknown
}

// Snapshot is a version whose data is there.
type Snapshot struct {
	Version
	Holds      int   // userrefs
	Clones     int   // numclones
	Written    int64 // bytes that are new since the snapshot before it; -1 if unknown
	Referenced int64 // bytes that a full send would carry; -1 if unknown
}

// Bookmark is a version that can be the base of an incremental send and has no data.
type Bookmark struct{ Version }
