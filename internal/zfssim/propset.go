package zfssim

import (
	"math/bits"
	"strings"
)

// normalize checks a value for a property of an object of the kind and returns how it is stored. creating allows the
// properties that can only be set at creation.
func normalize(name, value string, k kind, creating, keyParams bool) (string, string, *badProp) {
	p := findProp(name)
	if p == nil {
		if isUserProp(name) {
			if len(name) > maxName {
				return "", "", &badProp{"property name '" + name + "' is too long", descBadProp}
			}
			return name, value, nil
		}
		if isWritten(name) {
			return "", "", &badProp{"'" + name + "' is readonly", descReadonlyProp}
		}
		return "", "", &badProp{"invalid property '" + name + "'", descBadProp}
	}
	if k == kindSnapshot {
		return "", "", &badProp{"this property can not be modified for snapshots", descPropType}
	}
	if p.kinds&k == 0 {
		return "", "", &badProp{"'" + name + "' does not apply to datasets of this type", descPropType}
	}
	if !p.settableLater() && !(p.class == classOnce && creating) && !(p.class == classKeyOnce && keyParams) {
		return "", "", &badProp{"'" + name + "' is readonly", descReadonlyProp}
	}
	v, bad := p.parse(value, k)
	return p.name, v, bad
}

// parse reads a value as its type demands.
func (p *propDef) parse(value string, k kind) (string, *badProp) {
	switch p.typ {
	case typeNumber:
		return p.parseNumber(value, k)
	case typeIndex:
		if !p.allows(value) {
			return "", &badProp{"'" + p.name + "' must be one of '" + p.values + "'", descBadProp}
		}
		switch p.name + "=" + value {
		case "encryption=on":
			value = "aes-256-gcm"
		case "compression=gzip-6":
			value = "gzip" // the same, and printed so
		}
	case typeString:
		if p.name == "mountpoint" && value != "none" && value != "legacy" && !strings.HasPrefix(value, "/") {
			return "", &badProp{"'mountpoint' must be an absolute path, 'none', or 'legacy'", descBadProp}
		}
		if p.name == "keylocation" && !validKeylocation(value) {
			return "", &badProp{"invalid keylocation", descBadProp}
		}
	}
	return value, nil
}

func (p *propDef) parseNumber(value string, k kind) (string, *badProp) {
	limit := p.name == "filesystem_limit" || p.name == "snapshot_limit"
	switch {
	case value == "none" && limit:
		return noLimit, nil
	case value == "none":
		return "0", nil
	case value == "auto" && p.name == "refreservation" && k == kindVolume:
		return value, nil
	}
	n, ok := parseSize(value)
	if !ok {
		return "", &badProp{"bad numeric value '" + value + "'", descBadProp}
	}
	switch p.name {
	case "quota", "refquota":
		if n == 0 {
			return "", &badProp{"use 'none' to disable quota/refquota", descBadProp}
		}
	case "recordsize", "volblocksize":
		if n < 512 || n > 16<<20 || bits.OnesCount64(n) != 1 {
			return "", &badProp{"'" + p.name + "' must be power of 2 from 512B to 16M", descBadProp}
		}
	case "pbkdf2iters":
		if n < 100000 {
			return "", &badProp{"minimum pbkdf2 iterations is 100000", descBadProp}
		}
	}
	return utoa(n), nil
}

// allows reports whether an index property can have the value.
func (p *propDef) allows(value string) bool {
	for _, w := range strings.Split(p.values, " | ") {
		stem, pattern := w, false
		if i := strings.IndexByte(w, '['); i >= 0 {
			stem, pattern = strings.TrimSuffix(w[:i], ","), true
		}
		if value == stem && !(pattern && strings.HasSuffix(stem, "-")) {
			return true
		}
		if pattern && strings.HasPrefix(value, stem) && len(value) > len(stem) && strings.Trim(value[len(stem):], "0123456789,verify") == "" {
			return true
		}
	}
	return false
}

func validKeylocation(v string) bool {
	return v == "none" || v == "prompt" || strings.HasPrefix(v, "file:///") || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "http://")
}

// set is `zfs set`.
func (c *call) set() int {
	opts, rest, ok := c.options("u", nil)
	if !ok {
		return badUse
	}
	var pairs []pair
	for len(rest) > 0 && strings.Contains(rest[0], "=") {
		if pairs, ok = c.parsePair(pairs, rest[0]); !ok {
			return minus1
		}
		rest = rest[1:]
	}
	switch {
	case len(pairs) == 0 && len(rest) == 0:
		return c.usage("missing arguments")
	case len(pairs) == 0:
		return c.usage("missing property=value argument(s)")
	case len(rest) == 0:
		return c.usage("missing dataset name(s)")
	}
	for _, a := range rest {
		if strings.Contains(a, "=") {
			return c.usage("invalid argument order")
		}
	}
	found, code := c.gather(selection{types: kindDataset, depth: -1, args: rest})
	for _, o := range found {
		if !c.setAll(o, pairs, len(opts) > 0) {
			code = minus1
		}
	}
	return code
}

