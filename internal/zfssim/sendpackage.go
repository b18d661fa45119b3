package zfssim

import (
	"bufio"
	"slices"
	"strconv"
	"strings"
)

// sendPackage is `zfs send -I` and `-R`: several snapshots in one stream.
func (c *call) sendPackage(a sendArgs) int {
	if strings.Contains(a.from, "#") {
		c.errorf("Error: multiple snapshots cannot be sent from a bookmark.\n")
		return failed
	}
	if !strings.Contains(a.target, "@") {
		c.errorf("Error: Unsupported flag with filesystem or bookmark.\n")
		return failed
	}
	c.mu.Lock()
	to, jobs, code, ok := c.preparePackage(&a)
	if !ok {
		c.mu.Unlock()
		return code
	}
	header, ok := c.packageHeader(to, a)
	if !ok {
		c.mu.Unlock()
		return failed
	}
	var total uint64
	for _, j := range jobs {
		total += j.estimate()
		short := ""
		if j.from != nil && !j.clone {
			short = j.from.snap.name
		}
		c.report(a, j, short, false)
	}
	if a.loud() {
		c.reportTotal(a, total)
	}
	if a.dryRun {
		c.mu.Unlock()
		return done
	}
	if e := c.mayRead(jobs[0]); e != eok {
		c.mu.Unlock()
		c.say("warning: cannot send '"+jobs[0].name+"'", "source key must be loaded")
		_, _ = c.stdout.Write(append(header, encodePackageEnd()...)) // an empty package: the receiver is content
		return failed
	}
	tag := ".send-" + strconv.Itoa(c.nextPID) + "-1"
	for _, j := range jobs {
		j.busy(1)
		j.hold(tag, c.now())
	}
	c.mu.Unlock()
	failing, err := c.writePackage(header, jobs)
	c.mu.Lock()
	for _, j := range jobs {
		j.busy(-1)
		c.unhold(j, tag)
	}
	c.mu.Unlock()
	return c.sendResult(failing, err)
}

// hold keeps the snapshots of a stream from being destroyed, visibly, for as long as the package is being sent.
func (j *sendJob) hold(tag string, when int64) {
	j.to.addHold(tag, when)
	if j.from != nil && j.from.snap != nil {
		j.from.snap.addHold(tag, when)
	}
}

func (m *Machine) unhold(j *sendJob, tag string) {
	snaps := []*snapshot{j.to}
	if j.from != nil && j.from.snap != nil {
		snaps = append(snaps, j.from.snap)
	}
	for _, s := range snaps {
		delete(s.holds, tag)
		if s.deferred && len(s.holds) == 0 && len(s.clones) == 0 && slices.Contains(s.ds.snaps, s) {
			m.removeSnapshot(s)
		}
	}
}

// writePackage writes the header, the streams and the end. It returns the stream in which writing failed.
func (c *call) writePackage(header []byte, jobs []*sendJob) (*sendJob, error) {
	w := bufio.NewWriterSize(c.stdout, 8<<10)
	if _, err := w.Write(header); err != nil {
		return jobs[0], err
	}
	for _, j := range jobs {
		if err := c.writeStream(w, j); err != nil {
			return j, err
		}
	}
	last := jobs[len(jobs)-1]
	if _, err := w.Write(encodePackageEnd()); err != nil {
		return last, err
	}
	return last, w.Flush()
}

// preparePackage finds the snapshots of a package, in the order they are sent.
func (c *call) preparePackage(a *sendArgs) (*snapshot, []*sendJob, int, bool) {
	fs, toName, _ := strings.Cut(a.target, "@")
	o, ok := c.open(fs, kindHead)
	if !ok {
		return nil, nil, failed, false
	}
	fromOrigin := false
	if i := strings.IndexByte(a.from, '@'); i >= 0 {
		switch {
		case o.ds.origin != nil && a.from == o.ds.origin.full():
			a.from, fromOrigin = "", true
		case i > 0 && a.from[:i] != fs:
			return nil, nil, c.usage("incremental source must be in same filesystem"), false
		default:
			a.from = a.from[i+1:]
		}
	}
	if a.from != "" {
		if _, ok := c.open(fs+"@"+a.from, kindSnapshot); !ok {
			return nil, nil, failed, false
		}
	}
	to, ok := c.open(fs+"@"+toName, kindSnapshot)
	if !ok {
		return nil, nil, failed, false
	}
	list := []*dataset{o.ds}
	if a.replicate {
		if list, ok = c.replicated(o.ds, to.snap, *a); !ok {
			return nil, nil, failed, false
		}
	}
	var jobs []*sendJob
	for _, d := range list {
		more, ok := c.jobsOf(d, toName, *a, fromOrigin || a.replicate)
		if !ok {
			return nil, nil, failed, false
		}
		jobs = append(jobs, more...)
	}
	return to.snap, jobs, done, true
}

// jobsOf are the streams that bring one dataset from the base to the last snapshot, through all between.
func (c *call) jobsOf(d *dataset, toName string, a sendArgs, fromOrigin bool) ([]*sendJob, bool) {
	warn := "WARNING: could not send " + d.name + "@" + toName + ":\nincremental source (" + d.name + "@" + a.from + ") "
	last := d.snap(toName)
	var prev *snapshot
	if a.from != "" {
		prev = d.snap(a.from)
		switch {
		case prev == nil && a.replicate:
		case prev == last && prev != nil:
			c.errorf("%sis not earlier than it\n", warn)
			return nil, false
		case prev == nil || prev.txg > last.txg:
			c.errorf("%sdoes not exist\n", warn)
			return nil, false
		}
	}
	var jobs []*sendJob
	for _, s := range d.snaps {
		if s.txg > last.txg || prev != nil && s.txg <= prev.txg || a.replicate && !a.all && a.from != "" && s != last {
			continue
		}
		j := &sendJob{name: s.full(), to: s, content: s.content}
		switch {
		case prev != nil:
			j.setFrom(object{kind: kindSnapshot, ds: prev.ds, snap: prev})
		case fromOrigin && d.origin != nil:
			j.setFrom(object{kind: kindSnapshot, ds: d.origin.ds, snap: d.origin})
		}
		j.setFlags(a)
		jobs = append(jobs, j)
		prev = s
	}
	return jobs, true
}

// replicated are the datasets -R sends: parents first, clones after their origins.
func (c *call) replicated(top *dataset, to *snapshot, a sendArgs) ([]*dataset, bool) {
	var list []*dataset
	ok := true
	top.walk(func(d *dataset) {
		switch {
		case d.snap(to.name) != nil:
			list = append(list, d)
		case d.txg > to.txg || !ok:
		case a.skip:
			c.errorf("WARNING: skipping dataset %s and its children: snapshot %s does not exist\n", d.name, to.name)
		default:
			c.errorf("cannot send %s recursively: snapshot %s@%s does not exist\n", to.full(), d.name, to.name)
			c.say("warning: cannot send '"+to.full()+"'", "backup failed")
			ok = false
		}
	})
	sent := map[*dataset]bool{}
	var order []*dataset
	for len(order) < len(list) {
		before := len(order)
		for _, d := range list {
			waits := d.origin != nil && slices.Contains(list, d.origin.ds) && !sent[d.origin.ds]
			if !sent[d] && !waits {
				sent[d] = true
				order = append(order, d)
			}
		}
		if len(order) == before {
			break
		}
	}
	return order, ok
}
