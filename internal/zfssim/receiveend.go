package zfssim

import (
	"slices"
	"strings"
)

// cleanup keeps the partial state of a broken receive or destroys it.
func (r *receiver) cleanup(in *incoming) {
	if !(r.resume && in.save) && len(in.ds.snaps) == 0 {
		r.removeHead(in.ds)
	}
	if d := r.lookup(in.fs); d != nil && !in.isNew && in.savedProp != nil {
		d.props = in.savedProp
	}
	r.gen++
}

// end turns what was received into a snapshot.
func (r *receiver) end(in *incoming) errno {
	_, short, _ := strings.Cut(in.dest, "@")
	d := in.ds
	if !in.isNew {
		if d = r.lookup(in.fs); d == nil {
			return enoent
		}
		if e := r.endCheck(in, d, short); e != eok {
			return e
		}
	} else if d.snap(short) != nil {
		return eexist // another receive was quicker
	}
	r.tick(d.pool)
	if !in.isNew {
		r.swap(in, d)
	}
	d.inconsistent, d.recv = false, nil
	if in.payload.Volsize != "" {
		d.setLocal("volsize", in.payload.Volsize)
		d.setLocal("volblocksize", in.payload.Volblocksize)
	}
	s := r.addSnapshot(d, short)
	s.guid, s.creation = in.toGUID, in.creation
	if in.payload.Crypt != nil {
		s.ivset = in.payload.Crypt.ToIVSet
	}
	return eok
}

// endCheck are the checks after all data has arrived.
func (r *receiver) endCheck(in *incoming, d *dataset, short string) errno {
	last := d.latest()
	base := in.ds.origin
	if r.force {
		for _, s := range slices.Backward(d.snaps) {
			if s == base {
				break
			}
			if e := s.destroyable(false); e != eok {
				return e
			}
		}
	}
	if k := in.payload.Crypt; k != nil && d.crypt != nil && d.crypt.keyGUID != k.KeyGUID {
		return eacces
	}
	if !r.force {
		switch {
		case last != base:
			return einval
		case d.modifiedSince(last):
			return etxtbsy
		}
	}
	if d.snap(short) != nil {
		return eexist
	}
	return eok
}

// swap puts the received head in the place of the dataset's and removes the hidden clone.
func (r *receiver) swap(in *incoming, d *dataset) {
	base := in.ds.origin
	if r.force {
		for _, s := range slices.Clone(d.snaps) {
			if base == nil || s.txg > base.txg {
				r.removeSnapshot(s)
			}
		}
	}
	if k := in.payload.Crypt; k != nil {
		d.crypt.cipher, d.crypt.wrap = k.Cipher, k.Wrap
		d.crypt.keyformat, d.crypt.iters, d.crypt.salt = k.Keyformat, k.Iters, k.Salt
	}
	d.head, d.features, d.kind = in.ds.head, in.ds.features, in.ds.kind
	if base == nil {
		d.crypt = in.ds.crypt
		if d.crypt != nil && d.crypt.root == in.ds {
			d.crypt.root = d
		}
	}
	r.removeHead(in.ds)
}