// setAll sets properties of one object: all of them or, when one is refused, none.
func (c *call) setAll(o object, pairs []pair, noMount bool) bool {
	action := "cannot set property for '" + o.name() + "'"
	checked := make([]pair, 0, len(pairs))
	for _, p := range pairs {
		name, v, bad := normalize(p.key, p.value, o.kind, false, false)
		if bad == nil {
			bad = c.checkSet(o, name, v)
		}
		if bad != nil {
			c.say(action, bad.text())
			return false
		}
		checked = append(checked, pair{name, v})
	}
	if e := c.mayChange(o.ds.pool); e != eok {
		c.std(action, e)
		return false
	}
	c.tick(o.ds.pool)
	for _, p := range checked {
		if o.kind == kindSnapshot {
			o.snap.setUser(p.key, p.value, true)
			continue
		}
		was := o.ds.mountpoint()
		o.ds.setLocal(p.key, p.value)
		c.remount(o.ds, p.key, was, noMount)
	}
	return true
}

// checkSet are the refusals that depend on the dataset.
func (c *call) checkSet(o object, name, v string) *badProp {
	d := o.ds
	switch name {
	case "sharenfs", "sharesmb", "mountpoint":
		return d.checkZoned(name, v)
	case "quota":
		if n := atou(v); n != 0 && n < c.spaceOf(d).used {
			return &badProp{"size is less than current used or reserved space", ""}
		}
	case "refquota":
		if n := atou(v); n != 0 && n < d.referenced(d.head) {
			return &badProp{"size is less than current used or reserved space", ""}
		}
	case "refreservation":
		is := atou(d.str("refreservation"))
		if more := sub(max(d.written(), atou(v)), max(d.written(), is)); more > sub(c.available(d), c.spaceOf(d).refreserv) {
			return &badProp{descPropSpace, ""}
		}
	case "reservation":
		if n := atou(v); n > c.available(d)+d.referenced(d.head) {
			return &badProp{descPropSpace, ""}
		}
	case "keylocation":
		switch {
		case d.crypt == nil && v != "none":
			return &badProp{"keylocation must be 'none' for unencrypted datasets", ""}
		case d.crypt != nil && v == "none":
			return &badProp{"keylocation must not be 'none' for encrypted datasets", ""}
		}
	case "volsize":
		if n := atou(v); n == 0 || n%atou(d.str("volblocksize")) != 0 {
			return &badProp{"'volsize' must be a multiple of volume block size (" + niceBytes(atou(d.str("volblocksize"))) + ")", ""}
		}
	}
	return nil
}

func (s *snapshot) setUser(name, value string, local bool) {
	if s.props == nil {
		s.props = map[string]prop{}
	}
	p := s.props[name]
	if local {
		p.local, p.hasLocal = value, true
	} else {
		p.received, p.hasReceived = value, true
	}
	s.props[name] = p
}

// inheritCmd is `zfs inherit`.
func (c *call) inheritCmd() int {
	opts, rest, ok := c.options("rS", nil)
	if !ok {
		return badUse
	}
	s, revert := selection{types: kindDataset, depth: -1}, false
	for _, o := range opts {
		s.recurse = s.recurse || o.letter == 'r'
		revert = revert || o.letter == 'S'
	}
	if len(rest) == 0 {
		return c.usage("missing property argument")
	}
	if len(rest) == 1 {
		return c.usage("missing dataset argument")
	}
	name := rest[0]
	if p := findProp(name); p != nil {
		name = p.name
		if p.class == classReadonly || p.class == classOnce || p.class == classKeyOnce {
			c.errorf("%s property is read-only\n", rest[0])
			return failed
		}
		if !p.inheritable() && !revert {
			c.errorf("'%s' property cannot be inherited\n", rest[0])
			switch name {
			case "quota", "reservation", "refquota", "refreservation":
				c.errorf("use 'zfs set %s=none' to clear\nuse 'zfs inherit -S %s' to revert to received value\n", rest[0], rest[0])
			}
			return failed
		}
	} else if !isUserProp(name) {
		return c.usage("invalid property '%s'", name)
	}
	s.args = rest[1:]
	found, code := c.gather(s)
	for _, o := range found {
		if e := c.mayChange(o.ds.pool); e != eok {
			c.std("cannot inherit "+name+" for '"+o.name()+"'", e)
			code = minus1
			continue
		}
		c.tick(o.ds.pool)
		if o.kind == kindSnapshot {
			delete(o.snap.props, name)
			continue
		}
		was := o.ds.mountpoint()
		o.ds.inherit(name, revert)
		c.remount(o.ds, name, was, false)
	}
	return code
}
