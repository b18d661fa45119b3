package observe

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// decode reads inventory.json. A recorded inventory may hold millions of versions in hundreds of megabytes, for which
// encoding/json with its reflection takes several times as long; so the four levels that repeat are read by hand, over
// the scanner of scan.go. Unknown fields are skipped: they may be added.
func decode(data []byte) (inv *Inventory, err error) {
	s := &scanner{data: data, names: map[string]string{}}
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(syntaxError)
			if !ok {
				panic(r)
			}
			inv, err = nil, fmt.Errorf("cannot read the inventory: at byte %d: %s", bad.at, bad.what)
		}
	}()
	inv = &Inventory{Jobs: map[string]Pair{}}
	s.object(func(key []byte) {
		switch string(key) {
		case "version":
			inv.Version = int(s.integer())
		case "observedAt":
			inv.ObservedAt = s.time()
		case "jobs":
			s.object(func(key []byte) {
				name := s.name(key)
				inv.Jobs[name] = s.pair()
			})
		default:
			s.skip()
		}
	})
	s.end()
	return inv, nil
}

func (s *scanner) pair() (p Pair) {
	s.object(func(key []byte) {
		switch string(key) {
		case "source":
			p.Source = s.side()
		case "target":
			p.Target = s.side()
		default:
			s.skip()
		}
	})
	return p
}

func (s *scanner) side() (side Side) {
	side.Datasets = map[string]*Dataset{}
	s.object(func(key []byte) {
		switch string(key) {
		case "zfsVersion":
			side.ZFSVersion = s.text()
		case "now":
			side.Now = s.time()
		case "pools":
			s.rest(&side.Pools)
		case "datasets":
			s.object(func(key []byte) {
				name := string(key)
				side.Datasets[name] = s.dataset()
			})
		default:
			s.skip()
		}
	})
	return side
}

func (s *scanner) dataset() *Dataset {
	d := &Dataset{Properties: map[string]string{}, Snapshots: []zfs.Snapshot{}, Bookmarks: []zfs.Bookmark{}}
	s.object(func(key []byte) {
		switch string(key) {
		case "type":
			d.Type = s.text()
		case "guid":
			d.GUID = s.guid()
		case "properties":
			s.object(func(key []byte) {
				name := s.name(key)
				d.Properties[name] = s.text()
			})
		case "local":
			s.rest(&d.Local)
		case "snapshots":
			d.Snapshots = s.snapshots()
		case "bookmarks":
			for _, b := range s.snapshots() {
				d.Bookmarks = append(d.Bookmarks, zfs.Bookmark{Version: b.Version})
			}
		case "resume":
			s.rest(&d.Resume)
		default:
			s.skip()
		}
	})
	return d
}

// snapshots reads a list of snapshots, or of bookmarks, which have some fields less.
func (s *scanner) snapshots() []zfs.Snapshot {
	s.scratch = s.scratch[:0]
	s.array(func() {
		s.scratch = append(s.scratch, zfs.Snapshot{})
		v := &s.scratch[len(s.scratch)-1]
		s.object(func(key []byte) { s.snapshotField(v, key) })
	})
	return append([]zfs.Snapshot{}, s.scratch...)
}

func (s *scanner) snapshotField(v *zfs.Snapshot, key []byte) {
	switch string(key) {
	case "name":
		v.Name = s.text()
	case "guid":
		v.GUID = s.guid()
	case "createtxg":
		v.CreateTXG = s.unsigned()
	case "creation":
		v.Creation = s.time()
	case "ivsetGuid":
		v.IvsetGUID = s.guid()
	case "holds":
		v.Holds = int(s.integer())
	case "clones":
		v.Clones = int(s.integer())
	case "written":
		v.Written = s.integer()
	case "referenced":
		v.Referenced = s.integer()
	default:
		s.skip()
	}
}

func (s *scanner) guid() zfs.GUID { return zfs.GUID(s.unsigned()) }

// unsigned reads a number, or a string that holds one; null is 0.
func (s *scanner) unsigned() uint64 {
	at, raw := s.at, s.scalar()
	var n uint64
	for _, c := range raw {
		digit := uint64(c - '0')
		if digit > 9 || n > (1<<64-1-digit)/10 {
			s.fail(at, fmt.Sprintf("%q is not a 64-bit number", raw))
		}
		n = n*10 + digit
	}
	return n
}

func (s *scanner) integer() int64 {
	at, raw := s.at, s.scalar()
	if raw == nil {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		s.fail(at, fmt.Sprintf("%q is not a number", raw))
	}
	return n
}

// text reads a string, of which one copy is kept however often it occurs; null is "".
func (s *scanner) text() string { return s.name(s.scalar()) }

func (s *scanner) name(b []byte) string {
	if n, ok := s.names[string(b)]; ok {
		return n
	}
	n := string(b)
	s.names[n] = n
	return n
}

// time reads RFC 3339. The times of snapshots repeat from dataset to dataset, so the last ones are remembered.
func (s *scanner) time() time.Time {
	at, raw := s.at, s.scalar()
	if raw == nil {
		return time.Time{}
	}
	if t, ok := s.times[string(raw)]; ok {
		return t
	}
	t, err := time.Parse(time.RFC3339, string(raw))
	if err != nil {
		s.fail(at, fmt.Sprintf("%q is not a time like 2025-11-26T04:00:00Z", raw))
	}
	if s.times == nil || len(s.times) > 1<<16 {
		s.times = map[string]time.Time{}
	}
	s.times[string(raw)] = t.UTC()
	return t.UTC()
}

// rest leaves a small value to encoding/json.
func (s *scanner) rest(to any) {
	at := s.at
	raw := s.skip()
	if err := json.Unmarshal(raw, to); err != nil {
		s.fail(at, err.Error())
	}
}
