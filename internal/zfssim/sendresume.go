package zfssim

import (
	"bufio"
	"io"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// sendResume is `zfs send -t`: the rest of a stream that was cut.
func (c *call) sendResume(a sendArgs) int {
	const action = "cannot resume send"
	point, err := zfs.DecodeToken(a.token)
	if err != nil {
		return c.say(action, err.Error())
	}
	if a.loud() {
		w := c.stderr
		if a.dryRun {
			w = io.Writer(&c.out)
		}
		_, _ = io.WriteString(w, "resume token contents:\n")
		printToken(w, point)
	}
	c.mu.Lock()
	job, why := c.prepareResume(&point, a)
	if why != "" {
		c.mu.Unlock()
		if job != nil && !a.loud() {
			return c.say("warning: cannot send '"+job.name+"'", why)
		}
		return c.say(action, why)
	}
	c.report(a, job, job.fromName(), true)
	if a.dryRun {
		c.mu.Unlock()
		return done
	}
	if e := c.mayRead(job); e != eok {
		c.mu.Unlock()
		return c.say("warning: cannot send '"+job.name+"'", "source key must be loaded")
	}
	job.busy(1)
	c.mu.Unlock()
	w := bufio.NewWriterSize(c.stdout, 8<<10)
	err = c.writeStream(w, job)
	if err == nil {
		err = w.Flush()
	}
	c.mu.Lock()
	job.busy(-1)
	c.mu.Unlock()
	if c.sendResult(job, err) != done {
		return minus1
	}
	return done
}

// prepareResume finds the snapshot and the base of a token by their GUIDs, or says what is missing.
func (c *call) prepareResume(p *zfs.Token, a sendArgs) (*sendJob, string) {
	to, ok := c.byGUID(p.ToName, uint64(p.ToGUID), false)
	if !ok || to.kind != kindSnapshot {
		if _, there := c.find(p.ToName); there {
			return nil, "'" + p.ToName + "' is no longer the same snapshot used in the initial send"
		}
		return nil, "'" + p.ToName + "' used in the initial send no longer exists"
	}
	job := &sendJob{name: to.name(), to: to.snap, content: to.snap.content, resume: p}
	if p.FromGUID != 0 {
		from, ok := c.byGUID(p.ToName, uint64(p.FromGUID), true)
		if !ok {
			return nil, "incremental source 0x" + hexNum(uint64(p.FromGUID)) + " no longer exists"
		}
		job.setFrom(from)
		if !from.isEarlier(to) {
			return job, exdev.strerror()
		}
	}
	a.large, a.embed = a.large || p.LargeBlocks, a.embed || p.Embedded
	a.compress, a.raw = a.compress || p.Compressed, a.raw || p.Raw
	job.setFlags(a)
	return job, ""
}

// byGUID finds a snapshot, or a bookmark too, by GUID: first in the dataset of the name, then below its parent, and so on
// outwards, so that the nearest of several is found.
func (m *Machine) byGUID(name string, guid uint64, bookmarks bool) (object, bool) {
	fs, _, _ := strings.Cut(name, "@")
	skip := ""
	for up := fs; up != ""; up = parentName(up) {
		d := m.lookup(up)
		if d == nil {
			continue
		}
		if o, ok := d.searchGUID(guid, bookmarks, skip); ok {
			return o, true
		}
		skip = up
	}
	return object{}, false
}

func (d *dataset) searchGUID(guid uint64, bookmarks bool, skip string) (object, bool) {
	if d.name == skip {
		return object{}, false
	}
	for _, c := range d.sorted() {
		if o, ok := c.searchGUID(guid, bookmarks, skip); ok {
			return o, true
		}
	}
	for _, s := range d.snaps {
		if s.guid == guid {
			return object{kind: kindSnapshot, ds: d, snap: s}, true
		}
	}
	if bookmarks {
		for _, b := range d.marks {
			if b.guid == guid {
				return object{kind: kindBookmark, ds: d, mark: b}, true
			}
		}
	}
	return object{}, false
}
