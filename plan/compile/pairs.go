package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// newJob finds the source datasets that a job covers and where each lands.
func newJob(c *compiler, cfg *config.Job, sides observe.Pair) *job {
	j := &job{Job: cfg, compiler: c, source: sides.Source, target: sides.Target,
		via:      privilege{sudoTarget: cfg.Privilege == config.PrivilegeSudo && !cfg.Local()},
		bySource: map[string]*pair{}, byPlace: map[string]*pair{}, creates: map[string]*node{}}
	names := make([]string, 0, len(j.source.Datasets))
	for name := range j.source.Datasets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, entry := range cfg.Datasets {
		if j.source.Datasets[entry.Name] == nil {
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
	slices.SortFunc(j.pairs, func(a, b *pair) int { return zfs.ComparePaths(a.source, b.source) })
	return j
}

func (j *job) addPair(entry config.Dataset, source string) {
	if j.bySource[source] != nil {
		return // an entry inside another one: the config's check has spoken
	}
	p := &pair{job: j, entry: entry, source: source, place: j.Place(entry, source), src: j.source.Datasets[source]}
	p.dst = j.target.Datasets[p.place]
	j.pairs = append(j.pairs, p)
	j.bySource[source] = p
	if j.byPlace[p.place] == nil {
		j.byPlace[p.place] = p
	}
}

// machine tells the targets of jobs apart.
func (j *job) machine() string { return machineOf(j.Job) }

func machineOf(j *config.Job) string {
	if j.Local() {
		return "" // whatever the port
	}
	return fmt.Sprintf("%s:%d", strings.ToLower(j.RemoteHost), j.RemotePort)
}

// order puts parents before children, always, and origins before clones where that allows it: a clone that lies above
// its own origin cannot wait for it, and is sent as a dataset of its own.
func (j *job) order() []*pair {
	const visiting, done = 1, 2
	state := map[*pair]int{}
	var visit func(p *pair)
	visit = func(p *pair) {
		if p == nil || state[p] != 0 {
			return
		}
		state[p] = visiting
		for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
			visit(j.byPlace[up])
		}
		if o, _ := p.origin(); o != nil && !j.anyAbove(o, func(q *pair) bool { return state[q] == visiting }) {
			visit(o)
		}
		state[p] = done
		j.ordered = append(j.ordered, p)
	}
	for _, p := range j.pairs {
		visit(p)
	}
	return j.ordered
}

// anyAbove says that the pair, or one whose place lies above its, is such a one.
func (j *job) anyAbove(p *pair, is func(*pair) bool) bool {
	if is(p) {
		return true
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		if q := j.byPlace[up]; q != nil && is(q) {
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

// targetBelow lists the datasets below one on the target, as far as they were observed.
func (j *job) targetBelow(place string) []string {
	if j.targets == nil {
		j.targets = slices.Sorted(maps.Keys(j.target.Datasets))
	}
	first, _ := slices.BinarySearch(j.targets, place+"/")
	end := first
	for end < len(j.targets) && zfs.Within(j.targets[end], place) {
		end++
	}
	return j.targets[first:end]
}

// findOverlaps refuses pairs that land on one place, and targets that lie inside their source.
func (c *compiler) findOverlaps() {
	taken := map[string]*pair{}
	for _, j := range c.jobs {
		machine, self := j.machine()+" ", j.Local() || j.reachesItself()
		for _, p := range j.pairs {
			if q := taken[machine+p.place]; q != nil {
				p.overlap(q)
				q.overlap(p)
			} else {
				taken[machine+p.place] = p
			}
			p.findSelf(self)
		}
	}
}

func (p *pair) overlap(q *pair) {
	p.refuse(plan.Overlap, map[string]any{"place": p.place, "other": q.source, "otherJob": q.job.Name},
		fmt.Sprintf("%s and %s of job %s would both land on %s", p.source, q.source, q.job.Name, p.place),
		"give one of them another place with its target option, or another remotePool")
}

// reachesItself says that the target is this machine under another name: some dataset is there under the same name with
// the same GUID, which receiving never preserves.
func (j *job) reachesItself() bool {
	for name, d := range j.target.Datasets {
		if s := j.source.Datasets[name]; s != nil && s.GUID != 0 && s.GUID == d.GUID {
			return true
		}
	}
	return false
}

// findSelf notices a target that is the source, or lies inside what is replicated.
func (p *pair) findSelf(sameMachine bool) {
	inside := sameMachine && p.entry.Covers(p.place) ||
		p.src != nil && p.dst != nil && p.src.GUID != 0 && p.src.GUID == p.dst.GUID
	if inside {
		p.refuse(plan.Overlap, map[string]any{"place": p.place, "source": p.entry.Name},
			fmt.Sprintf("%s would be replicated into %s, which is part of what is replicated", p.source, p.place),
			"choose a remotePool outside the source, or exclude it from datasets")
	}
}
