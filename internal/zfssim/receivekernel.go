package zfssim

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// kernel receives a stream whose target passed the command's own checks: begin, records, end.
func (r *receiver) kernel(in *incoming) errno {
	if in.n > 0 {
		if err := in.readPayload(r.in, in.n); err != nil {
			return etruncated
		}
		if err := json.Unmarshal(in.begin.payload, &in.payload); err != nil {
			return einval
		}
	}
	r.mu.Lock()
	if e := r.beginCheck(in); e != eok {
		r.mu.Unlock()
		return e
	}
	r.beginSync(in)
	r.applyProps(in)
	e := r.startStream(in)
	r.mu.Unlock()
	if e == eok {
		e = r.records(in)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	in.state.live = false
	if e == eok {
		e = r.end(in)
	}
	if e != eok {
		r.cleanup(in)
		return e
	}
	return eok
}

// beginSync makes what the data goes into.
func (r *receiver) beginSync(in *incoming) {
	p := r.pools[poolName(in.fs)]
	r.tick(p)
	d := r.lookup(in.fs)
	switch {
	case in.has(flagResuming):
		in.ds, in.isNew = d, true
		if d.partial != nil {
			in.ds, in.isNew = d.partial, false
		}
		in.state = in.ds.recv
		in.state.live, in.save = true, true
		if in.ds.origin != nil && in.fromGUID != 0 {
			in.base = in.ds.origin
		}
		return
	case d == nil:
		in.isNew = true
		in.ds = r.newDataset(p, r.lookup(parentName(in.fs)), in.fs, in.kind())
		if in.origin != nil {
			r.graft(in.ds, in.origin)
		} else if !in.has(flagRaw) {
			r.applyKey(in.ds, in.key)
		}
	default:
		in.ds = r.newDataset(p, nil, in.fs+"/"+recvName, in.kind())
		in.ds.parent, d.partial = d, in.ds
		if in.base != nil {
			r.graft(in.ds, in.base)
		} else if in.key.wrap != 0 { // the key of the dataset above does not count: the one replaced is plain
			r.applyKey(in.ds, in.key)
		}
	}
	in.ds.inconsistent = true
	in.state = &recvState{
		live: true, resumable: r.resume, toGUID: in.toGUID, fromGUID: in.fromGUID, toName: in.toName, object: 1,
		large: in.has(flagLarge), embed: in.has(flagEmbed), compress: in.has(flagCompress), raw: in.has(flagRaw),
	}
	in.ds.recv = in.state
}

func (in *incoming) kind() kind {
	if in.has(flagVolume) {
		return kindVolume
	}
	return kindFilesystem
}

// startStream checks what the begin record's payload says: the key of a raw stream, the point to resume at.
func (r *receiver) startStream(in *incoming) errno {
	if k := in.payload.Crypt; k != nil {
		if in.base != nil {
			switch {
			case k.FromIVSet == 0 || in.base.ivset == 0:
				return eivmissing
			case k.FromIVSet != in.base.ivset:
				return eivmismatch
			}
		}
		if in.isNew {
			if e := r.rawKey(in.ds, k); e != eok {
				return e
			}
		}
	}
	if in.has(flagResuming) && (in.payload.ResumeObject != in.state.object || in.payload.ResumeOffset != in.state.offset) {
		return einval
	}
	return eok
}

// rawKey puts the key of a raw stream into a dataset that is being made, or that has it already.
func (r *receiver) rawKey(d *dataset, k *cryptPayload) errno {
	if d.crypt == nil {
		d.crypt = &crypt{keyGUID: k.KeyGUID, root: d}
		d.setLocal("keylocation", "prompt")
	}
	if d.crypt.keyGUID != k.KeyGUID {
		return eacces
	}
	d.crypt.cipher, d.crypt.wrap = k.Cipher, k.Wrap
	d.crypt.keyformat, d.crypt.iters, d.crypt.salt = k.Keyformat, k.Iters, k.Salt
	return eok
}

// records takes the stream's records one by one until its end.
func (r *receiver) records(in *incoming) errno {
	for {
		rec, err := readRecord(r.in)
		switch {
		case r.killed():
			return eintr
		case errors.Is(err, errChecksum):
			in.save = true
			return echecksum
		case err != nil:
			return etruncated
		}
		in.save = true
		if rec.typ == recEnd {
			return r.complete(in, rec)
		}
		r.mu.Lock()
		e := r.apply(in, rec)
		r.mu.Unlock()
		if e != eok {
			return e
		}
	}
}

// complete checks that what was received is what was sent.
func (r *receiver) complete(in *incoming, end *record) errno {
	r.mu.Lock()
	defer r.mu.Unlock()
	if in.ds.head.id != end.rest {
		c := *in.ds.head
		c.id = end.rest
		in.ds.head = &c
	}
	if in.ds.head.hash() != end.hash {
		panic("zfssim: " + in.dest + " was received differently from what was sent")
	}
	return eok
}

// apply does what one record says and remembers how far the receive came.
func (r *receiver) apply(in *incoming, rec *record) errno {
	d := in.ds
	switch rec.typ {
	case recFree:
		d.head = d.head.without(rec.obj)
	case recObject:
		old := d.head.object(rec.obj)
		f := &file{obj: rec.obj, name: rec.name, blocks: make([]*block, rec.blocks)}
		if old != nil {
			copy(f.blocks, old.blocks)
		}
		for i, b := range f.blocks {
			if b == nil {
				f.blocks[i] = &block{}
			}
		}
		d.head = d.head.with(f)
	case recWrite:
		if e := r.room(d, rec.size); e != eok {
			return e
		}
		old := d.head.object(rec.obj)
		if old == nil || rec.index >= uint64(len(old.blocks)) {
			return einval
		}
		f := &file{obj: old.obj, name: old.name, blocks: slices.Clone(old.blocks)}
		f.blocks[rec.index] = &block{id: rec.id, size: rec.size, data: rec.data, birth: d.pool.txg}
		d.head = d.head.with(f)
		in.state.bytes += rec.size
	}
	if in.has(flagLarge) && !d.features["large_blocks"] {
		d.features = withFeature(d.features, "large_blocks")
	}
	in.state.object, in.state.offset = rec.obj, rec.offset
	in.state.bytes += beginSize
	r.gen++
	return eok
}

func withFeature(m map[string]bool, f string) map[string]bool {
	n := map[string]bool{f: true}
	maps.Copy(n, m)
	return n
}
