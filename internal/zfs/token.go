package zfs

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Token is what a resume token stands for. It comes from the receiver, so nothing in it may be believed before it was
// compared with the source's own listing (openzfs/zfs#14153).
type Token struct {
	ToName         string // dataset@snapshot at the time the transfer began
	ToGUID         GUID
	FromGUID       GUID   // 0: a full send
	Bytes          int64  // already received
	Object, Offset uint64 // where the stream goes on
	Raw            bool
	LargeBlocks    bool
	Embedded       bool
	Compressed     bool
}

// A token names one snapshot and some numbers: its list takes no more than about 600 bytes, and zlib adds little to
// what it cannot compress.
const (
	maxTokenList = 4 << 10
	maxTokenText = 2*maxTokenList + 100
)

// corrupt says what is wrong with a token, in the words of libzfs where zfs send -t refuses it as well.
func corrupt(format string, args ...any) error {
	return fmt.Errorf("resume token is corrupt (%s)", fmt.Sprintf(format, args...))
}

// DecodeToken reads a resume token as zfs send -t would (lib/libzfs/libzfs_sendrecv.c, zfs_send_resume_token_to_nvlist),
// but only if it is written exactly as the kernel writes them (module/zfs/dsl_dataset.c, get_receive_resume_token_impl).
// So what is read here is what zfs will do with it. Tokens of redacted sends are refused: zfsrep makes none.
func DecodeToken(text string) (Token, error) {
	list, err := unwrapToken(text)
	if err != nil {
		return Token{}, err
	}
	pairs, ok := unpackList(list)
	if !ok {
		return Token{}, corrupt("nvlist_unpack failed")
	}
	return readToken(pairs)
}

// unwrapToken takes off the text, checksum and compression: "version-checksum-length-payload", all in hexadecimal.
func unwrapToken(text string) ([]byte, error) {
	if len(text) > maxTokenText {
		return nil, corrupt("%d bytes are more than any token has", len(text))
	}
	parts := strings.SplitN(text, "-", 4)
	if len(parts) != 4 {
		return nil, corrupt("invalid format")
	}
	version, err := strconv.ParseUint(parts[0], 10, 32)
	sum, err1 := strconv.ParseUint(parts[1], 16, 64)
	length, err2 := strconv.ParseUint(parts[2], 16, 32)
	if err != nil || err1 != nil || err2 != nil {
		return nil, corrupt("invalid format")
	}
	if version != 1 {
		return nil, corrupt("invalid version %d", version)
	}
	z, err := hex.DecodeString(parts[3][:len(parts[3])&^1])
	switch {
	case err != nil:
		return nil, corrupt("payload is not hex-encoded")
	case fletcher4(z) != sum:
		return nil, corrupt("incorrect checksum")
	case text != fmt.Sprintf("1-%x-%x-%x", sum, length, z):
		return nil, corrupt("it is not written as ZFS writes it")
	case length > maxTokenList:
		return nil, corrupt("a list of %d bytes is more than any token has", length)
	}
	return inflate(z, int(length))
}

// fletcher4 is the first word of the checksum over 32-bit words; the bytes after the last whole word do not count
// (module/zcommon/zfs_fletcher.c, fletcher_4_native_varsize). Native is little-endian here: what a big-endian machine
// receives cannot be resumed by the usual one, whose zfs does not read its token either.
func fletcher4(b []byte) (sum uint64) {
	for ; len(b) >= 4; b = b[4:] {
		sum += uint64(binary.LittleEndian.Uint32(b))
	}
	return sum
}

// inflate uncompresses to exactly so many bytes, from all of z.
func inflate(z []byte, length int) ([]byte, error) {
	from := bytes.NewReader(z)
	r, err := zlib.NewReader(from)
	if err != nil {
		return nil, corrupt("decompression failed")
	}
	list, err := io.ReadAll(io.LimitReader(r, int64(length)+1))
	if err != nil || len(list) != length {
		return nil, corrupt("decompression failed")
	}
	if from.Len() > 0 {
		return nil, corrupt("%d bytes follow the compressed list", from.Len())
	}
	return list, nil
}

// readToken takes exactly the entries that a token has, each once and of its own type.
func readToken(pairs []listPair) (t Token, err error) {
	seen := map[string]bool{}
	for _, p := range pairs {
		if seen[p.name] {
			return Token{}, corrupt("it has %q twice", p.name)
		}
		seen[p.name] = true
		if !t.set(p) {
			return Token{}, corrupt("it has an entry %q of type %d, which no token has", p.name, p.typ)
		}
	}
	for _, name := range []string{"object", "offset", "bytes", "toguid", "toname"} {
		if !seen[name] {
			return Token{}, corrupt("it has no %s", name)
		}
	}
	dataset, sep, snapshot := SplitVersion(t.ToName)
	switch {
	case sep != '@' || len(t.ToName) > MaxName || CheckDatasetName(dataset) != nil || CheckSnapshotPart(snapshot) != nil:
		return Token{}, corrupt("%q is not the name of a snapshot", t.ToName)
	case t.ToGUID == 0 || seen["fromguid"] && t.FromGUID == 0:
		return Token{}, corrupt("0 is not a guid")
	case t.Bytes < 0:
		return Token{}, corrupt("so many bytes cannot have arrived")
	}
	return t, nil
}

// set puts one entry where it belongs.
func (t *Token) set(p listPair) (ok bool) {
	switch number, flag := p.typ == listUint64, p.typ == listBoolean; p.name {
	case "toname":
		t.ToName = p.text
		return p.typ == listString
	case "toguid":
		t.ToGUID = GUID(p.number)
		return number
	case "fromguid":
		t.FromGUID = GUID(p.number)
		return number
	case "bytes":
		t.Bytes = int64(p.number)
		return number
	case "object":
		t.Object = p.number
		return number
	case "offset":
		t.Offset = p.number
		return number
	case "largeblockok":
		t.LargeBlocks = true
		return flag
	case "embedok":
		t.Embedded = true
		return flag
	case "compressok":
		t.Compressed = true
		return flag
	case "rawok":
		t.Raw = true
		return flag
	}
	return false
}
