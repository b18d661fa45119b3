package zfs

import (
	"bytes"
	"encoding/binary"
)

// listPair is one entry of a packed list of names and values (nvlist), of one of the types that resume tokens use.
type listPair struct {
	name   string
	typ    uint32
	number uint64
	text   string
}

const (
	listBoolean = 1 // being there is its value
	listUint64  = 8
	listString  = 9

	listHead = 16 // of an entry, before its name: size, length of the name, number of values, type
)

// unpackList reads a list in the native encoding of a little-endian machine, which is what the kernel packs resume
// tokens in (module/nvpair/fnvpair.c, fnvlist_pack). nvlist_unpack would take the encoding for networks as well; no
// kernel makes that, so it is not read.
func unpackList(b []byte) (pairs []listPair, ok bool) {
	// encoding, byte order, two reserved bytes; version 0; names are unique
	head := []byte{0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}
	b, ok = bytes.CutPrefix(b, head)
	for ok && len(b) >= 4 {
		size := binary.LittleEndian.Uint32(b)
		if size == 0 {
			return pairs, len(b) == 4
		}
		if size < listHead || uint64(size) > uint64(len(b)) {
			return nil, false
		}
		var p listPair
		if p, ok = unpackPair(b[:size]); ok {
			pairs = append(pairs, p)
		}
		b = b[size:]
	}
	return nil, false
}

// unpackPair reads an entry: its head, its name and its value, the latter two padded to a multiple of 8
// bytes (module/nvpair/nvpair.c, NVP_SIZE_CALC).
func unpackPair(b []byte) (p listPair, ok bool) {
	nameEnd := listHead + int(binary.LittleEndian.Uint16(b[4:]))
	valueAt := align8(nameEnd)
	if valueAt > len(b) || nameEnd == listHead || bytes.IndexByte(b[listHead:nameEnd], 0) != nameEnd-1-listHead {
		return p, false
	}
	p.name = string(b[listHead : nameEnd-1])
	p.typ = binary.LittleEndian.Uint32(b[12:])
	values, value := binary.LittleEndian.Uint32(b[8:]), b[valueAt:]
	switch p.typ {
	case listBoolean:
		return p, values == 0 && len(value) == 0
	case listUint64:
		if values != 1 || len(value) != 8 {
			return p, false
		}
		p.number = binary.LittleEndian.Uint64(value)
		return p, true
	case listString:
		end := bytes.IndexByte(value, 0)
		if values != 1 || end < 0 || len(value) != align8(end+1) {
			return p, false
		}
		p.text = string(value[:end])
		return p, true
	}
	return p, true // whoever reads the list refuses the type
}

func align8(n int) int { return (n + 7) &^ 7 }
