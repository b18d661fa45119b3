package zfssim

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/zfsrep/zfsrep/internal/zfs"
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

// printToken writes what a token stands for as `zfs send -nvt` does, in the kernel's order.
func printToken(w io.Writer, t zfs.Token) {
	_, _ = io.WriteString(w, "nvlist version: 0\n")
	if t.FromGUID != 0 {
		fmt.Fprintf(w, "\tfromguid = 0x%x\n", uint64(t.FromGUID))
	}
	fmt.Fprintf(w, "\tobject = 0x%x\n\toffset = 0x%x\n\tbytes = 0x%x\n\ttoguid = 0x%x\n\ttoname = %s\n",
		t.Object, t.Offset, t.Bytes, uint64(t.ToGUID), t.ToName)
	for _, f := range []struct {
		set  bool
		name string
	}{{t.LargeBlocks, "largeblockok"}, {t.Embedded, "embedok"}, {t.Compressed, "compressok"}, {t.Raw, "rawok"}} {
		if f.set {
			fmt.Fprintf(w, "\t%s = 1\n", f.name)
		}
	}
}
