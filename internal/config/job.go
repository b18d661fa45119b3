package config

import (
	"math"
	"strings"

	"github.com/tidwall/gjson"
)

// draft is a job being read, with the places in the document that judging it as a whole needs.
type draft struct {
	*Job
	members    map[string]node // by key; nil if the job is no object
	properties map[string]node // of receive, by name
	entries    []entry
}

// entry is one of a job's datasets and the place of its name in the document.
type entry struct {
	*draft
	Dataset
	node  node
	lost  bool // its target cannot be read
	index int  // among all entries of all jobs
}

func (r *reader) job(n node, name string) *draft {
	j := DefaultJob()
	j.Name = name
	d := &draft{Job: &j}
	d.members = r.object(n, r.jobFields(d), needs{
		"remotePool": `name the pool or dataset that receives: "remotePool": "tank"`,
		"datasets":   `name what to replicate: "datasets": ["tank/services"]`,
	})
	r.judgeJob(d)
	return d
}

// jobFields is the table of a job's settings.
func (r *reader) jobFields(d *draft) fields {
	j := d.Job
	return fields{
		"remoteHost":    nullable(r.string(&j.RemoteHost, checkHost)),
		"remotePort":    r.integer(&j.RemotePort, 1, math.MaxUint16, "the port of the target's ssh server, usually 22"),
		"remoteUser":    r.string(&j.RemoteUser, checkUser),
		"remotePool":    r.string(&j.RemotePool, checkDataset),
		"datasets":      r.datasets(d),
		"identityFile":  nullable(r.string(&j.IdentityFile, checkNoKey, checkAbsolute)),
		"hostKeys":      r.strings(&j.HostKeys, checkHostKey),
		"privilege":     enum(r, &j.Privilege, PrivilegeSudo, PrivilegeNone),
		"snapshots":     r.filter(&j.Snapshots),
		"initial":       enum(r, &j.Initial, InitialAll, InitialLatest),
		"intermediates": r.bool(&j.Intermediates),
		"send":          r.send(&j.Send),
		"receive":       r.receive(d),
		"onModified":    enum(r, &j.OnModified, ModifiedAuto, ModifiedRollback, ModifiedRefuse),
		"onDiverged":    enum(r, &j.OnDiverged, DivergedRefuse, DivergedRollback),
		"bookmarks":     r.bool(&j.Bookmarks),
		"retention":     r.retention(&j.Retention),
		"limits":        r.limits(&j.Limits),
		"timeouts":      r.timeouts(&j.Timeouts),
	}
}

// filter reads which snapshots are replicated.
func (r *reader) filter(dst *Filter) field {
	return func(n node) {
		before := len(r.found)
		m := r.object(n, fields{
			"include": r.strings(&dst.Include, checkSnapshotGlob),
			"exclude": r.strings(&dst.Exclude, checkSnapshotGlob),
		}, nil)
		switch include, given := m["include"]; {
		case len(r.found) > before:
		case given && len(dst.Include) == 0:
			r.fail(include, "lets no snapshot through", `write ["*"] for all`)
		case allIn(dst.Include, dst.Exclude):
			r.fail(m["exclude"], "takes away all that include lets through", "let exclude name less than include")
		}
	}
}

// allIn says that the second list of globs undoes the whole first one, as far as can be told from their text.
func allIn(include, exclude []string) bool {
	taken := map[string]bool{}
	for _, g := range exclude {
		taken[g] = true
	}
	for _, g := range include {
		if !taken[g] && !taken["*"] {
			return false
		}
	}
	return true
}

func (r *reader) send(dst *Send) field {
	return func(n node) {
		r.object(n, fields{
			"raw":         enum(r, &dst.Raw, RawAuto, RawAlways, RawNever),
			"compressed":  r.bool(&dst.Compressed),
			"largeBlocks": r.bool(&dst.LargeBlocks),
			"embedded":    r.bool(&dst.Embedded),
			"properties":  r.bool(&dst.Properties),
		}, nil)
	}
}

// mostParallel follows from the MaxSessions of sshd: each transfer takes a channel, and checking takes some beside.
const mostParallel = 8

func (r *reader) limits(dst *Limits) field {
	return func(n node) {
		r.object(n, fields{
			"bandwidth": nullable(r.bandwidth(&dst.Bandwidth)),
			"parallel": r.integer(&dst.Parallel, 1, mostParallel,
				"an ssh server allows 10 sessions per connection (MaxSessions), and checking needs some beside the transfers"),
			"destroy": nullable(func(v node) {
				most := -1
				if r.integer(&most, 0, unbounded, "null is no limit")(v); most >= 0 {
					dst.Destroy = &most
				}
			}),
		}, nil)
	}
}

// bandwidth reads bytes per second.
func (r *reader) bandwidth(dst *int64) field {
	return func(n node) {
		var bytes int64
		var err error
		switch n.Type {
		case gjson.String:
			bytes, err = ParseSize(n.Str)
		case gjson.Number:
			bytes, err = ParseSize(n.Raw)
		default:
			r.wrongType(n, "a size", sizeHint)
			return
		}
		switch {
		case err != nil:
			r.fail(n, err.Error(), sizeHint)
		case bytes == 0:
			r.fail(n, "cannot be 0: nothing would ever arrive", "null is no limit")
		default:
			*dst = bytes
		}
	}
}

func (r *reader) timeouts(dst *Timeouts) field {
	return func(n node) {
		r.object(n, fields{
			"connect": r.duration(&dst.Connect),
			"stall":   r.duration(&dst.Stall),
		}, nil)
	}
}

// judgeJob complains about settings that do not go together.
func (r *reader) judgeJob(d *draft) {
	r.judgeReadonly(d)
	if n := d.members["identityFile"]; strings.HasPrefix(d.IdentityFile, "/nix/store/") {
		r.warn(n, "lies in the Nix store, where every user can read it", `keep the key outside and give its path as a string: "/root/.ssh/id_ed25519"`)
	}
	switch {
	case d.lostHost():
	case d.Local():
		r.judgeLocal(d)
	case d.said("privilege", string(PrivilegeSudo)) && d.RemoteUser == DefaultJob().RemoteUser && !d.lostUser():
		r.warn(d.members["privilege"], "sudo is not needed: remoteUser is root", `write "none"`)
	}
}

// judgeLocal warns about what concerns another machine in a job without one.
func (r *reader) judgeLocal(d *draft) {
	usual := DefaultJob()
	for key, given := range map[string]bool{
		"remoteUser":   d.RemoteUser != usual.RemoteUser,
		"remotePort":   d.RemotePort != usual.RemotePort,
		"identityFile": d.IdentityFile != usual.IdentityFile,
		"hostKeys":     len(d.HostKeys) > 0,
	} {
		if given {
			r.warn(d.members[key], "has no effect: without remoteHost the target is on this machine", "give remoteHost too, or leave this out")
		}
	}
}

// lostHost says that there is a remoteHost that cannot be read: nobody knows which machine is meant.
func (d *draft) lostHost() bool {
	n, given := d.members["remoteHost"]
	return given && n.Type != gjson.Null && d.RemoteHost == ""
}

// lostUser says that there is a remoteUser that cannot be read.
func (d *draft) lostUser() bool {
	n, given := d.members["remoteUser"]
	return given && n.Str != d.RemoteUser
}

// said says that the document itself gives that value.
func (d *draft) said(key, value string) bool {
	n, given := d.members[key]
	return given && n.Str == value
}
