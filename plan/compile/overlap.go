package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/plan"
)

// findOverlaps refuses pairs that land on one place, and targets that lie inside their source.
func (c *compiler) findOverlaps() {
	taken := map[string]*pair{}
	for _, j := range c.jobs {
		at, self := j.there.key+" ", j.Local() || j.reachesItself()
		for _, p := range j.pairs {
			if q := taken[at+p.place]; q != nil {
				p.overlap(q)
				q.overlap(p)
			} else {
				taken[at+p.place] = p
			}
			p.findSelf(self)
		}
	}
}

func (p *pair) overlap(q *pair) {
	p.refuse(plan.Overlap, map[string]any{"place": p.place, "other": q.source, "otherJob": q.job.Name},
		fmt.Sprintf("%s and %s of job %s would both land on %s", p.source, q.source, q.job.Name, p.place),
		p.elsewhere(p.free()))
}

// reachesItself says that the target is this machine under another name. A dataset of the same name and GUID is a sign
// of that, since receiving never preserves GUIDs; but a pool's disks may have been copied, so where more is known it
// decides: two names of one pool have the same GUID and the same room at the same time.
func (j *job) reachesItself() bool {
	for name, p := range j.there.pools {
		if q, both := j.here.pools[name]; both && p.GUID != 0 && q.GUID != 0 && (p.GUID != q.GUID || p.Free != q.Free) {
			return false
		}
	}
	for name, d := range j.there.datasets {
		if s := j.here.datasets[name]; s != nil && s.GUID != 0 && s.GUID == d.GUID {
			return true
		}
	}
	return false
}

// findSelf notices a target that is the source, or lies inside what is replicated.
func (p *pair) findSelf(sameMachine bool) {
	same := p.src != nil && p.dst != nil && p.src.GUID != 0 && p.src.GUID == p.dst.GUID && p.job.there.pools[p.job.RemotePool].GUID == 0
	if same || sameMachine && p.entry.Covers(p.place) {
		exclude := ""
		if at := p.job.RemotePool; !same && p.entry.Target == "" && at != p.entry.Name && p.entry.Covers(at) {
			exclude = p.option("add %q to exclude of %q", at, p.entry.Name)
		}
		p.refuse(plan.Overlap, map[string]any{"place": p.place, "source": p.entry.Name},
			fmt.Sprintf("%s would be replicated into %s, which is part of what is replicated", p.source, p.place),
			ways(p.option("choose a remotePool outside of %s, or mend remoteHost, which is this machine", p.entry.Name), exclude))
	}
}
