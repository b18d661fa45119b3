package zfssim

import (
	"bufio"
	"io"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// sendJob is one stream to be written: a snapshot, and what it is relative to.
type sendJob struct {
	to      *snapshot
	head    *dataset // instead of a snapshot: a dataset as it is
	name    string
	from    *object // nil: full
	clone   bool
	flags   streamFlags
	resume  *zfs.Token
	content *content
	base    *content
}

// send is `zfs send`. It takes the machine's lock itself: while the stream is written others may work.
func (c *call) send() int {
	a, code, ok := c.parseSend()
	if !ok {
		return code
	}
	switch {
	case a.hasToken:
		return c.sendResume(a)
	case a.all || a.replicate:
		return c.sendPackage(a)
	default:
		return c.sendOne(a)
	}
}

// sendOne sends a snapshot, whole or relative to one other snapshot or bookmark.
func (c *call) sendOne(a sendArgs) int {
	c.shortFrom(&a)
	c.mu.Lock()
	job, code, ok := c.prepareOne(&a)
	if !ok {
		c.mu.Unlock()
		return code
	}
	var header []byte
	if a.props || a.backup || a.holds {
		if header, ok = c.packageHeader(job.to, a); !ok {
			c.mu.Unlock()
			return failed
		}
	}
	c.report(a, job, job.fromName(), true)
	if a.dryRun {
		c.mu.Unlock()
		return done
	}
	if e := c.mayRead(job); e != eok {
		c.mu.Unlock()
		c.say("warning: cannot send '"+job.name+"'", "dataset key must be loaded")
		return failed
	}
	job.busy(1)
	c.mu.Unlock()
	w := bufio.NewWriterSize(c.stdout, 8<<10)
	_, _ = w.Write(header)
	err := c.writeStream(w, job)
	if err == nil && header != nil {
		_, err = w.Write(encodePackageEnd())
	}
	if err == nil {
		err = w.Flush()
	}
	c.mu.Lock()
	job.busy(-1)
	c.mu.Unlock()
	return c.sendResult(job, err)
}

// prepareOne finds what is to be sent and checks the base.
func (c *call) prepareOne(a *sendArgs) (*sendJob, int, bool) {
	o, ok := c.open(a.target, kindDataset)
	if !ok {
		return nil, failed, false
	}
	job := &sendJob{name: o.name(), to: o.snap}
	if o.kind == kindSnapshot {
		job.content = o.snap.content
	} else {
		job.head, job.content = o.ds, o.ds.head
		if o.ds.mounted {
			c.say("warning: cannot send '"+job.name+"'", "target is busy; if a filesystem, it must not be mounted")
			return nil, failed, false
		}
	}
	action := "warning: cannot send '" + job.name + "'"
	if a.from != "" {
		var from object
		if strings.Contains(a.from, "@") {
			if from, ok = c.open(a.from, kindDataset); !ok {
				return nil, failed, false
			}
		} else if from, ok = c.find(a.from); !ok {
			if a.loud() {
				c.say(action, "No such process")
			} else {
				c.say(action, "incremental source ("+a.from+") does not exist")
			}
			return nil, failed, false
		}
		if !from.isEarlier(o) {
			c.say(action, "not an earlier snapshot from the same fs")
			return nil, failed, false
		}
		job.setFrom(from)
	}
	job.setFlags(*a)
	return job, done, true
}

// isEarlier reports whether a snapshot or bookmark is strictly before another object in its history.
func (o object) isEarlier(later object) bool {
	if o.ds == later.ds {
		return later.kind&kindHead != 0 || o.txg() < later.txg()
	}
	return o.isBefore(later.ds)
}

// setFrom makes the stream incremental.
func (j *sendJob) setFrom(o object) {
	j.from = &o
	j.clone = o.ds != j.dataset()
	if o.kind == kindSnapshot {
		j.base = o.snap.content
	} else {
		j.base = o.mark.content
	}
}

func (j *sendJob) dataset() *dataset {
	if j.head != nil {
		return j.head
	}
	return j.to.ds
}

// setFlags works out what the stream will use of what the options allow.
func (j *sendJob) setFlags(a sendArgs) {
	d := j.dataset()
	features := d.features
	if j.to != nil {
		features = j.to.features
	}
	set := func(on bool, f streamFlags) {
		if on {
			j.flags |= f
		}
	}
	set(d.kind == kindVolume, flagVolume)
	set(j.clone, flagClone)
	set(a.large && features["large_blocks"], flagLarge)
	set(a.embed && d.crypt == nil, flagEmbed)
	set(a.compress, flagCompress)
	set(a.raw && d.crypt != nil, flagRaw)
	set(j.resume != nil, flagResuming)
}

func (j *sendJob) fromName() string {
	if j.from == nil {
		return ""
	}
	return j.from.name()
}

// busy marks the snapshot as being sent, so that it cannot be destroyed.
func (j *sendJob) busy(n int) {
	if j.to != nil {
		j.to.sending += n
	}
	if j.from != nil && j.from.kind == kindSnapshot {
		j.from.snap.sending += n
	}
}

// mayRead checks that the data can be read for a stream that is not raw.
func (c *call) mayRead(j *sendJob) errno {
	if j.flags&flagRaw == 0 && !j.dataset().keyLoaded() {
		return eacces
	}
	return eok
}

// sendResult words what writing the stream came to.
func (c *call) sendResult(j *sendJob, err error) int {
	switch {
	case err == nil:
		return done
	case c.killed():
		return failed
	}
	c.say("warning: cannot send '"+j.name+"'", epipe.strerror())
	return failed
}

// estimate is how long the modelled stream is.
func (j *sendJob) estimate() uint64 {
	n := uint64(2 * beginSize)
	count := func(b *block) { n += b.size + beginSize }
	if j.base == nil {
		n += j.dataset().emptySize() / 2
	}
	eachGone(j.content, j.base, count)
	if j.resume != nil {
		return sub(n, uint64(j.resume.Bytes))
	}
	return n
}

// report prints the estimate of one stream, and the total when it is the only one.
func (c *call) report(a sendArgs, j *sendJob, from string, total bool) {
	if !a.loud() {
		return
	}
	w := c.stderr
	if a.dryRun {
		w = io.Writer(&c.out)
	}
	n := j.estimate()
	if a.parsable {
		kind := "full\t"
		if from != "" {
			kind = "incremental\t" + from + "\t"
		}
		_, _ = io.WriteString(w, kind+j.name+"\t"+utoa(n)+"\n")
	} else {
		text := "full send of " + j.name
		if from != "" {
			if !strings.ContainsAny(from, "@#") {
				from = "@" + from
			}
			text = "send from " + from + " to " + j.name
		}
		_, _ = io.WriteString(w, text+" estimated size is "+niceBytes(n)+"\n")
	}
	if total {
		c.reportTotal(a, n)
	}
	if !a.dryRun && a.verbose && !a.parsable {
		_, _ = io.WriteString(w, "TIME        SENT   SNAPSHOT "+j.name+"\n")
	}
}

func (c *call) reportTotal(a sendArgs, n uint64) {
	w := c.stderr
	if a.dryRun {
		w = io.Writer(&c.out)
	}
	if a.parsable {
		_, _ = io.WriteString(w, "size\t"+utoa(n)+"\n")
		return
	}
	_, _ = io.WriteString(w, "total estimated size is "+niceBytes(n)+"\n")
}
