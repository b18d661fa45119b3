package zfssim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Record types of a stream.
const (
	recObject = 'O' // an object of the new snapshot: its name and how many blocks it has
	recWrite  = 'W' // one block
	recFree   = 'F' // an object that is gone
	recEnd    = 'E'
)

// The begin record of a stream and the records around the streams of a package are laid out as in reality
// (include/sys/zfs_ioctl.h, dmu_replay_record, on a little-endian machine), so that what looks at the head of a stream
// can be tested with ours. Everything between them is our own.
const (
	beginSize   = 312 // bytes of a record; other records count as much in estimates
	streamMagic = 0x2F5bacbac
	packageEnd  = 5 // DRR_END
)

// streamFlags are the features of a stream in its begin record, and above them what it says in other fields.
type streamFlags uint64

const (
	flagEmbed    streamFlags = 1 << 16
	flagLarge    streamFlags = 1 << 19
	flagResuming streamFlags = 1 << 20
	flagCompress streamFlags = 1 << 22
	flagRaw      streamFlags = 1 << 24
	flagHolds    streamFlags = 1 << 26
	flagFeatures streamFlags = 1<<32 - 1

	flagCompound streamFlags = 1 << 32 // a package: streams follow, then an end
	flagVolume   streamFlags = 1 << 33
	flagClone    streamFlags = 1 << 34
)

// begin is the first record of a stream.
type begin struct {
	flags    streamFlags
	toGUID   uint64
	fromGUID uint64
	creation int64
	toName   string
	payload  []byte // JSON, of a package a list
}

// record is one of the others.
type record struct {
	typ    byte
	obj    uint64
	name   string // of an object
	blocks uint64 // of an object
	index  uint64 // of a block in its file
	offset uint64 // of a block in its file, in modelled bytes
	id     uint64
	size   uint64
	data   string
	hash   uint64 // of the whole content, in an end record
	rest   uint64 // the content's id, in an end record
}

var (
	errShort    = errors.New("failed to read from stream")
	errMagic    = errors.New("invalid stream (bad magic number)")
	errTruncate = errors.New("incomplete stream")
	errChecksum = errors.New("checksum mismatch")
)

func (b *begin) has(f streamFlags) bool { return b.flags&f != 0 }

// encodeBegin writes the record and its payload.
func encodeBegin(b *begin) []byte {
	le := binary.LittleEndian
	out := make([]byte, beginSize, beginSize+len(b.payload))
	header, kind, flags := uint64(1), uint32(2), uint32(0)
	if b.has(flagCompound) {
		header, kind = 2, 0
	}
	if b.has(flagVolume) {
		kind = 3
	}
	if b.has(flagClone) {
		flags = 1
	}
	le.PutUint32(out[4:], uint32(len(b.payload)))
	le.PutUint64(out[8:], streamMagic)
	le.PutUint64(out[16:], header|uint64(b.flags&flagFeatures)<<2)
	le.PutUint64(out[24:], uint64(b.creation))
	le.PutUint32(out[32:], kind)
	le.PutUint32(out[36:], flags)
	le.PutUint64(out[40:], b.toGUID)
	le.PutUint64(out[48:], b.fromGUID)
	copy(out[56:], b.toName)
	return append(out, b.payload...)
}

// encodePackageEnd is the record after the header of a package, and after its last stream.
func encodePackageEnd() []byte {
	return append([]byte{packageEnd}, make([]byte, beginSize-1)...)
}

// readBegin reads a begin record without its payload. A nil begin with a nil error is the end of a package.
func readBegin(r *bufio.Reader) (*begin, int, error) {
	le := binary.LittleEndian
	var buf [beginSize]byte
	if _, err := io.ReadFull(r, buf[:]); err != nil {
		return nil, 0, errShort
	}
	if le.Uint32(buf[:]) == packageEnd {
		return nil, 0, nil
	}
	if le.Uint64(buf[8:]) != streamMagic {
		return nil, 0, errMagic
	}
	end := 56
	for end < beginSize && buf[end] != 0 {
		end++
	}
	version := le.Uint64(buf[16:])
	b := &begin{
		flags:    streamFlags(version >> 2),
		toGUID:   le.Uint64(buf[40:]),
		fromGUID: le.Uint64(buf[48:]),
		creation: int64(le.Uint64(buf[24:])),
		toName:   string(buf[56:end]),
	}
	for flag, on := range map[streamFlags]bool{
		flagCompound: version&3 == 2, flagVolume: le.Uint32(buf[32:]) == 3, flagClone: le.Uint32(buf[36:]) == 1,
	} {
		if on {
			b.flags |= flag
		}
	}
	return b, int(le.Uint32(buf[4:])), nil
}

// readPayload reads what follows a begin record.
func (b *begin) readPayload(r *bufio.Reader, n int) error {
	b.payload = make([]byte, n)
	if _, err := io.ReadFull(r, b.payload); err != nil {
		return errTruncate
	}
	return nil
}

// encode appends a record to a buffer. pad is how many bytes stand for the modelled ones.
func (r *record) encode(out []byte, pad uint64) []byte {
	start := len(out)
	out = append(out, r.typ, 0, 0, 0, 0)
	out = binary.AppendUvarint(out, r.obj)
	switch r.typ {
	case recObject:
		out = binary.AppendUvarint(out, r.blocks)
		out = append(out, r.name...)
	case recWrite:
		out = binary.AppendUvarint(out, r.index)
		out = binary.AppendUvarint(out, r.offset)
		out = binary.LittleEndian.AppendUint64(out, r.id)
		out = binary.AppendUvarint(out, r.size)
		out = binary.AppendUvarint(out, uint64(len(r.data)))
		out = append(out, r.data...)
		out = append(out, make([]byte, pad)...)
	case recEnd:
		out = binary.LittleEndian.AppendUint64(out, r.hash)
		out = binary.LittleEndian.AppendUint64(out, r.rest)
	}
	body := out[start+5:]
	binary.LittleEndian.PutUint32(out[start+1:], uint32(len(body)))
	return binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// readRecord reads one record.
func readRecord(r *bufio.Reader) (*record, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, errTruncate
	}
	n := binary.LittleEndian.Uint32(head[1:])
	if n > 1<<28 {
		return nil, errChecksum
	}
	body := make([]byte, n+4)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, errTruncate
	}
	sum := binary.LittleEndian.Uint32(body[n:])
	body = body[:n]
	if crc32.ChecksumIEEE(body) != sum {
		return nil, errChecksum
	}
	rec := &record{typ: head[0]}
	if !rec.decode(body) {
		return nil, errChecksum
	}
	return rec, nil
}

func (r *record) decode(b []byte) bool {
	ok := true
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			ok = false
			return 0
		}
		b = b[n:]
		return v
	}
	fixed := func() uint64 {
		if len(b) < 8 {
			ok = false
			return 0
		}
		v := binary.LittleEndian.Uint64(b)
		b = b[8:]
		return v
	}
	r.obj = number()
	switch r.typ {
	case recObject:
		r.blocks, r.name = number(), string(b)
	case recWrite:
		r.index, r.offset, r.id, r.size = number(), number(), fixed(), number()
		n := number()
		if !ok || uint64(len(b)) < n {
			return false
		}
		r.data = string(b[:n])
	case recEnd:
		r.hash, r.rest = fixed(), fixed()
	case recFree:
	default:
		return false
	}
	return ok
}
