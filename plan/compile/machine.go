package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// machine is one machine as all jobs see it. Jobs meet on machines: they share parents, one's replica is another's
// source, and two looks at one machine may differ by what happened between them. So there is one picture of each, and
// of a dataset that several jobs saw, the first look counts.
type machine struct {
	key      string // "" is this machine
	pools    map[string]observe.Pool
	datasets map[string]*observe.Dataset
	byPlace  map[string]*pair // by the dataset that a pair lands on
	makers   map[string]*node // the actions that make datasets, by name
	now      time.Time        // by its own clock, zero if it did not tell
	newest   time.Time        // snapshot of any dataset, once somebody asked
	names    []string         // of datasets, in order, once somebody asked
	replicas map[zfs.GUID][]string
	heirs    map[string]*pair  // by a dataset that holds the history of another pair than the one that lands there, once somebody asked
	leads    map[string]bool   // what lies above places, once somebody asked
	least    map[string]int64  // how much the smallest filesystem of a pool takes, once somebody asked
	odd      map[string]string // datasets of which something is said that cannot be
	strange  []string          // names that are none
}

// machineKey tells the targets of jobs apart.
func machineKey(j *config.Job) string {
	if j.Local() {
		return "" // whatever the port
	}
	return fmt.Sprintf("%s:%d", strings.ToLower(j.RemoteHost), j.RemotePort)
}

// newMachines makes the pictures of all machines that jobs were observed on.
func newMachines(jobs []*config.Job, inv *observe.Inventory) map[string]*machine {
	all := map[string]*machine{}
	at := func(key string) *machine {
		if all[key] == nil {
			all[key] = &machine{key: key, pools: map[string]observe.Pool{}, datasets: map[string]*observe.Dataset{},
				byPlace: map[string]*pair{}, makers: map[string]*node{}, least: map[string]int64{}, odd: map[string]string{}}
		}
		return all[key]
	}
	for _, j := range jobs {
		at("").add(inv.Jobs[j.Name].Source)
	}
	for _, j := range jobs {
		at(machineKey(j)).add(inv.Jobs[j.Name].Target)
	}
	return all
}

// add takes in what one job saw of the machine.
func (m *machine) add(look observe.Side) {
	if m.now.IsZero() {
		m.now = look.Now
	}
	for name, p := range look.Pools {
		if _, seen := m.pools[name]; !seen {
			m.pools[name] = p
		}
	}
	for name, d := range look.Datasets {
		d, ok := m.accept(name, d)
		if !ok {
			continue
		}
		if seen := m.datasets[name]; seen == nil || tellsMore(d, seen) {
			m.datasets[name] = d
		}
	}
}

// tellsMore says that a later look at a dataset is to be believed rather than an earlier one: who only asked what lies
// above its places knows of no versions, and only who looks at it as a target asks what an interrupted receive is of.
func tellsMore(later, earlier *observe.Dataset) bool {
	bare := func(d *observe.Dataset) bool { return len(d.Snapshots)+len(d.Bookmarks) == 0 }
	unread := func(d *observe.Dataset) bool { return d.Resume != nil && d.Resume.ToGUID == 0 }
	return bare(earlier) && !bare(later) || unread(earlier) && later.Resume != nil && !unread(later)
}

// latest is when the newest snapshot of any dataset was taken, with what the transfers of this plan bring: a sign of life
// that a resting dataset does not give.
func (m *machine) latest() time.Time {
	if !m.newest.IsZero() {
		return m.newest
	}
	see := func(s zfs.Snapshot) {
		if s.Creation.After(m.newest) {
			m.newest = s.Creation
		}
	}
	for name, d := range m.datasets {
		if k := len(d.Snapshots); k > 0 && m.byPlace[name] == nil {
			see(d.Snapshots[k-1])
		}
	}
	for _, p := range m.byPlace {
		if k := len(p.final); k > 0 {
			see(p.final[k-1].Snapshot)
		}
	}
	return m.newest
}

// sorted lists the machine's datasets by name.
func (m *machine) sorted() []string {
	if m.names == nil {
		m.names = slices.Sorted(maps.Keys(m.datasets))
	}
	return m.names
}

// below lists the datasets below one, as far as they were observed.
func (m *machine) below(place string) []string {
	all := m.sorted()
	first, _ := slices.BinarySearch(all, place+"/")
	end := first
	for end < len(all) && zfs.Within(all[end], place) {
		end++
	}
	return all[first:end]
}

// standing is a dataset of the machine that is there when this plan comes to what lies below it: nil for what a first
// receive has left and this plan drops.
func (m *machine) standing(name string) *observe.Dataset {
	if q := m.byPlace[name]; q != nil && q.gone && q.conflict == nil {
		return nil
	}
	return m.datasets[name]
}

// broken says that nothing can be read from a pool or written to it.
func broken(p observe.Pool) bool {
	return p.Health == "SUSPENDED" || p.Health == "FAULTED" || p.Health == "UNAVAIL"
}

// writable says that a dataset's pool takes bookmarks and gives up snapshots, as far as the pool goes.
func (m *machine) writable(dataset string) bool {
	p, there := m.pools[zfs.Pool(dataset)]
	return there && !p.Readonly && !broken(p)
}
