package compile

import (
	"fmt"
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// A source that was renamed or promoted has its history under another name on the target. Sending everything again
// would keep two copies, so it is noticed by the GUIDs and a person decides. Where datasets have changed places with
// each other it is one finding: the others go with the one that says what to do.

// refuseRenamed notices that this dataset's history lies under another name on the target.
func (p *pair) refuseRenamed() bool {
	if len(p.src.Snapshots)+len(p.src.Bookmarks) == 0 {
		return false
	}
	other := p.replicaElsewhere()
	if other == "" {
		return false
	}
	if p.goesWithParent(other) {
		return true
	}
	line, once := p.moveHere(other)
	if heir := p.heir(); heir != nil {
		ring := p.ring()
		if len(ring) == 0 || p.job.compiler.foremost(ring) != p {
			p.goWith(heir, plan.SourceRenamed, other)
			return true
		}
		line, once = rotate(ring), ""
	}
	seen := map[string]any{"replica": other}
	message := fmt.Sprintf("the history of %s is on the target already, as %s: the source seems to have been renamed", p.source, other)
	if q := p.job.there.byPlace[other]; q != nil && q.src != nil {
		seen["with"] = q.source
		if o, _ := q.origin(); o == p {
			message = fmt.Sprintf("%s was promoted and took the history of %s with it, which is a clone of it now; on the target that history is still %s", p.source, q.source, other)
		}
	}
	p.refuse(plan.SourceRenamed, seen, message, ways(p.renameWay(line, once, other), p.stayWay(other), p.anewWay(other)))
	return true
}

// renameWay brings the replica here. once is what a run must have made before.
func (p *pair) renameWay(line [][]string, once, other string) string {
	if line == nil {
		return ""
	}
	why := "rename the replica, "
	if q := p.job.there.byPlace[other]; q != nil && q.src != nil {
		if o, _ := q.origin(); o == p {
			why += "after which " + q.source + " is sent again as the clone that it is, "
		}
	}
	if once != "" {
		why += "once this run has made " + once + ", "
	}
	return why + p.onTarget(line...)
}

// stayWay lets the replica stay where it is, if no other dataset lands there.
func (p *pair) stayWay(other string) string {
	if p.job.compiler.lands(p.job.there, other) {
		return ""
	}
	return "to let it stay there, " + p.landAt(other)
}

// anewWay keeps the replica as it is. It is looked at no more under its new name.
func (p *pair) anewWay(other string) string {
	m := p.job.there
	return "to keep that one as it is and send everything anew, " +
		p.onTarget(zfs.Rename(other, m.free(other+aside), m.datasets[other].Volume()))
}

// goesWithParent says that the history lies where it will be right once the dataset above has its own back.
func (p *pair) goesWithParent(other string) bool {
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		q := p.job.there.byPlace[up]
		if q == nil || q.conflict == nil || q.conflict.Code != plan.SourceRenamed {
			continue
		}
		if at, _ := q.conflict.Evidence["replica"].(string); at != "" && other == at+p.place[len(up):] {
			p.goWith(q, plan.SourceRenamed, other)
			return true
		}
	}
	return false
}

// goWith leaves the decision to another pair's conflict. other is where this pair's history lies, "" if nowhere.
func (p *pair) goWith(q *pair, code plan.Code, other string) {
	seen := map[string]any{"with": q.source}
	if other != "" {
		seen["replica"] = other
	}
	message := fmt.Sprintf("%s on the target holds the history of %s, not of %s: they have changed places", p.place, q.source, p.source)
	switch o, _ := p.origin(); {
	case o == q:
		message = fmt.Sprintf("%s on the target holds the history that %s took with it when it was promoted", p.place, q.source)
	case code == plan.SourceRenamed && q.place != "" && zfs.Within(p.place, q.place):
		message = fmt.Sprintf("the history of %s is on the target already, as %s, below that of %s", p.source, other, q.source)
	}
	p.refuse(code, seen, message, fmt.Sprintf("resolve the conflict of %s, and this one goes with it", q.source))
}

// heir is the pair whose history lies in this pair's place, nil if that is nobody's.
func (p *pair) heir() *pair {
	c, m := p.job.compiler, p.job.there
	if m.heirs == nil {
		m.heirs = map[string]*pair{}
		for _, q := range c.ordered {
			if q.job.there != m || q.src == nil || q.dst != nil && findCommon(q.src, q.dst) != nil {
				continue
			}
			if at := q.replicaElsewhere(); at != "" && m.heirs[at] == nil {
				m.heirs[at] = q
			}
		}
	}
	return m.heirs[p.place]
}

// ring is the pairs that have changed places in a circle: the history of each lies in the place of the next, and that
// of the last in this pair's. It is empty if there is an end to it.
func (p *pair) ring() []*pair {
	m := p.job.there
	ring := []*pair{p}
	for len(ring) <= len(m.byPlace) {
		next := m.byPlace[ring[len(ring)-1].replicaElsewhere()]
		switch {
		case next == nil, slices.Contains(ring[1:], next):
			return nil
		case next == p:
			return ring
		}
		ring = append(ring, next)
	}
	return nil
}

