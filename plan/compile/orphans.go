package compile

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// An orphan is a replica whose source is gone, or excluded by now. Nobody would see it again, so the plan lists it, and
// retention.target goes on pruning it, down to its newest few.
//
// Nothing on the source tells any more that it was ours, so its place must: it lies below a replica that has history in
// common with its source, with nothing of a stranger in between; it lies as replicas do (read-only, not mounted, not to
// be mounted by itself, not written to since its newest snapshot); and no other job lands there. A replica of a dataset
// that was renamed is none, nor one that a person put aside, and where the root of the recursion was not seen on this
// machine, nothing below its place is.

const (
	// orphanKeep is how many of an orphan's newest snapshots stay, whatever the policy says.
	orphanKeep = 7
	// orphanWait is how far the replica of a dataset that still exists must be behind before it is pruned as an orphan: who
	// excluded it here may replicate it by another config, to the same place.
	orphanWait = 7 * 24 * time.Hour
)

// findOrphans finds the orphans of all jobs, and plans what retention lets go of them.
func (c *compiler) findOrphans() {
	for _, j := range c.jobs {
		for _, e := range j.Datasets {
			if root := j.bySource[e.Name]; e.Recursive && root != nil {
				c.guard(root, func() { j.orphansBelow(root) })
			}
		}
	}
	for _, j := range c.jobs {
		j.orphans = slices.DeleteFunc(j.orphans, j.there.misplaced(j.orphans))
		for _, o := range j.orphans {
			c.guard(j.bySource[o.entry.Name], o.pruneOrphan)
		}
	}
}

// orphansBelow finds the orphans below the place of a recursive entry.
func (j *job) orphansBelow(root *pair) {
	m := j.there
	if j.here.datasets[root.source] == nil || m.byPlace[root.place] != root {
		return
	}
	ours := map[string]bool{root.place: root.replicated()}
	for _, name := range m.below(root.place) {
		d, up := m.datasets[name], ours[zfs.Parent(name)]
		switch q := m.byPlace[name]; {
		case q != nil:
			ours[name] = q.replicated() || up && q.conflict == nil && (q.dst == nil || len(q.dst.Snapshots) == 0)
		case !up || !dormant(d) || setAside(name) || j.compiler.otherPlace(m, name, root.place):
			// a stranger's, and so is what lies below it
		default:
			ours[name] = true
			if len(d.Snapshots) > 0 {
				j.addOrphan(root, name, d)
			}
		}
	}
}

// addOrphan makes a pair of the orphan that has no source any more.
func (j *job) addOrphan(root *pair, name string, d *observe.Dataset) {
	newest := d.Snapshots[len(d.Snapshots)-1]
	o := &pair{job: j, entry: root.entry, source: root.source + name[len(root.place):], place: name, dst: d, final: arrivals(d),
		common: &common{Version: newest.Version, at: len(d.Snapshots) - 1, onTarget: newest.Name}}
	o.conflict = j.compiler.bans.of(o)
	j.orphans = append(j.orphans, o)
}

// replicated says that the replica has history in common with its source.
func (p *pair) replicated() bool {
	foreign := p.conflict != nil && (p.conflict.Code == plan.Overlap || p.conflict.Code == plan.Internal)
	return !foreign && p.startingPoint() != nil
}

// dormant says that a dataset lies as a replica does between two runs.
func dormant(d *observe.Dataset) bool {
	is := func(property string, values ...string) bool { return slices.Contains(values, d.Properties[property]) }
	quiet := d.Volume() || is("canmount", "noauto", "off") || is("mountpoint", "none", "legacy")
	return quiet && is("readonly", "on") && !is("mounted", "yes") && is("written", "0", "")
}

