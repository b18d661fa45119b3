package zfssim

import (
	"errors"
	"maps"
	"strings"
)

// receivedPackage is the package a stream belongs to. A nil one is no package.
type receivedPackage struct {
	header *packageHeader // nil when the package carries only streams
	sendfs string
}

func (p *receivedPackage) recursive() bool { return p.header != nil && p.header.Recursive }

// propsFor are the properties the package has for the dataset of a snapshot, nil when it carries none.
func (p *receivedPackage) propsFor(guid uint64) map[string]string {
	if p == nil || p.header == nil {
		return nil
	}
	for _, d := range p.header.Datasets {
		for _, g := range d.Snapshots {
			if g == guid {
				props := maps.Clone(d.Props)
				if props == nil {
					props = map[string]string{}
				}
				return props
			}
		}
	}
	return nil
}

// receivePackage receives every stream of a package until one fails.
func (r *receiver) receivePackage(b *begin, n int) error {
	pkg := &receivedPackage{}
	pkg.sendfs, _, _ = strings.Cut(b.toName, "@")
	if n > 0 {
		if err := b.readPayload(r.in, n); err != nil {
			r.complain("cannot receive", errShort.Error())
			return errFailed
		}
		var ok bool
		if pkg.header, ok = unpackHeader(b.payload); !ok {
			r.complain("cannot receive", "invalid stream (malformed nvlist)")
			return errFailed
		}
	}
	if end, _, err := readBegin(r.in); err != nil || end != nil {
		r.complain("cannot receive", errShort.Error())
		return errFailed
	}
	if pkg.recursive() && strings.Contains(r.target, "@") {
		r.complain("cannot receive", "cannot specify snapshot name for multi-snapshot stream")
		return errFailed
	}
	for {
		err := r.stream(pkg)
		switch {
		case errors.Is(err, errEnd):
			return nil
		case err != nil:
			return err
		}
	}
}
