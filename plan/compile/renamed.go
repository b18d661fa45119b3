package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// A source that was renamed or promoted has its history under another name on the target. Sending everything again
// would keep two copies, so it is noticed by the GUIDs and a person decides.

// aside is what hints append to the name of a replica that is to be kept as it is. A dataset of such a name is never
// taken for a renamed replica, so that following such a hint leads on.
const aside = ".old"

// refuseRenamed notices that this dataset's history lies under another name on the target.
func (p *pair) refuseRenamed() bool {
	if len(p.src.Snapshots)+len(p.src.Bookmarks) == 0 {
		return false
	}
	other := p.replicaElsewhere()
	if other == "" {
		return false
	}
	rename := "zfs rename -u"
	if p.src.Volume() {
		rename = "zfs rename" // zfs refuses -u for volumes
	}
	hint := fmt.Sprintf("rename the replica on the target: %s %s %s", rename, shellWord(other), shellWord(p.place))
	if p.dst != nil {
		hint = fmt.Sprintf("move %s out of the way on the target, then rename the replica: %s %s %s", p.place, rename, shellWord(other), shellWord(p.place))
	}
	p.refuse(plan.SourceRenamed, map[string]any{"replica": other},
		fmt.Sprintf("the history of %s is on the target already, as %s: the source seems to have been renamed", p.source, other),
		hint+fmt.Sprintf("; or set target = %q for %s; or, to keep that one as it is and send everything anew, rename it to %s", other, p.source, shellWord(other+aside)))
	return true
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

// continues is a dataset that has the version and was received in the way that this pair is sent.
func (p *pair) continues(v zfs.Version) string {
	for _, name := range p.job.there.replicas[v.GUID] {
		d := p.job.there.datasets[name]
		if name == p.place || !p.job.reaches(name) || d.Type != p.src.Type || p.raw() && p.src.Encrypted() != d.Encrypted() {
			continue
		}
		return name
	}
	return ""
}

// indexReplicas maps the GUIDs of a machine's snapshots to the datasets that have them, leaving out those that are
// where they belong: the sources, and the places of all jobs whose source has something in common with them.
func (c *compiler) indexReplicas(m *machine) {
	m.replicas = map[zfs.GUID][]string{}
	for _, name := range m.sorted() {
		if setAside(name) || c.belongs(m, name) {
			continue
		}
		for _, s := range m.datasets[name].Snapshots {
			m.replicas[s.GUID] = append(m.replicas[s.GUID], name)
		}
	}
}

func setAside(name string) bool {
	return strings.HasSuffix(name, aside) || strings.Contains(name, aside+"/")
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
	for _, j := range c.unseen {
		if machineKey(j) != m.key {
			continue
		}
		for _, d := range j.Datasets {
			if zfs.Within(name, j.Place(d, d.Name)) {
				return true
			}
		}
	}
	return false
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
	if !slices.ContainsFunc(p.dst.Snapshots, func(s zfs.Snapshot) bool { return s.GUID == snap.GUID }) {
		return false
	}
	evidence := p.tails()
	evidence["promoted"] = o.source
	p.refuse(plan.NoCommonSnapshot, evidence,
		fmt.Sprintf("%s was promoted and took the history of %s with it; on the target that is still part of %s", o.source, p.source, p.place),
		fmt.Sprintf("do the same on the target: zfs promote %s; what is left of %s there is an empty clone then: zfs destroy %s, and the next run sends it as a clone again",
			shellWord(o.place), p.place, shellWord(p.place)))
	return true
}
