package zfssim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Run runs a command line, split at spaces, and returns what it printed and its exit code.
func (m *Machine) Run(line string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = m.Exec(strings.Fields(line), nil, &out, &errs)
	return out.String(), errs.String(), code
}

// MustRun runs a command line and returns what it printed. It panics when the command fails.
func (m *Machine) MustRun(line string) string {
	out, errs, code := m.Run(line)
	if code != 0 {
		panic(fmt.Sprintf("zfssim: %s on %s: exit %d: %s", line, m.opt.Name, code, errs))
	}
	return out
}

const chunk = 128 << 10 // modelled size of the blocks a written file is cut into, unless they are bigger

// Write makes a file of a filesystem or volume hold the bytes, as a program would: the head changes. It ignores readonly and
// mounts, which decide who may write, not what writing does. A nil content removes the file.
func (m *Machine) Write(ds, name string, data []byte) {
	m.change(ds, func(d *dataset) {
		old := d.head.find(name)
		if data == nil {
			if old != nil {
				d.head = d.head.without(old.obj)
			}
			return
		}
		f := d.newFile(old, name)
		step := int(d.blockSize())
		for i := 0; i < len(data) || i == 0; i += step {
			part := string(data[i:min(i+step, len(data))])
			f.blocks = append(f.blocks, &block{id: m.random(), size: uint64(max(len(part), 512)), data: part, birth: d.pool.txg})
		}
		d.put(f)
	})
}

// Fill makes a file of a given size without real bytes in it: only numbers, however big.
func (m *Machine) Fill(ds, name string, size uint64) {
	m.change(ds, func(d *dataset) {
		f := d.newFile(d.head.find(name), name)
		step := max(d.blockSize(), (size+1023)/1024)
		for left := size; left > 0; left -= min(left, step) {
			f.blocks = append(f.blocks, &block{id: m.random(), size: min(left, step), birth: d.pool.txg})
		}
		d.put(f)
	})
}

// Touch changes a dataset as anything does that leaves its files alone: an access time, a delete queue.
func (m *Machine) Touch(ds string) {
	m.change(ds, func(d *dataset) {
		c := *d.head
		d.head = &c
	})
}

func (m *Machine) change(ds string, f func(*dataset)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.lookup(ds)
	if d == nil {
		panic("zfssim: no dataset " + ds)
	}
	if d.inconsistent {
		panic("zfssim: " + ds + " is being received into: nothing can write there")
	}
	m.tick(d.pool)
	f(d)
}

// newFile is a file to be written in the place of old.
func (d *dataset) newFile(old *file, name string) *file {
	if old != nil {
		return &file{obj: old.obj, name: name}
	}
	return &file{obj: d.head.next + 1, name: name}
}

// put makes the file part of the head, which from then on may use large blocks.
func (d *dataset) put(f *file) {
	d.head = d.head.with(f)
	for _, b := range f.blocks {
		if b.size > chunk && d.blockSize() > chunk && !d.features["large_blocks"] {
			d.features = withFeature(d.features, "large_blocks")
		}
	}
}

func (d *dataset) blockSize() uint64 {
	name := "recordsize"
	if d.kind == kindVolume {
		name = "volblocksize"
	}
	return max(atou(d.str(name)), 512)
}

// Read returns a file of a dataset or snapshot. ok is false when there is no such file.
func (m *Machine) Read(name, file string) (data []byte, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.contentOf(name)
	if c == nil {
		return nil, false
	}
	f := c.find(file)
	if f == nil {
		return nil, false
	}
	return f.bytes(), true
}

// Files lists the files of a dataset or snapshot.
func (m *Machine) Files(name string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	if c := m.contentOf(name); c != nil {
		for _, f := range c.files {
			list = append(list, f.name)
		}
	}
	slices.Sort(list)
	return list
}

// ContentID names what a dataset or snapshot holds: equal on two machines when they hold the same. 0 stands for no such thing.
func (m *Machine) ContentID(name string) uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.contentOf(name)
	if c == nil {
		return 0
	}
	return c.hash()
}

func (m *Machine) contentOf(name string) *content {
	o, ok := m.find(name)
	switch {
	case !ok:
		return nil
	case o.kind == kindSnapshot:
		return o.snap.content
	case o.kind == kindBookmark:
		return o.mark.content
	}
	return o.ds.head
}

// SetBusy makes a mounted filesystem one that cannot be unmounted.
func (m *Machine) SetBusy(ds string, busy bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.lookup(ds); d != nil {
		d.busy = busy
	}
}
