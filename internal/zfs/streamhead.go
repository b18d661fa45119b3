package zfs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// StreamHead is what the first bytes of a send stream say about it. They come from another machine, or from another
// time: whoever receives the stream compares them with what was asked for.
type StreamHead struct {
	Name     string // dataset@snapshot of the first stream, as it was called where it was sent
	ToGUID   GUID
	FromGUID GUID // 0: a full stream
	Raw      bool
	Resuming bool // the rest of a stream that was cut
	Clone    bool // from another dataset's snapshot, the origin
	Volume   bool
	Package  *StreamPackage // what comes before the first stream of send -I or -p; nil without such
}

// StreamPackage is the header of a package of streams. A list of snapshots comes only with properties (-p); without it
// nothing tells a package's last GUID before its last stream begins.
type StreamPackage struct {
	Name      string // dataset@snapshot of the last stream
	From      string // the snapshot's name that an increment through all snapshots (-I) starts from; "" if not said
	Raw       bool
	Recursive bool      // of send -R
	Snapshots []Version // names and GUIDs, oldest first; nil: no list
}

// Carried are the snapshots that the stream brings, oldest first, as far as its head says so.
func (h StreamHead) Carried() []Version {
	_, _, first := SplitVersion(h.Name)
	known := []Version{{Name: first, GUID: h.ToGUID}}
	if h.Package == nil || h.Package.From == "" {
		return known
	}
	from := slices.IndexFunc(h.Package.Snapshots, func(v Version) bool { return v.GUID == h.FromGUID })
	if from < 0 {
		return known
	}
	return h.Package.Snapshots[from+1:]
}

// Layout of a record (include/sys/zfs_ioctl.h, dmu_replay_record): type, length of the payload, and a union whose
// largest member is drr_begin. It is written as it is in the sender's memory; the magic number tells the byte order.
const (
	recordSize  = 312
	recordBegin = 0
	recordEnd   = 5
	streamMagic = 0x2F5bacbac

	headerSingle  = 1 // DMU_SUBSTREAM
	headerPackage = 2 // DMU_COMPOUNDSTREAM
	featureResume = 1 << 20
	featureRaw    = 1 << 24
	flagClone     = 1 << 0
	typeZFS       = 2 // DMU_OST_ZFS
	typeZvol      = 3 // DMU_OST_ZVOL
)

// maxPackageList bounds what the header of a package may hold: 100 bytes a snapshot make it enough for 50,000 of them.
const maxPackageList = 6 << 20

// ReadStreamHead reads the head of a stream from its first bytes; done is false while more of them are needed.
func ReadStreamHead(b []byte) (h StreamHead, done bool, err error) {
	first, done, err := readBegin(b)
	if !done || err != nil {
		return h, done, err
	}
	if first.header == headerPackage {
		size := recordSize + int(first.payload)
		if len(b) < size+recordSize {
			return h, false, nil
		}
		if h.Package, err = readPackage(first, b[recordSize:size]); err != nil {
			return h, true, err
		}
		if kind := first.order.Uint32(b[size:]); kind != recordEnd {
			return h, true, fmt.Errorf("the header of its package is followed by a record of type %d", kind)
		}
		b = b[size+recordSize:]
		if len(b) >= 4 && first.order.Uint32(b) == recordEnd {
			return h, true, fmt.Errorf("it is a package without any stream")
		}
		if first, done, err = readBegin(b); !done || err != nil {
			return h, done, err
		}
	}
	if first.header != headerSingle || first.toGUID == 0 {
		return h, true, fmt.Errorf("a stream in it says neither what it is nor what it carries")
	}
	h.Name, h.ToGUID, h.FromGUID = first.name, first.toGUID, first.fromGUID
	h.Raw, h.Resuming = first.features&featureRaw != 0, first.features&featureResume != 0
	h.Clone, h.Volume = first.flags&flagClone != 0, first.kind == typeZvol
	return h, true, nil
}

// beginRecord is a DRR_BEGIN.
type beginRecord struct {
	order            binary.ByteOrder
	payload          uint32
	header           uint64
	features         uint64
	kind, flags      uint32
	toGUID, fromGUID GUID
	name             string
}