// foremost is the pair that comes first in the plan.
func (c *compiler) foremost(ring []*pair) *pair {
	i := slices.IndexFunc(c.ordered, func(p *pair) bool { return slices.Contains(ring, p) })
	return c.ordered[i]
}

// rotate gives each of a ring its history back, nil where one place lies inside another.
func rotate(ring []*pair) [][]string {
	for _, p := range ring {
		for _, q := range ring {
			if p != q && zfs.Within(p.place, q.place) || !p.fitsKey(p.dst, p.place) {
				return nil
			}
		}
	}
	first := ring[0]
	between := first.job.there.free(first.place + ".moved")
	line := [][]string{zfs.Rename(first.place, between, first.dst.Volume())}
	for i, p := range ring[1:] {
		line = append(line, zfs.Rename(p.place, ring[i].place, p.dst.Volume()))
	}
	return append(line, zfs.Rename(between, ring[len(ring)-1].place, first.dst.Volume()))
}

// replicaElsewhere finds a dataset of the target that could be continued as this pair's replica.
func (p *pair) replicaElsewhere() string {
	m := p.job.there
	if m.replicas == nil {
		p.job.compiler.indexReplicas(m)
	}
	if len(m.replicas) == 0 {
		return ""
	}
	for i := len(p.src.Snapshots) - 1; i >= 0; i-- {
		if d := p.continues(p.src.Snapshots[i].Version); d != "" {
			return d
		}
	}
	for _, b := range p.src.Bookmarks {
		if d := p.continues(b.Version); d != "" {
			return d
		}
	}
	return ""
}

// reaches says that a dataset of the target lies where the job may look for lost replicas, whatever other jobs look at.
func (j *job) reaches(name string) bool {
	return zfs.Within(name, j.RemotePool) || slices.ContainsFunc(j.Datasets, func(d config.Dataset) bool { return zfs.Within(name, j.Place(d, d.Name)) })
}

// continues is a dataset that has the version and was received in the way that this pair is sent. What cannot be renamed
// is not taken for a lost replica, or giving a dataset another place would lead nowhere.
func (p *pair) continues(v zfs.Version) string {
	m := p.job.there
	for _, name := range m.replicas[v.GUID] {
		d := m.datasets[name]
		if name == p.place || !p.job.reaches(name) || d.Type != p.src.Type || p.raw() && p.src.Encrypted() != d.Encrypted() || !p.job.compiler.movable(m, name) {
			continue
		}
		return name
	}
	return ""
}

// indexReplicas notes for each version on the target which dataset has it, unless it is where it belongs: what is
// another job's replica, or a source of this machine, is nobody's lost one.
func (c *compiler) indexReplicas(m *machine) {
	m.replicas = map[zfs.GUID][]string{}
	for _, name := range m.sorted() {
		if at := asideName.FindStringIndex(name); at != nil && at[1] == len(name) || c.belongs(m, name) {
			continue // what lies below one that was put aside came along with it and may be wanted back
		}
		for _, s := range m.datasets[name].Snapshots {
			m.replicas[s.GUID] = append(m.replicas[s.GUID], name)
		}
	}
}

// belongs says that a dataset of a machine is a source, or the replica of some job at its place.
func (c *compiler) belongs(m *machine, name string) bool {
	if p := m.byPlace[name]; p != nil && p.src != nil && p.dst != nil && findCommon(p.src, p.dst) != nil {
		return true
	}
	for _, j := range c.jobs {
		if j.here == m && j.bySource[name] != nil && m.byPlace[name] == nil {
			return true
		}
	}
	return c.landsUnseen(m, name)
}

// refusePromoted notices that the source was made a clone of what was its clone, which took its history along: the
// replica of that one is still a clone of this one's.
func (p *pair) refusePromoted() bool {
	o, snap := p.origin()
	if o == nil || o.dst == nil {
		return false
	}
	if from, _, _ := zfs.SplitVersion(o.dst.Properties["origin"]); from != p.place {
		return false
	}
	at := slices.IndexFunc(p.dst.Snapshots, func(s zfs.Snapshot) bool { return s.GUID == snap.GUID })
	if at < 0 {
		return false
	}
	evidence := p.tails()
	evidence["promoted"] = o.source
	p.refuse(plan.NoCommonSnapshot, evidence,
		fmt.Sprintf("%s was promoted and took the history of %s with it; on the target that is still part of %s", o.source, p.source, p.place),
		ways(p.promoteWay(o, at), p.putAside()))
	return true
}

// promoteWay does the same on the target, and removes what is left of this pair's replica then, an empty clone: it is
// sent as one again. It is "" if more than that would be left, or if names are in the way (a promoted clone takes the
// snapshots over by their names).
func (p *pair) promoteWay(o *pair, at int) string {
	taken := func(s zfs.Snapshot) bool {
		return slices.ContainsFunc(o.dst.Snapshots, func(t zfs.Snapshot) bool { return t.Name == s.Name })
	}
	if at < len(p.dst.Snapshots)-1 || len(p.job.there.below(p.place)) > 0 || slices.ContainsFunc(p.dst.Snapshots, taken) {
		return ""
	}
	return "do the same and have " + p.source + " sent as a clone again, " + p.onTarget([]string{"zfs", "promote", o.place}, []string{"zfs", "destroy", p.place})
}