// otherPlace says that a dataset of the machine lies in the place of another entry, of this job or another one, which
// lies inside the given place.
func (c *compiler) otherPlace(m *machine, name, place string) bool {
	inside := func(j *config.Job) bool {
		return machineKey(j) == m.key && slices.ContainsFunc(j.Datasets, func(e config.Dataset) bool {
			other := j.Place(e, e.Name)
			return zfs.Within(name, other) && (other != place && zfs.Within(other, place))
		})
	}
	return slices.ContainsFunc(c.unseen, inside) || slices.ContainsFunc(c.jobs, func(j *job) bool { return inside(j.Job) })
}

// misplaced says of the candidates which hold, or lie below what holds, the history of a dataset that has no replica in
// its place: it was renamed, and a person decides.
func (m *machine) misplaced(candidates []*pair) func(*pair) bool {
	holders := map[zfs.GUID][]string{}
	for _, o := range candidates {
		for _, s := range o.dst.Snapshots {
			holders[s.GUID] = append(holders[s.GUID], o.place)
		}
	}
	held := map[string]bool{}
	note := func(g zfs.GUID) {
		for _, name := range holders[g] {
			held[name] = true
		}
	}
	for _, q := range m.byPlace {
		if len(holders) == 0 || q.src == nil || q.replicated() {
			continue
		}
		for _, s := range q.src.Snapshots {
			note(s.GUID)
		}
		for _, b := range q.src.Bookmarks {
			note(b.GUID)
		}
	}
	return func(o *pair) bool {
		for up := o.place; up != ""; up = zfs.Parent(up) {
			if held[up] {
				return true
			}
		}
		return false
	}
}

// pruneOrphan plans what retention lets go of an orphan. One that some job replicates further is that job's to prune.
func (o *pair) pruneOrphan() {
	c, policy := o.job.compiler, o.job.Retention.Target
	switch {
	case policy == nil, o.conflict != nil, o.targetPool().Readonly, o.dst.Resume != nil && o.dst.Resume.Busy, o.maybeServed(), o.readFurther():
		return
	}
	w := wish{pair: o, side: plan.Target, policy: *policy}
	going := c.agreed([]wish{w}, o.dst.Snapshots, true)
	stay := map[zfs.GUID]bool{}
	for i, s := range o.dst.Snapshots {
		stay[s.GUID] = i >= len(o.dst.Snapshots)-orphanKeep || s.Holds > 0 || s.Clones > 0
	}
	if src := o.job.here.datasets[o.source]; src != nil {
		if base := findCommon(src, o.dst); base != nil {
			stay[base.GUID] = true // from which it can go on, once it is replicated again
		}
	}
	w.destroy(&history{name: o.place}, slices.DeleteFunc(going, func(v retention.Verdict) bool { return stay[v.Snapshot.GUID] }), false)
	for _, n := range o.pruning {
		n.Why = fmt.Sprintf("%s is not replicated any more; %s", o.source, n.Why)
	}
}

// maybeServed says that the orphan's source is still there, excluded, and that somebody may be replicating it.
func (o *pair) maybeServed() bool {
	src := o.job.here.datasets[o.source]
	if src == nil || len(src.Snapshots) == 0 {
		return src != nil
	}
	return src.Snapshots[len(src.Snapshots)-1].Creation.Sub(o.common.Creation) < orphanWait
}

// readFurther says that the orphan is the source of some job.
func (o *pair) readFurther() bool {
	c := o.job.compiler
	return o.job.there.key == "" && (c.unseenReader(o.place) != nil || slices.ContainsFunc(c.jobs, func(j *job) bool { return j.bySource[o.place] != nil }))
}

// orphan is what the plan says of it.
func (o *pair) orphan() plan.Orphan {
	said := plan.Orphan{Job: o.job.Name, Dataset: o.source, Target: o.place, Snapshots: len(o.dst.Snapshots),
		Newest: plan.Latest{Name: "@" + o.common.Name, Creation: o.common.Creation}}
	if used, err := strconv.ParseInt(o.dst.Properties["used"], 10, 64); err == nil {
		said.Used = &used
	}
	return said
}
