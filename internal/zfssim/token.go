package zfssim

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

// token returns the resume token of a receive into the dataset, partial or running.
func (d *dataset) token() (string, bool) {
	switch {
	case d.recv != nil && d.recv.resumable:
		return d.recv.token(), true
	case d.partial != nil && d.partial.recv.resumable:
		return d.partial.recv.token(), true
	}
	return "", false
}

// token packs the state as the kernel does: version, checksum, length, and a compressed list of names and values.
func (r *recvState) token() string {
	var list []nvpair
	if r.fromGUID != 0 {
		list = append(list, nvpair{"fromguid", r.fromGUID})
	}
	list = append(list, nvpair{"object", r.object}, nvpair{"offset", r.offset}, nvpair{"bytes", r.bytes},
		nvpair{"toguid", r.toGUID}, nvpair{"toname", r.toName})
	for _, f := range []struct {
		set  bool
		name string
	}{{r.large, "largeblockok"}, {r.embed, "embedok"}, {r.compress, "compressok"}, {r.raw, "rawok"}} {
		if f.set {
			list = append(list, nvpair{f.name, nil})
		}
	}
	packed := packNvlist(list)
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(packed)
	_ = w.Close()
	return fmt.Sprintf("1-%x-%x-%s", fletcher4(z.Bytes()), len(packed), hex.EncodeToString(z.Bytes()))
}

// fletcher4 is the first word of the checksum over native 32-bit words; the bytes after the last whole word do not count.
func fletcher4(b []byte) uint64 {
	var a uint64
	for ; len(b) >= 4; b = b[4:] {
		a += uint64(binary.LittleEndian.Uint32(b))
	}
	return a
}

// decodeToken reads a token, or says what is wrong with it.
func decodeToken(token string) ([]nvpair, string) {
	const corrupt = "resume token is corrupt "
	parts := strings.SplitN(token, "-", 4)
	if len(parts) != 4 {
		return nil, corrupt + "(invalid format)"
	}
	version, err := strconv.ParseUint(parts[0], 10, 32)
	sum, err1 := strconv.ParseUint(parts[1], 16, 64)
	length, err2 := strconv.ParseUint(parts[2], 16, 32)
	if err != nil || err1 != nil || err2 != nil {
		return nil, corrupt + "(invalid format)"
	}
	if version != 1 {
		return nil, fmt.Sprintf(corrupt+"(invalid version %d)", version)
	}
	z, err := hex.DecodeString(parts[3][:len(parts[3])&^1])
	if err != nil {
		return nil, corrupt + "(payload is not hex-encoded)"
	}
	if fletcher4(z) != sum {
		return nil, corrupt + "(incorrect checksum)"
	}
	r, err := zlib.NewReader(bytes.NewReader(z))
	if err != nil {
		return nil, corrupt + "(decompression failed)"
	}
	packed, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil || uint64(len(packed)) != length {
		return nil, corrupt + "(decompression failed)"
	}
	list, err := unpackNvlist(packed)
	if err != nil {
		return nil, corrupt + "(nvlist_unpack failed)"
	}
	return list, ""
}

// resumePoint is a decoded token, as a send uses it.
type resumePoint struct {
	recvState
	complete bool // has all that must be there
}

func readResumePoint(list []nvpair) resumePoint {
	var r resumePoint
	need := 0
	for _, p := range list {
		n, isNumber := p.value.(uint64)
		switch p.name {
		case "fromguid":
			r.fromGUID = n
		case "object":
			r.object = n
		case "offset":
			r.offset = n
		case "bytes":
			r.bytes = n
		case "toguid":
			r.toGUID = n
		case "toname":
			r.toName, _ = p.value.(string)
			need++
		case "largeblockok":
			r.large = true
		case "embedok":
			r.embed = true
		case "compressok":
			r.compress = true
		case "rawok":
			r.raw = true
		}
		if isNumber && p.name != "fromguid" {
			need++
		}
	}
	r.complete = need == 5
	return r
}

// printNvlist writes a list as `zfs send -nvt` does.
func printNvlist(w io.Writer, list []nvpair) {
	_, _ = io.WriteString(w, "nvlist version: 0\n")
	for _, p := range list {
		switch v := p.value.(type) {
		case uint64:
			fmt.Fprintf(w, "\t%s = 0x%x\n", p.name, v)
		case string:
			fmt.Fprintf(w, "\t%s = %s\n", p.name, v)
		default:
			fmt.Fprintf(w, "\t%s = 1\n", p.name)
		}
	}
}
