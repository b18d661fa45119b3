package verify

import (
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// who names a source dataset of a job.
type who struct{ job, dataset string }

// pair is a source dataset of a job and the place where it lands. Which there are follows from the config: the dataset
// and its place need not exist.
type pair struct {
	who
	of       *job
	src, dst *dataset

	linked bool // links is known
	links  []link
}

// pair is the pair of a source dataset of the job, nil if the job does not replicate it.
func (w *world) pair(j *job, source string) *pair {
	key := who{j.Name, source}
	p, known := w.pairs[key]
	if known {
		return p
	}
	for name := source; name != "" && p == nil; name = zfs.Parent(name) {
		for _, e := range w.sources[name] {
			if e.job == j && e.Covers(source) {
				p = &pair{who: key, of: j, src: w.here.at(source), dst: j.there.at(j.Place(e.Dataset, source))}
				break
			}
		}
	}
	w.pairs[key] = p
	return p
}

// readers are the pairs whose source the dataset is, in the order of the jobs.
func (d *dataset) readers() []*pair {
	if !d.asked.readers {
		d.asked.readers = true
		if w := d.on.world; d.on == w.here {
			for _, j := range w.jobs {
				if p := w.pair(j, d.name); p != nil {
					d.asked.from = append(d.asked.from, p)
				}
			}
		}
	}
	return d.asked.from
}

// writers are the pairs whose place the dataset is.
func (d *dataset) writers() []*pair {
	if d.asked.writers {
		return d.asked.into
	}
	d.asked.writers = true
	for name := d.name; name != ""; name = zfs.Parent(name) {
		for _, e := range d.on.roots[name] {
			source := e.Name + strings.TrimPrefix(d.name, e.place)
			if !e.Covers(source) {
				continue
			}
			if p := d.on.world.pair(e.job, source); p != nil && p.dst == d {
				d.asked.into = append(d.asked.into, p)
			}
		}
	}
	return d.asked.into
}

// asked is what was asked about a dataset's place in the config.
type asked struct {
	readers, writers bool
	from, into       []*pair
}

// pairs are all pairs that the dataset is part of.
func (d *dataset) pairs() []*pair {
	from, into := d.readers(), d.writers()
	if len(into) == 0 {
		return from
	}
	return append(from[:len(from):len(from)], into...)
}

// replica is the job's pair that lands on the dataset, nil if none does. What would land there if its source existed
// counts only where no other dataset's replica is.
func (d *dataset) replica(j *job) *pair {
	var own *pair
	taken := false
	for _, p := range d.writers() {
		switch {
		case p.of == j && p.src.exists:
			return p
		case p.of == j:
			own = p
		default:
			taken = taken || p.src.exists
		}
	}
	if taken {
		return nil
	}
	return own
}

// looked says that the replica, or its absence, was seen. Otherwise only marks tell what has arrived there: the job was
// not observed, or its disk is in a drawer.
func (p *pair) looked() bool {
	_, there := p.of.there.pool(zfs.Pool(p.dst.name))
	return p.of.seen && !p.of.there.blind && there
}

// raw says that the job sends the dataset raw. sure is false if that depends on what is not known.
func (p *pair) raw() (raw, sure bool) {
	switch p.of.Send.Raw {
	case config.RawAlways:
		return true, true
	case config.RawAuto:
		return p.src.encrypted()
	}
	return false, true
}
