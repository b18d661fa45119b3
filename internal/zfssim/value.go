package zfssim

import (
	"slices"
	"strings"
)

// object is anything with a name: a dataset, one of its snapshots or one of its bookmarks.
type object struct {
	kind kind
	ds   *dataset
	snap *snapshot
	mark *bookmark
}

func (o object) name() string {
	switch o.kind {
	case kindSnapshot:
		return o.snap.full()
	case kindBookmark:
		return o.mark.full()
	}
	return o.ds.name
}

func (o object) txg() uint64 {
	switch o.kind {
	case kindSnapshot:
		return o.snap.txg
	case kindBookmark:
		return o.mark.txg
	}
	return o.ds.txg
}

// value is one property as a command prints it.
type value struct {
	text string
	src  source
	from string // the dataset it is inherited from
}

// property returns a native property of an object. Not ok: it does not apply, or there is none ("-").
func (m *Machine) property(o object, p *propDef, literal bool) (value, bool) {
	if p.kinds&o.kind == 0 {
		return value{}, false
	}
	if o.kind == kindSnapshot && p.kinds&o.ds.kind == 0 && p.kinds != kindSnapshot {
		return value{}, false
	}
	if p.name == "filesystem_count" || p.name == "snapshot_count" {
		return value{text: "none", src: srcDefault}, true
	}
	if p.class == classReadonly || o.kind == kindBookmark {
		text, ok := m.computed(o, p.name)
		if ok && !literal {
			text = humanComputed(p, text)
		}
		return value{text: text}, ok
	}
	return m.settable(o, p, literal)
}

// settable is a property that is stored: on the dataset, on one above, or nowhere, which makes it the default.
func (m *Machine) settable(o object, p *propDef, literal bool) (value, bool) {
	if v, ok := cryptValue(o, p); ok {
		return v, true
	}
	if p.name == "volsize" && o.kind == kindSnapshot {
		return value{text: o.snap.volsize, src: srcLocal}, true
	}
	text, src, from := o.ds.effective(p.name, p.inheritable())
	v := value{text: text, src: src}
	if src == srcInherited || o.kind == kindSnapshot && from != nil {
		v.src, v.from = srcInherited, from.name
	}
	switch {
	case src == srcNone:
		v.text, v.src = p.def, srcDefault
		switch {
		case p.name == "mountpoint":
			v.text = o.ds.mountpoint()
		case p.class == classOnce && p.name != "volblocksize" && p.name != "encryption":
			v.src = srcNone
		}
	case p.name == "mountpoint":
		v.text = o.ds.mountpoint()
	case p.class == classOnce:
		v.src = srcNone
	}
	if p.name == "version" {
		v.src = srcNone
	}
	v.text = humanSettable(p, v.text, literal)
	return v, true
}

// computed is a read-only property, as -p prints it.
func (m *Machine) computed(o object, name string) (string, bool) {
	switch name {
	case "name":
		return o.name(), true
	case "type":
		return o.kind.String(), true
	case "createtxg":
		return utoa(o.txg()), true
	case "compressratio", "refcompressratio":
		return "1.00", o.kind != kindBookmark
	case "ivsetguid", "keyguid", "keystatus", "encryptionroot":
		return cryptComputed(o, name)
	case "redact_snaps":
		return "", false
	case "redacted":
		return "0", true
	}
	switch o.kind {
	case kindSnapshot:
		return o.snap.computed(name)
	case kindBookmark:
		return o.mark.computed(name)
	}
	if text, ok := m.spaceValue(o.ds, name); ok {
		return text, true
	}
	return m.headValue(o.ds, name)
}

func (s *snapshot) computed(name string) (string, bool) {
	switch name {
	case "guid":
		return utoa(s.guid), true
	case "creation":
		return utoa(uint64(s.creation)), true
	case "used", "unique":
		return utoa(s.unique()), true
	case "referenced":
		return utoa(s.ds.referenced(s.content)), true
	case "logicalreferenced":
		return utoa(s.ds.logical(s.content)), true
	case "written":
		return utoa(s.written()), true
	case "userrefs":
		return utoa(uint64(len(s.holds))), true
	case "numclones":
		return utoa(uint64(len(s.clones))), true
	case "defer_destroy":
		return onoff(s.deferred), true
	case "objsetid":
		return utoa(s.objset), true
	case "inconsistent":
		return "0", true
	case "clones":
		if len(s.clones) == 0 {
			return "", false
		}
		names := make([]string, len(s.clones))
		for i, c := range s.clones {
			names[i] = c.name
		}
		slices.Sort(names)
		return strings.Join(names, ","), true
	}
	return "", false
}

func (b *bookmark) computed(name string) (string, bool) {
	switch name {
	case "guid":
		return utoa(b.guid), true
	case "creation":
		return utoa(uint64(b.creation)), true
	case "referenced":
		return utoa(b.ds.referenced(b.content)), true
	case "logicalreferenced":
		return utoa(b.ds.logical(b.content)), true
	}
	return "", false
}

func (m *Machine) spaceValue(d *dataset, name string) (string, bool) {
	n := uint64(0)
	switch name {
	case "used":
		n = m.spaceOf(d).used
	case "logicalused":
		n = sub(m.spaceOf(d).used-m.spaceOf(d).refreserv, d.emptySize()/2)
	case "usedbysnapshots":
		n = m.spaceOf(d).snaps
	case "usedbydataset", "unique":
		n = m.spaceOf(d).dataset
	case "usedbychildren":
		n = m.spaceOf(d).children
	case "usedbyrefreservation":
		n = m.spaceOf(d).refreserv
	case "available":
		n = m.available(d)
	case "referenced":
		n = d.referenced(d.head)
	case "logicalreferenced":
		n = d.logical(d.head)
	case "written":
		n = d.written()
	default:
		return "", false
	}
	return utoa(n), true
}

func (m *Machine) headValue(d *dataset, name string) (string, bool) {
	switch name {
	case "guid":
		return utoa(d.guid), true
	case "creation":
		return utoa(uint64(d.creation)), true
	case "objsetid":
		return utoa(d.objset), true
	case "mounted":
		return yesno(d.mounted), true
	case "inconsistent":
		return zeroOne(d.inconsistent), true
	case "origin":
		if d.origin != nil {
			return d.origin.full(), true
		}
	case "prevsnap":
		if s := d.latest(); s != nil {
			return s.full(), true
		}
	case "receive_resume_token":
		return d.token()
	case "snapshots_changed":
		if d.snapsChanged != 0 {
			return utoa(uint64(d.snapsChanged)), true
		}
	}
	return "", false
}