// readBegin reads the record that every stream begins with. What is no stream is told from its first 16 bytes.
func readBegin(b []byte) (r beginRecord, done bool, err error) {
	if len(b) < 16 {
		return r, false, nil
	}
	switch {
	case binary.LittleEndian.Uint64(b[8:]) == streamMagic:
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint64(b[8:]) == streamMagic:
		r.order = binary.BigEndian
	}
	if r.order == nil || r.order.Uint32(b) != recordBegin {
		return r, true, fmt.Errorf("it is no zfs stream, it begins with %.80q", b[:min(len(b), 80)])
	}
	r.payload = r.order.Uint32(b[4:])
	if r.payload > maxPackageList {
		return r, true, fmt.Errorf("its header has %d bytes, at most %d are read", r.payload, maxPackageList)
	}
	if len(b) < recordSize {
		return r, false, nil
	}
	version := r.order.Uint64(b[16:])
	r.header, r.features = version&3, version<<8>>10 // the top 8 bits are reserved
	r.kind, r.flags = r.order.Uint32(b[32:]), r.order.Uint32(b[36:])
	r.toGUID, r.fromGUID = GUID(r.order.Uint64(b[40:])), GUID(r.order.Uint64(b[48:]))
	name, _, ok := bytes.Cut(b[56:recordSize], []byte{0})
	if !ok || !isSnapshotName(string(name)) {
		return r, true, fmt.Errorf("%.300q in it is not the name of a snapshot", name)
	}
	r.name = string(name)
	if r.header == headerSingle && r.kind != typeZFS && r.kind != typeZvol {
		return r, true, fmt.Errorf("%s in it is neither filesystem nor volume", r.name)
	}
	return r, true, nil
}

func isSnapshotName(full string) bool {
	dataset, sep, snapshot := SplitVersion(full)
	return sep == '@' && len(full) <= MaxName && CheckDatasetName(dataset) == nil && CheckSnapshotPart(snapshot) == nil
}

// readPackage reads the list of a package's header (lib/libzfs/libzfs_sendrecv.c, send_data_t and send_prelim_records).
// Without properties there is none.
func readPackage(r beginRecord, list []byte) (*StreamPackage, error) {
	p := &StreamPackage{Name: r.name}
	if len(list) == 0 {
		return p, nil
	}
	p.Recursive, p.Snapshots = true, []Version{}
	dataset, _, snapshot := SplitVersion(r.name)
	pairs, ok := unpackNetList(list)
	for i := 0; ok && i < len(pairs); i++ {
		switch pair := pairs[i]; pair.name {
		case "tosnap":
			var to string
			to, ok = pair.text()
			ok = ok && to == snapshot
		case "fromsnap":
			p.From, ok = pair.text()
			ok = ok && CheckSnapshotPart(p.From) == nil
		case "not_recursive":
			p.Recursive = false
		case "raw":
			p.Raw = true
		case "fss":
			ok = p.readDatasets(dataset, pair)
		}
	}
	if !ok {
		return nil, fmt.Errorf("the list in the header of %s cannot be read", r.name)
	}
	return p, nil
}

// readDatasets takes the snapshots of the package's own dataset; what is said of datasets below it does not count.
func (p *StreamPackage) readDatasets(dataset string, fss netPair) bool {
	all, ok := fss.list()
	for i := 0; ok && i < len(all); i++ {
		var about []netPair
		if about, ok = all[i].list(); ok && isAbout(about, dataset) {
			for _, pair := range about {
				if pair.name == "snaps" {
					ok = ok && p.readSnapshots(pair)
				}
			}
		}
	}
	return ok
}

func isAbout(pairs []netPair, dataset string) bool {
	for _, p := range pairs {
		if name, ok := p.text(); ok && p.name == "name" {
			return name == dataset
		}
	}
	return false
}

func (p *StreamPackage) readSnapshots(snaps netPair) bool {
	all, ok := snaps.list()
	if !ok {
		return false
	}
	seen := map[string]bool{}
	for _, s := range all {
		guid, ok := s.number()
		if !ok || guid == 0 || seen[s.name] || CheckSnapshotPart(s.name) != nil {
			return false
		}
		seen[s.name] = true
		p.Snapshots = append(p.Snapshots, Version{Name: s.name, GUID: GUID(guid)})
	}
	return true
}
