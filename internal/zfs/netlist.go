package zfs

import (
	"bytes"
	"encoding/binary"
)

// netPair is one entry of a list of names and values (nvlist) in the encoding for networks, which send streams carry
// (module/nvpair/nvpair.c, nvs_xdr). Its value is not read yet.
type netPair struct {
	name  string
	typ   uint32
	value []byte
}

// listNested is the type of a list within a list.
const listNested = 19

// unpackNetList reads a packed list: its head says the encoding and the packer's byte order, which the encoding for
// networks does not depend on.
func unpackNetList(b []byte) (pairs []netPair, ok bool) {
	if len(b) < 4 || b[0] != 1 || b[1] > 1 || b[2] != 0 || b[3] != 0 {
		return nil, false
	}
	return netPairs(b[4:])
}

// netPairs reads the entries of a list, of the whole of b: version 0, unique names, the entries, two zeros.
func netPairs(b []byte) (pairs []netPair, ok bool) {
	b, ok = bytes.CutPrefix(b, []byte{0, 0, 0, 0, 0, 0, 0, 1})
	for ok && len(b) >= 8 {
		size := uint64(binary.BigEndian.Uint32(b))
		if size == 0 {
			return pairs, len(b) == 8 && binary.BigEndian.Uint32(b[4:]) == 0
		}
		if size < 8 || size > uint64(len(b)) {
			return nil, false
		}
		var p netPair
		if p, ok = readNetPair(b[8:size]); ok { // the size in memory, before it, is the reader's to work out
			pairs = append(pairs, p)
		}
		b = b[size:]
	}
	return nil, false
}

// readNetPair reads what follows the sizes of an entry: its name, its type, the number of its values, and those.
func readNetPair(b []byte) (p netPair, ok bool) {
	name, b, ok := netString(b)
	if !ok || len(b) < 8 || name == "" {
		return p, false
	}
	p = netPair{name: name, typ: binary.BigEndian.Uint32(b), value: b[8:]}
	switch count := binary.BigEndian.Uint32(b[4:]); p.typ {
	case listBoolean:
		return p, count == 0 && len(p.value) == 0
	case listUint64:
		return p, count == 1 && len(p.value) == 8
	case listString, listNested:
		return p, count == 1
	}
	return p, true // nothing here reads the other types
}

// netString reads a length, so many bytes, and what fills them up to a multiple of 4.
func netString(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := uint64(binary.BigEndian.Uint32(b))
	b = b[4:]
	padded := (n + 3) &^ 3
	if padded > uint64(len(b)) || bytes.IndexByte(b[:n], 0) >= 0 {
		return "", nil, false
	}
	return string(b[:n]), b[padded:], true
}

// number, text and list are the value of an entry of that type.
func (p netPair) number() (uint64, bool) {
	if p.typ != listUint64 {
		return 0, false
	}
	return binary.BigEndian.Uint64(p.value), true
}

func (p netPair) text() (string, bool) {
	if p.typ != listString {
		return "", false
	}
	s, rest, ok := netString(p.value)
	return s, ok && len(rest) == 0
}

func (p netPair) list() ([]netPair, bool) {
	if p.typ != listNested {
		return nil, false
	}
	return netPairs(p.value)
}
