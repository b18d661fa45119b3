package zfssim

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// headerAt is where the text of the first entry of a list begins, when its name is headerName.
const (
	headerName = "zfssim"
	headerAt   = 4 + 8 + 8 + 4 + 8 + 8 + 4
)

// pack lays the header out as send_prelim_records does (lib/libzfs/libzfs_sendrecv.c), as far as names and GUIDs go.
// What the simulator needs of it comes first, as one string.
func (h *packageHeader) pack(to *snapshot, a sendArgs, datasets []*dataset) []byte {
	own, err := json.Marshal(h)
	if err != nil {
		panic("zfssim: " + err.Error())
	}
	list := []nvpair{{headerName, string(own)}}
	if a.from != "" && (a.all || a.replicate) { // otherwise the base may be another dataset's, or a bookmark
		list = append(list, nvpair{"fromsnap", a.from})
	}
	list = append(list, nvpair{"tosnap", to.name})
	if !a.replicate {
		list = append(list, nvpair{"not_recursive", nil})
	}
	if a.raw {
		list = append(list, nvpair{"raw", nil})
	}
	var fss []nvpair
	for _, d := range datasets {
		fss = append(fss, nvpair{fmt.Sprintf("0x%x", d.guid), []nvpair{
			{"name", d.name}, {"parentfromsnap", uint64(0)}, {"snaps", d.sentSnapshots(to.name, a)},
		}})
	}
	return packNetList(append(list, nvpair{"fss", fss}))
}

// sentSnapshots are the snapshots that the header names: of -R all up to the last, of -I those from the base on.
func (d *dataset) sentSnapshots(to string, a sendArgs) (list []nvpair) {
	for _, s := range d.snaps {
		switch {
		case s.name == to:
			return append(list, nvpair{s.name, s.guid})
		case !a.all && !a.replicate:
			continue
		case !a.replicate && s.name == a.from:
			list = nil
		}
		list = append(list, nvpair{s.name, s.guid})
	}
	return list
}

// unpackHeader takes the simulator's own entry out of a list.
func unpackHeader(list []byte) (*packageHeader, bool) {
	if len(list) < headerAt {
		return nil, false
	}
	own := list[headerAt:]
	if size := binary.BigEndian.Uint32(list[headerAt-4:]); uint64(size) <= uint64(len(own)) {
		own = own[:size]
	}
	h := &packageHeader{}
	return h, json.Unmarshal(own, h) == nil
}

// packNetList encodes a list as XDR does.
func packNetList(pairs []nvpair) []byte {
	return append([]byte{1, 1, 0, 0}, packNetPairs(pairs)...)
}

func packNetPairs(pairs []nvpair) []byte {
	out := []byte{0, 0, 0, 0, 0, 0, 0, 1}
	be := binary.BigEndian
	for _, p := range pairs {
		var value []byte
		typ, elements := uint32(nvBoolean), uint32(0)
		switch v := p.value.(type) {
		case uint64:
			typ, elements, value = nvUint64, 1, be.AppendUint64(nil, v)
		case string:
			typ, elements, value = nvString, 1, packNetString(v)
		case []nvpair:
			typ, elements, value = nvList, 1, packNetPairs(v)
		}
		name := packNetString(p.name)
		out = be.AppendUint32(out, uint32(16+len(name)+len(value)))
		out = be.AppendUint32(out, uint32(align8(nvPairHeader+len(p.name)+1)+align8(len(value)))) // in memory: near enough
		out = append(out, name...)
		out = be.AppendUint32(be.AppendUint32(out, typ), elements)
		out = append(out, value...)
	}
	return append(out, 0, 0, 0, 0, 0, 0, 0, 0)
}

func packNetString(s string) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
	return append(out, make([]byte, (4-len(s)%4)%4)...)
}
