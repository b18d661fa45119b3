package verify

import "github.com/zfsrep/zfsrep/plan"

// destroySnapshots prunes one dataset. In whichever role an action sees it, all roles that it plays count.
func (r *replay) destroySnapshots(a *action, s plan.DestroySnapshots) *fault {
	d := a.on
	if !d.exists {
		return d.missing()
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	x := &removal{on: d, snaps: make([]int, 0, len(s.Names))}
	seen := make(map[int]bool, len(s.Names))
	for _, name := range s.Names {
		pos, f := d.present(name)
		switch {
		case f != nil:
			return f
		case seen[pos]:
			return wrong("it names @%s twice", name)
		case r.snapshots && !r.namesLike(name):
			return wrong("@%s is no snapshot that autoSnapshot has taken", name)
		}
		if f := d.loose(a, pos); f != nil {
			return f
		}
		seen[pos] = true
		x.snaps = append(x.snaps, pos)
	}
	if newest := d.newestFor(a); seen[newest] && (r.snapshots || len(d.writers()) > 0) {
		return wrong("@%s is the newest snapshot of %s", d.snaps.at(newest).Name, d.name)
	}
	if f := a.sparesOrphan(x); f != nil {
		return f
	}
	if !r.snapshots {
		if f := a.unwanted(d, x.snaps); f != nil {
			return f
		}
	}
	if f := r.pending(a, d, x.snaps); f != nil {
		return f
	}
	if f := r.loses(a, x); f != nil {
		return f
	}
	d.remove(a, x)
	return nil
}

// newestFor is the newest snapshot that is there once all is done that the action waits for.
func (d *dataset) newestFor(a *action) int {
	pos := d.snaps.top()
	for pos >= 0 && (!d.snaps.has(pos) || !a.tied(d.snaps.by(pos))) {
		pos--
	}
	return pos
}

// loose judges that nothing keeps a snapshot from being destroyed.
func (d *dataset) loose(a *action, pos int) *fault {
	s := d.snaps.at(pos)
	switch u := d.snaps.held(pos); {
	case u.holds > 0:
		return drift(d.name+"@"+s.Name+" is held on "+d.on.title, "@%s is held", s.Name)
	case u.clones > 0:
		return drift(d.name+"@"+s.Name+" has a clone on "+d.on.title, "@%s has clones", s.Name)
	}
	if f := a.after(d.snaps.by(pos), "which brings @"+s.Name); f != nil {
		return f
	}
	return a.after(d.ties.eased, "which takes a hold back")
}

// destroyBookmarks removes marks that newer ones replace.
func (r *replay) destroyBookmarks(a *action, s plan.DestroyBookmarks) *fault {
	d := a.on
	if !d.exists {
		return d.missing()
	}
	if f := d.on.unfit(d.name); f != nil {
		return f
	}
	p := r.pair(a.job, d.name)
	x := &removal{on: d}
	for _, name := range s.Names {
		b := d.mark(name)
		if b == nil {
			return drift(d.name+"#"+name+" is gone from "+d.on.title, "#%s is not there", name)
		}
		if x.takesMark(d, name) {
			return wrong("it names #%s twice", name)
		}
		if f := a.after(b.by, "which leaves the bookmark"); f != nil {
			return f
		}
		if f := p.mayRemove(a, b); f != nil {
			return f
		}
		x.marks = append(x.marks, name)
	}
	if f := r.loses(a, x); f != nil {
		return f
	}
	d.remove(a, x)
	return nil
}
