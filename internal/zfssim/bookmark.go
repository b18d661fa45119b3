package zfssim

import "strings"

// bookmark is `zfs bookmark`.
func (c *call) bookmark() int {
	_, rest, ok := c.options("", nil)
	if !ok {
		return badUse
	}
	switch {
	case len(rest) < 1:
		return c.usage("missing source argument")
	case len(rest) < 2:
		return c.usage("missing bookmark argument")
	}
	source, name := rest[0], rest[1]
	if !strings.ContainsAny(source, "@#") {
		return c.usage("invalid source name '%s': must contain a '@' or '#'", source)
	}
	if !strings.Contains(name, "#") {
		return c.usage("invalid bookmark name '%s': must contain a '#'", name)
	}
	shortSource, shortName := strings.IndexAny(source, "@#") == 0, strings.IndexByte(name, '#') == 0
	switch {
	case shortSource && shortName:
		c.errorf("either source or bookmark must be specified as full dataset paths")
		return c.usage("")
	case shortSource:
		source = name[:strings.IndexByte(name, '#')] + source
	case shortName:
		name = source[:strings.IndexAny(source, "@#")] + name
	}
	want := kindSnapshot
	if !strings.Contains(source, "@") {
		want = kindBookmark
	}
	o, ok := c.open(source, want)
	if !ok {
		return c.usage("")
	}
	if why := c.putBookmark(o, name); why != "" {
		c.say("cannot create bookmark '"+name+"'", why)
		return failed
	}
	return done
}

// putBookmark makes the bookmark or says why not.
func (c *call) putBookmark(o object, name string) string {
	fs, short, _ := strings.Cut(name, "#")
	if e := c.mayChange(o.ds.pool); e == eperm || e == eagain || e == erofs {
		return e.standard()
	}
	if poolName(fs) != o.ds.pool.name {
		return "bookmark is in a different pool"
	}
	if checkName(name, kindBookmark, true) != "" {
		return "invalid argument"
	}
	d := c.lookup(fs)
	switch {
	case d == nil:
		return enoent.standard()
	case !d.pool.has("bookmarks"):
		return "bookmark feature not enabled"
	case d.mark(short) != nil:
		return "bookmark exists"
	case !o.isBefore(d):
		return "source is not an ancestor of the new bookmark's dataset"
	}
	b := &bookmark{ds: d, name: short, txg: o.txg()}
	if s := o.snap; s != nil {
		b.guid, b.creation, b.ivset, b.content = s.guid, s.creation, s.ivset, s.content
	} else {
		b.guid, b.creation, b.ivset, b.content = o.mark.guid, o.mark.creation, o.mark.ivset, o.mark.content
	}
	c.tick(d.pool)
	d.addMark(b)
	return ""
}

// isBefore reports whether a snapshot or bookmark is an earlier point in the history of a dataset: its own, or before the
// origin it was cloned from.
func (o object) isBefore(d *dataset) bool {
	limit := noTxgLimit
	for d != nil {
		if o.ds == d {
			return o.txg() <= limit
		}
		if d.origin == nil {
			return false
		}
		limit = d.origin.txg
		d = d.origin.ds
	}
	return false
}

const noTxgLimit = ^uint64(0)
