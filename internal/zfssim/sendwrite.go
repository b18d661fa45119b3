package zfssim

import (
	"bufio"
	"encoding/json"
)

// beginPayload is what a begin record carries besides its fields.
type beginPayload struct {
	Crypt        *cryptPayload `json:"crypt,omitempty"`
	ResumeObject uint64        `json:"resumeObject,omitempty"`
	ResumeOffset uint64        `json:"resumeOffset,omitempty"`
	Volsize      string        `json:"volsize,omitempty"`
	Volblocksize string        `json:"volblocksize,omitempty"`
}

// cryptPayload is the key a raw stream carries: wrapped, so that it need not be loaded.
type cryptPayload struct {
	Cipher    string `json:"cipher"`
	KeyGUID   uint64 `json:"keyGuid"`
	Wrap      uint64 `json:"wrap"`
	Keyformat string `json:"keyformat"`
	Iters     uint64 `json:"iters"`
	Salt      uint64 `json:"salt"`
	FromIVSet uint64 `json:"fromIvset"`
	ToIVSet   uint64 `json:"toIvset"`
}

func (p *beginPayload) encode() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic("zfssim: " + err.Error())
	}
	return b
}

// beginOf makes the begin record of a stream.
func (j *sendJob) beginOf() *begin {
	b := &begin{flags: j.flags, toName: j.name}
	if j.to != nil {
		b.toGUID, b.creation = j.to.guid, j.to.creation
	} else {
		b.toGUID, b.creation, b.toName = j.head.guid, j.head.creation, j.name+"@--head--"
	}
	var p beginPayload
	if j.from != nil {
		b.fromGUID = j.from.guid()
	}
	if k := j.dataset().crypt; k != nil && b.has(flagRaw) {
		p.Crypt = &cryptPayload{Cipher: k.cipher, KeyGUID: k.keyGUID, Wrap: k.wrap, Keyformat: k.keyformat, Iters: k.iters, Salt: k.salt}
		if j.to != nil {
			p.Crypt.ToIVSet = j.to.ivset
		}
		if j.from != nil {
			p.Crypt.FromIVSet = j.from.ivset()
		}
	}
	if d := j.dataset(); d.kind == kindVolume {
		p.Volsize, p.Volblocksize = d.str("volsize"), d.str("volblocksize")
		if j.to != nil {
			p.Volsize = j.to.volsize
		}
	}
	if j.resume != nil {
		p.ResumeObject, p.ResumeOffset = j.resume.Object, j.resume.Offset
	}
	if p != (beginPayload{}) {
		b.payload = p.encode()
	}
	return b
}

func (o object) guid() uint64 {
	switch o.kind {
	case kindSnapshot:
		return o.snap.guid
	case kindBookmark:
		return o.mark.guid
	}
	return o.ds.guid
}

func (o object) ivset() uint64 {
	switch o.kind {
	case kindSnapshot:
		return o.snap.ivset
	case kindBookmark:
		return o.mark.ivset
	}
	return 0
}

// writeStream writes a whole stream: begin, records, end. The contents it walks never change, so it needs no lock.
func (c *call) writeStream(w *bufio.Writer, j *sendJob) error {
	c.mu.Lock()
	head := encodeBegin(j.beginOf())
	c.mu.Unlock()
	if _, err := w.Write(head); err != nil {
		return err
	}
	var buf []byte
	emit := func(r *record) error {
		pad := uint64(0)
		if n := r.size / c.opt.StreamScale; r.typ == recWrite && n > uint64(len(r.data)) {
			pad = n - uint64(len(r.data))
		}
		buf = r.encode(buf[:0], pad)
		_, err := w.Write(buf)
		return err
	}
	if err := j.records(emit); err != nil {
		return err
	}
	return emit(&record{typ: recEnd, hash: j.content.hash(), rest: j.content.id})
}

// records gives every record between begin and end, in the order of the objects.
func (j *sendJob) records(emit func(*record) error) error {
	base := j.base
	if base == nil {
		base = &content{}
	}
	i, k := 0, 0
	for i < len(j.content.files) || k < len(base.files) {
		switch {
		case i >= len(j.content.files) || k < len(base.files) && base.files[k].obj < j.content.files[i].obj:
			obj := base.files[k].obj
			k++
			if j.skips(obj) {
				continue
			}
			if err := emit(&record{typ: recFree, obj: obj}); err != nil {
				return err
			}
		case k >= len(base.files) || j.content.files[i].obj < base.files[k].obj:
			if err := j.emitFile(j.content.files[i], nil, emit); err != nil {
				return err
			}
			i++
		default:
			if j.content.files[i] != base.files[k] {
				if err := j.emitFile(j.content.files[i], base.files[k], emit); err != nil {
					return err
				}
			}
			i, k = i+1, k+1
		}
	}
	return nil
}

// skips reports whether an object was received before the stream was cut.
func (j *sendJob) skips(obj uint64) bool { return j.resume != nil && obj < j.resume.Object }

// emitFile sends an object and those of its blocks that the base has not.
func (j *sendJob) emitFile(f, base *file, emit func(*record) error) error {
	if j.skips(f.obj) {
		return nil
	}
	if base != nil && sameBlocks(f, base) && f.name == base.name {
		return nil
	}
	if err := emit(&record{typ: recObject, obj: f.obj, name: f.name, blocks: uint64(len(f.blocks))}); err != nil {
		return err
	}
	var offset uint64
	for i, b := range f.blocks {
		at := offset
		offset += b.size
		if base != nil && i < len(base.blocks) && base.blocks[i].id == b.id {
			continue
		}
		if j.resume != nil && f.obj == j.resume.Object && at < j.resume.Offset {
			continue
		}
		r := &record{typ: recWrite, obj: f.obj, index: uint64(i), offset: at, id: b.id, size: b.size, data: b.data}
		if err := emit(r); err != nil {
			return err
		}
	}
	return nil
}

func sameBlocks(a, b *file) bool {
	if len(a.blocks) != len(b.blocks) {
		return false
	}
	for i := range a.blocks {
		if a.blocks[i].id != b.blocks[i].id {
			return false
		}
	}
	return true
}
