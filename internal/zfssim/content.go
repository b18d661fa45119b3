package zfssim

import (
	"cmp"
	"slices"
	"strings"
)

// block is a piece of a file. It never changes.
type block struct {
	id    uint64 // the same on every machine it was replicated to
	size  uint64 // modelled bytes
	data  string // real bytes, if any were given
	birth uint64 // transaction group in which this pool got it
}

// file is an object of a dataset. It never changes: writing makes another.
type file struct {
	obj    uint64
	name   string
	blocks []*block
}

// content is what a dataset or snapshot holds, by object number. It never changes: writing makes another.
type content struct {
	files []*file
	size  uint64 // of all blocks
	next  uint64 // highest object number ever used
	id    uint64 // stands for files that are not modelled, see [Machine.Put]
}

func (c *content) find(name string) *file {
	for _, f := range c.files {
		if f.name == name {
			return f
		}
	}
	return nil
}

func (c *content) object(obj uint64) *file {
	i, ok := slices.BinarySearchFunc(c.files, obj, func(f *file, o uint64) int { return cmp.Compare(f.obj, o) })
	if !ok {
		return nil
	}
	return c.files[i]
}

// with returns the content with a file put in place of the one with its object number.
func (c *content) with(f *file) *content {
	i, ok := slices.BinarySearchFunc(c.files, f.obj, func(f *file, o uint64) int { return cmp.Compare(f.obj, o) })
	n := &content{size: c.size, next: max(c.next, f.obj), id: c.id}
	if ok {
		n.size -= c.files[i].size()
		n.files = slices.Clone(c.files)
		n.files[i] = f
	} else {
		n.files = slices.Insert(slices.Clone(c.files), i, f)
	}
	n.size += f.size()
	return n
}

// without returns the content without an object.
func (c *content) without(obj uint64) *content {
	i, ok := slices.BinarySearchFunc(c.files, obj, func(f *file, o uint64) int { return cmp.Compare(f.obj, o) })
	if !ok {
		return c
	}
	return &content{size: c.size - c.files[i].size(), next: c.next, id: c.id, files: slices.Delete(slices.Clone(c.files), i, i+1)}
}

func (f *file) size() uint64 {
	var n uint64
	for _, b := range f.blocks {
		n += b.size
	}
	return n
}

// bytes is what reading the file gives, as far as real bytes were written.
func (f *file) bytes() []byte {
	var b strings.Builder
	for _, k := range f.blocks {
		b.WriteString(k.data)
	}
	return []byte(b.String())
}

// hash names the content: equal on two machines when they hold the same files made of the same blocks.
func (c *content) hash() uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	mix(c.id)
	for _, f := range c.files {
		mix(f.obj)
		mix(hashString(f.name))
		for _, b := range f.blocks {
			mix(b.id)
			mix(b.size)
		}
	}
	return h
}

// eachGone calls f for the size of every block that a has and b has not.
func eachGone(a, b *content, f func(*block)) {
	if a == b || a == nil {
		return
	}
	j := 0
	for _, fa := range a.files {
		var fb *file
		if b != nil {
			for j < len(b.files) && b.files[j].obj < fa.obj {
				j++
			}
			if j < len(b.files) && b.files[j].obj == fa.obj {
				fb = b.files[j]
			}
		}
		if fa == fb {
			continue
		}
		for i, k := range fa.blocks {
			if fb == nil || i >= len(fb.blocks) || fb.blocks[i].id != k.id {
				f(k)
			}
		}
	}
}

// gone is how many bytes of a are not in b.
func gone(a, b *content) uint64 {
	var n uint64
	eachGone(a, b, func(k *block) { n += k.size })
	return n
}

// born is how many bytes of c were written after a transaction group.
func (c *content) born(after uint64) uint64 {
	var n uint64
	for _, f := range c.files {
		for _, b := range f.blocks {
			if b.birth > after {
				n += b.size
			}
		}
	}
	return n
}
