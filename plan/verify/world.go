package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// world is the jobs of the config and the machines that they meet on.
type world struct {
	jobs    []*job // in the order of the config
	byName  map[string]*job
	here    *machine            // the source of all jobs
	all     map[string]*machine // by where they are
	sources map[string][]*entry // by the dataset that the entry names
	pairs   map[who]*pair
}

// job is a job of the config.
type job struct {
	*config.Job
	there *machine
	seen  bool // it was observed
}

// entry is one entry of a job's datasets.
type entry struct {
	config.Dataset
	job   *job
	place string // where its own dataset lands
}

// machine is one machine: several jobs may meet on it, and one job's replica may be another's source.
type machine struct {
	world *world
	title string         // for people
	blind bool           // nobody looked at it as a target
	looks []observe.Side // what the jobs saw of it; the first look at a dataset counts
	sets  map[string]*dataset
	roots map[string][]*entry // by the place where the entry's own dataset lands
	names []string            // of all that was seen, in order, once somebody asks
	made  []*dataset          // by the plan
	ways  map[string]bool     // what lies above the places, once somebody asks
}

func newWorld(cfg *config.Config, inv *observe.Inventory) *world {
	w := &world{byName: map[string]*job{}, all: map[string]*machine{}, sources: map[string][]*entry{}, pairs: map[who]*pair{}}
	w.here = w.machine("", "this machine")
	for i := range cfg.Jobs {
		j := &job{Job: &cfg.Jobs[i]}
		j.there = w.machine(address(j.Job))
		if _, twice := w.byName[j.Name]; twice {
			continue
		}
		w.byName[j.Name] = j
		w.jobs = append(w.jobs, j)
		for _, d := range j.Datasets {
			e := &entry{d, j, j.Place(d, d.Name)}
			w.sources[e.Name] = append(w.sources[e.Name], e)
			j.there.roots[e.place] = append(j.there.roots[e.place], e)
		}
	}
	for _, j := range w.jobs {
		if p, seen := inv.Jobs[j.Name]; seen {
			j.seen = true
			w.here.looks = append(w.here.looks, p.Source)
		}
	}
	for _, j := range w.jobs {
		if j.seen {
			j.there.looks = append(j.there.looks, inv.Jobs[j.Name].Target)
		}
	}
	return w
}

// address tells targets apart, and how people call them.
func address(j *config.Job) (key, title string) {
	if j.Local() {
		return "", ""
	}
	title = j.RemoteUser + "@" + j.RemoteHost
	if j.RemotePort != 22 {
		title += fmt.Sprintf(":%d", j.RemotePort)
	}
	return fmt.Sprintf("%s:%d", strings.ToLower(j.RemoteHost), j.RemotePort), title
}

func (w *world) machine(key, title string) *machine {
	if w.all[key] == nil {
		w.all[key] = &machine{world: w, title: title, sets: map[string]*dataset{}, roots: map[string][]*entry{}}
	}
	return w.all[key]
}

// at is the dataset of that name, which may not exist.
func (m *machine) at(name string) *dataset {
	if d := m.sets[name]; d != nil {
		return d
	}
	d := &dataset{name: name, on: m}
	d.look(m.look(name))
	m.sets[name] = d
	return d
}

// look is the first look at a dataset, nil if nobody saw it. Who only asked what lies above its places knows of no
// versions, and what a partial receive is of is only known to who looked at it as a target: there a later look counts.
func (m *machine) look(name string) (seen *observe.Dataset) {
	for _, l := range m.looks {
		d := l.Datasets[name]
		switch {
		case d == nil:
		case seen == nil, versionsOf(seen) == 0 && versionsOf(d) > 0:
			seen = d
		case seen.Resume != nil && seen.Resume.ToGUID == 0 && d.Resume != nil && d.Resume.ToGUID != 0:
			seen = d
		}
	}
	return seen
}

func versionsOf(d *observe.Dataset) int { return len(d.Snapshots) + len(d.Bookmarks) }

// pool is the pool of that name, and whether it is there.
func (m *machine) pool(name string) (observe.Pool, bool) {
	for _, l := range m.looks {
		if p, ok := l.Pools[name]; ok {
			return p, true
		}
	}
	return observe.Pool{}, false
}

// unfit says why nothing can be changed in the pool of a dataset, nil if it can.
func (m *machine) unfit(name string) *fault {
	pool := zfs.Pool(name)
	p, there := m.pool(pool)
	switch {
	case !there:
		return drift(fmt.Sprintf("the pool %s is gone from %s", pool, m.title), "there is no pool %s on %s", pool, m.title)
	case p.Readonly:
		return drift(fmt.Sprintf("the pool %s was imported read-only on %s", pool, m.title), "the pool %s is read-only on %s", pool, m.title)
	case p.Health == "SUSPENDED" || p.Health == "FAULTED" || p.Health == "UNAVAIL":
		return drift(fmt.Sprintf("the pool %s became %s on %s", pool, p.Health, m.title), "the pool %s is %s on %s", pool, p.Health, m.title)
	}
	return nil
}

// below are the datasets below one, as the replay has them.
func (m *machine) below(name string) []*dataset {
	if m.names == nil {
		m.names = []string{}
		for _, l := range m.looks {
			for n := range l.Datasets {
				m.names = append(m.names, n)
			}
		}
		slices.Sort(m.names)
		m.names = slices.Compact(m.names)
	}
	var all []*dataset
	at, _ := slices.BinarySearch(m.names, name+"/")
	for ; at < len(m.names) && strings.HasPrefix(m.names[at], name+"/"); at++ {
		if d := m.at(m.names[at]); d.exists {
			all = append(all, d)
		}
	}
	seen := len(all)
	for _, d := range m.made {
		if d.exists && strings.HasPrefix(d.name, name+"/") && !m.saw(d.name) && !slices.Contains(all[seen:], d) {
			all = append(all, d)
		}
	}
	return all
}

// leadsToPlace says that some job's place lies in the dataset.
func (m *machine) leadsToPlace(name string) bool {
	if m.ways == nil {
		m.ways = map[string]bool{}
		for place := range m.roots {
			for ; place != "" && !m.ways[place]; place = zfs.Parent(place) {
				m.ways[place] = true
			}
		}
	}
	return m.ways[name]
}

// saw says that a dataset of that name was there before the plan.
func (m *machine) saw(name string) bool {
	_, found := slices.BinarySearch(m.names, name)
	return found
}
