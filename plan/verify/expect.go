package verify

import (
	"strconv"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// expected holds an action's preconditions against the machines as they are at that moment, as far as that is known.
func (r *replay) expected(a *action) *fault {
	var d *dataset
	for i := range a.Expect {
		e := &a.Expect[i]
		m := r.here
		switch {
		case e.Side == plan.Target && a.job != nil:
			m = a.job.there
		case e.Side != plan.Source:
			return wrong("it expects something of %q, which is neither of the two machines", e.Side)
		}
		name, sep, version := zfs.SplitVersion(e.Name)
		if d == nil || d.on != m || d.name != name {
			d = m.at(name)
		}
		since := ""
		switch sep {
		case '@':
			since = d.snapshotIs(version, e)
		case '#':
			since = d.bookmarkIs(version, e)
		default:
			since = d.is(e)
		}
		if since != "" {
			return drift(since, "it expects %s, and %s", e, since)
		}
	}
	return nil
}

// The following say what is otherwise than expected, "" if nothing is.

func (d *dataset) is(e *plan.Expect) string {
	at := " on " + d.on.title
	switch {
	case e.Property == "" && d.exists:
		return d.name + " exists" + at
	case e.Property == "":
		return ""
	case !d.exists:
		return d.name + " is gone from " + d.on.title
	}
	known := d.seen != nil && !d.fresh
	switch e.Property {
	case "guid":
		if known && d.seen.GUID != 0 && !isGUID(e.Value, d.seen.GUID) {
			return d.name + " is another dataset" + at
		}
	case "written":
		if w := d.prop("written"); known && !d.changed && w != "" && w != e.Value {
			return d.name + " was written to" + at
		}
	case "receive_resume_token":
		switch {
		case d.partial == nil && e.Value != "-":
			return "the interrupted transfer into " + d.name + " is gone from " + d.on.title
		case d.partial != nil && e.Value == "-":
			return "a transfer into " + d.name + " was interrupted" + at
		case d.partial != nil && e.Value != d.partial.Token:
			return "the interrupted transfer into " + d.name + " is another one" + at
		}
	default:
		if is := d.prop(e.Property); is != "" && is != e.Value {
			return d.name + " has " + e.Property + "=" + is + " by now" + at
		}
	}
	return ""
}

func (d *dataset) snapshotIs(name string, e *plan.Expect) string {
	pos := d.snaps.named(name)
	full, at := d.name+"@"+name, " on "+d.on.title
	switch {
	case pos < 0 && e.Property == "":
		return ""
	case e.Property == "":
		return full + " exists" + at
	case pos < 0:
		return full + " is gone from " + d.on.title
	case e.Property == "guid" && d.snaps.at(pos).GUID != 0 && !isGUID(e.Value, d.snaps.at(pos).GUID):
		return full + " is another snapshot" + at
	case e.Property == "userrefs" && e.Value != strconv.Itoa(d.snaps.held(pos).holds):
		return full + " is held" + at
	}
	return ""
}

func (d *dataset) bookmarkIs(name string, e *plan.Expect) string {
	b := d.mark(name)
	full := d.name + "#" + name
	switch {
	case b == nil && e.Property == "":
		return ""
	case e.Property == "":
		return full + " exists on " + d.on.title
	case b == nil:
		return full + " is gone from " + d.on.title
	case e.Property == "guid" && !isGUID(e.Value, b.GUID):
		return full + " is another bookmark on " + d.on.title
	}
	return ""
}

// isGUID says that the text is that GUID, as zfs prints it.
func isGUID(text string, g zfs.GUID) bool {
	var digits [20]byte
	return string(strconv.AppendUint(digits[:0], uint64(g), 10)) == text
}
