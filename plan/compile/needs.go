package compile

import (
	"fmt"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// What a replica still needs of its source is known by looking at it, and where it cannot be looked at (the job runs at
// another time, the disk is in a drawer, another config replicates the dataset) by its marks: everything newer than the
// newest of them has yet to arrive there.

// need is one replica's claim on a source dataset.
type need struct {
	who   string // for people
	after uint64 // createtxg: what is newer has yet to arrive there
	wants func(snapshot string) bool
	last  *mark // that says so; nil if nothing does
}

func everything(string) bool { return true }

// unseenReader is a job that was not observed and replicates the source dataset, nil if there is none.
func (c *compiler) unseenReader(source string) *config.Job {
	for _, j := range c.unseen {
		if _, ok := j.Entry(source); ok {
			return j
		}
	}
	return nil
}

// markedNeeds are the claims on a dataset of those who cannot be looked at. looked are the pairs that could.
func (c *compiler) markedNeeds(src *observe.Dataset, source string, looked []*pair) []need {
	newest := map[family]*mark{}
	var order []family
	for _, b := range src.Bookmarks {
		m, ours := readMark(b)
		if !ours || c.seesFamily(m.family, looked) {
			continue
		}
		if old := newest[m.family]; old == nil {
			order = append(order, m.family)
			newest[m.family] = &m
		} else if m.txg > old.txg {
			newest[m.family] = &m
		}
	}
	var all []need
	speaks := map[string]int{} // how many pools left marks, by the place within them
	for _, f := range order {
		if f.pool != 0 {
			speaks[f.tag]++
			all = append(all, need{who: fmt.Sprintf("the pool with the GUID %s", f.pool), after: newest[f].txg, wants: c.wantsAt(f.tag, source), last: newest[f]})
		}
	}
	away := c.away(source)
	if len(looked) == 0 && len(away) > 1 {
		delete(newest, family{}) // from when there was one job only: whose, nobody can say
	}
	for _, j := range away {
		e, _ := j.Entry(source)
		if tag := placeTag(j.Place(e, source)); speaks[tag] > 0 {
			speaks[tag]-- // this job's pool, as far as anybody can tell; the next job's needs another one
			continue
		}
		all = append(all, unseenNeed(j, source, newest))
	}
	return all
}

// away are the jobs that replicate the dataset and could not be looked at: not observed, or their pool is not there.
func (c *compiler) away(source string) []*config.Job {
	var all []*config.Job
	for _, j := range c.unseen {
		if _, ok := j.Entry(source); ok {
			all = append(all, j)
		}
	}
	for _, j := range c.jobs {
		if p := j.bySource[source]; p != nil && p.absent() {
			all = append(all, j.Job)
		}
	}
	return all
}

// seesFamily says that the marks are those of a replica that was looked at: then they say nothing new.
func (c *compiler) seesFamily(f family, looked []*pair) bool {
	for _, q := range looked {
		if f == q.family() || f.pool == 0 && f == q.oldFamily() {
			return true
		}
	}
	return false
}

// wantsAt is the filter of the jobs that replicate the dataset to a place of that tag; all snapshots if none does.
func (c *compiler) wantsAt(tag, source string) func(string) bool {
	var filters []config.Filter
	add := func(j *config.Job) {
		if e, ok := j.Entry(source); ok && placeTag(j.Place(e, source)) == tag {
			filters = append(filters, j.Snapshots)
		}
	}
	for _, j := range c.jobs {
		add(j.Job)
	}
	for _, j := range c.unseen {
		add(j)
	}
	if len(filters) == 0 {
		return everything
	}
	return func(snapshot string) bool {
		for _, f := range filters {
			if f.Matches(snapshot) {
				return true
			}
		}
		return false
	}
}

// unseenNeed is what a job needs that was not observed and has no mark that names its pool.
func unseenNeed(j *config.Job, source string, newest map[family]*mark) need {
	e, _ := j.Entry(source)
	old := (&pair{job: &job{Job: j}, place: j.Place(e, source)}).oldFamily()
	n := need{who: "job " + j.Name, wants: j.Snapshots.Matches, last: newest[old]}
	if n.last == nil {
		n.last = newest[family{}]
	}
	if n.last != nil {
		n.after = n.last.txg
	}
	return n
}

// spares says that the snapshot must stay for the replica: it is the newest there, or has yet to arrive.
func (n need) spares(s zfs.Snapshot) bool {
	return n.last != nil && s.GUID == n.last.GUID || s.CreateTXG > n.after && n.wants(s.Name)
}

// absent says that the pair's pool is not there, so that nobody can look at its replica. Its marks speak for it.
func (p *pair) absent() bool {
	_, there := p.job.there.pools[zfs.Pool(p.place)]
	return p.src != nil && !there
}

// explain warns of what the policy would let go and a replica that was not looked at still needs.
func (n need) explain(p *pair, h *history, kept int) {
	switch {
	case n.last == nil:
		p.warn("retention prunes nothing of %s: %s has left no bookmark that says what has arrived there", h.name, n.who)
	case kept > 0:
		p.warn("retention would let %s of %s go, but they stay: %s has had nothing since @%s of %s; if it will never be back, on this machine: zfs destroy %s",
			plan.Count(kept, "snapshot"), h.name, n.who, snapshotOf(h.source(), n.last), n.last.Creation.Format(time.DateOnly), shellWord(h.name+"#"+n.last.Name))
	}
}

// snapshotOf is the name of a mark's snapshot where it is still there, else the mark's.
func snapshotOf(src *observe.Dataset, m *mark) string {
	for _, s := range src.Snapshots {
		if s.GUID == m.GUID {
			return s.Name
		}
	}
	return m.Name
}
