package zfssim

import "encoding/binary"

// nvpair is one entry of a list of names and values: a uint64, a string, nil for a bare boolean or, in a package, a list.
type nvpair struct {
	name  string
	value any
}

// Type numbers and layout of the native little-endian nvlist encoding, as far as resume tokens and packages need it.
const (
	nvBoolean = 1
	nvUint64  = 8
	nvString  = 9
	nvList    = 19

	nvPairHeader = 16
)

func align8(n int) int { return (n + 7) &^ 7 }

// packNvlist encodes a list as the kernel does in memory.
func packNvlist(pairs []nvpair) []byte {
	out := []byte{0, 1, 0, 0} // native, little-endian
	out = binary.LittleEndian.AppendUint32(out, 0)
	out = binary.LittleEndian.AppendUint32(out, 1) // names are unique
	for _, p := range pairs {
		var payload []byte
		typ, elements := nvBoolean, 0
		switch v := p.value.(type) {
		case uint64:
			typ, elements = nvUint64, 1
			payload = binary.LittleEndian.AppendUint64(nil, v)
		case string:
			typ, elements = nvString, 1
			payload = append([]byte(v), 0)
		}
		nameEnd := align8(nvPairHeader + len(p.name) + 1)
		size := nameEnd + align8(len(payload))
		b := make([]byte, size)
		binary.LittleEndian.PutUint32(b[0:], uint32(size))
		binary.LittleEndian.PutUint16(b[4:], uint16(len(p.name)+1))
		binary.LittleEndian.PutUint32(b[8:], uint32(elements))
		binary.LittleEndian.PutUint32(b[12:], uint32(typ))
		copy(b[nvPairHeader:], p.name)
		copy(b[nameEnd:], payload)
		out = append(out, b...)
	}
	return append(out, 0, 0, 0, 0)
}
