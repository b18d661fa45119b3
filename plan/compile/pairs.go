package compile

import (
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// job is one job of the config, between two machines.
type job struct {
	*config.Job
	compiler    *compiler
	here, there *machine

	pairs    []*pair
	orphans  []*pair          // replicas without a source, which is no part of any other list
	bySource map[string]*pair // by the source dataset's name
	limited  bool             // its destroys pass limits.destroy: none of them is done
}

// pair is one source dataset and its place on the target: the unit of decision.
type pair struct {
	job           *job
	entry         config.Dataset
	source, place string
	src, dst      *observe.Dataset // nil: does not exist
	upstream      *pair            // what the source is the replica of, when that brings something by this plan

	conflict *plan.Conflict
	warnings []string
	ahead    []*node // a mark that must be there before a first transfer begins
	early    []*node // destroys of snapshots that are surplus whatever arrives
	data     []*node // abort, rollback and sends, each needing the one before
	keep     []*node // bookmarks
	late     []*node // bookmarks that go when other jobs, too, have moved on
	pruning  []*node // destroys of snapshots
	upkeep   []*node // properties that the replica lacks

	final  []arrival  // the replica's snapshots after data, oldest first
	base   *common    // newest common version as things are; nil if there is none, or nobody asked
	common *common    // newest common version after data; nil if there is none
	cloned []zfs.GUID // the replica's snapshots that get a clone by this plan
	makes  bool       // data makes the target dataset, or replaces it
	gone   bool       // data begins with dropping what a first receive left, and the place is empty then
}

// addJob finds the source datasets that a job covers and where each lands.
func (c *compiler) addJob(cfg *config.Job) {
	j := &job{Job: cfg, compiler: c, here: c.machines[""], there: c.machines[machineKey(cfg)], bySource: map[string]*pair{}, limited: c.bans.limited[cfg.Name]}
	names := j.here.sorted()
	for _, entry := range cfg.Datasets {
		if j.here.datasets[entry.Name] == nil {
			j.addPair(entry, entry.Name)
		}
		first, _ := slices.BinarySearch(names, entry.Name)
		for _, name := range names[first:] {
			if !strings.HasPrefix(name, entry.Name) {
				break
			}
			if entry.Covers(name) {
				j.addPair(entry, name)
			}
		}
	}
	c.jobs = append(c.jobs, j)
}

func (j *job) addPair(entry config.Dataset, source string) *pair {
	if j.bySource[source] != nil {
		return nil // an entry inside another one: the config's check has spoken
	}
	p := &pair{job: j, entry: entry, source: source, place: j.Place(entry, source), src: j.here.datasets[source]}
	p.dst = j.there.datasets[p.place]
	if p.dst != nil {
		p.final = arrivals(p.dst)
	}
	p.conflict = j.compiler.bans.of(p)
	j.pairs = append(j.pairs, p)
	j.bySource[source] = p
	if j.there.byPlace[p.place] == nil {
		j.there.byPlace[p.place] = p
	}
	return p
}

// addArrivals adds what jobs will replicate of datasets that others bring to this machine by this very plan: a chain
// from one pool over another to a third machine.
func (c *compiler) addArrivals() {
	for todo := c.jobs; len(todo) > 0; {
		var next []*job
		for _, j := range todo {
			if !j.Local() {
				continue
			}
			for _, p := range j.pairs {
				for _, k := range c.jobs {
					if e, ok := k.Entry(p.place); ok && p.dst == nil && k.addPair(e, p.place) != nil && !slices.Contains(next, k) {
						next = append(next, k)
					}
				}
			}
		}
		todo = next
	}
}

// order puts parents before children, always, across all jobs of a machine, and a replica before what is replicated
// from it; origins before clones where that allows it: a clone that lies above its own origin cannot wait for it, and
// is sent as a dataset of its own.
func (c *compiler) order() {
	const visiting, done = 1, 2
	state := map[*pair]int{}
	var visit func(p *pair)
	visit = func(p *pair) {
		if p == nil || state[p] != 0 {
			return
		}
		state[p] = visiting
		there := p.job.there
		for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
			visit(there.byPlace[up])
		}
		visit(p.feeder())
		if p.src == nil {
			for _, q := range p.landsBelow() {
				visit(q)
			}
		}
		if o, _ := p.origin(); o != nil && !there.anyAbove(o, func(q *pair) bool { return state[q] == visiting }) {
			visit(o)
		}
		state[p] = done
		c.ordered = append(c.ordered, p)
	}
	for _, j := range c.jobs {
		slices.SortFunc(j.pairs, func(a, b *pair) int { return zfs.ComparePaths(a.source, b.source) })
		for _, p := range j.pairs {
			visit(p)
		}
	}
}

// anyAbove says that the pair, or one whose place lies above its, is such a one.
func (m *machine) anyAbove(p *pair, is func(*pair) bool) bool {
	if is(p) {
		return true
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		if q := m.byPlace[up]; q != nil && is(q) {
			return true
		}
	}
	return false
}

// origin is the pair that the source dataset is a clone of, and the snapshot it was cloned from.
// Both are nil when it is no clone or when its origin is outside the job.
func (p *pair) origin() (*pair, *zfs.Snapshot) {
	if p.src == nil {
		return nil, nil
	}
	dataset, sep, name := zfs.SplitVersion(p.src.Properties["origin"])
	o := p.job.bySource[dataset]
	if sep != '@' || o == nil || o.src == nil {
		return nil, nil
	}
	for i := range o.src.Snapshots {
		if o.src.Snapshots[i].Name == name {
			return o, &o.src.Snapshots[i]
		}
	}
	return nil, nil
}
