package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// The conflicts of one pair: each says what is the case, shows both sides' evidence, and names the way out.

func (p *pair) refuseSourceMissing() {
	hint := fmt.Sprintf("take %s out of datasets, or mend its name; its replica is left as it is", p.source)
	if p.dst == nil {
		hint = fmt.Sprintf("take %s out of datasets, or mend its name", p.source)
	}
	p.refuse(plan.SourceMissing, map[string]any{"replicaSnapshots": len(p.final)}, fmt.Sprintf("%s does not exist on this machine", p.source), hint)
}

// poolUnusable refuses everything whose pool on the target cannot receive.
func (p *pair) poolUnusable() bool {
	name := zfs.Pool(p.place)
	pool, ok := p.job.there.pools[name]
	switch {
	case !ok:
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name}, fmt.Sprintf("there is no pool %s on the target", name),
			fmt.Sprintf("import it there (zpool import %s), or mend remotePool", name))
	case pool.Readonly:
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name, "readonly": true}, fmt.Sprintf("the pool %s is imported read-only on the target", name),
			fmt.Sprintf("import it there for writing: zpool export %s, then zpool import %s", name, name))
	case broken(pool):
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name, "health": pool.Health}, fmt.Sprintf("the pool %s is %s on the target", name, pool.Health),
			fmt.Sprintf("see what is wrong there: zpool status %s", name))
	default:
		return false
	}
	return true
}

// parentUnusable refuses a place below something that cannot have children, or below a place that stays missing.
func (p *pair) parentUnusable() bool {
	if p.dst != nil {
		return false
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		q, d := p.job.there.byPlace[up], p.job.there.datasets[up]
		if d != nil && d.Volume() || d == nil && q != nil && q.conflict == nil && q.makes && q.src.Volume() {
			p.refuse(plan.TargetNotEmpty, map[string]any{"parent": up, "type": "volume"}, fmt.Sprintf("%s is a volume on the target, so %s cannot lie below it", up, p.place),
				"give one of them another place with the target option")
			return true
		}
		if d != nil && !unfinished(d) {
			return false
		}
		if q != nil && q.conflict != nil {
			p.refuse(q.conflict.Code, map[string]any{"parent": q.source}, fmt.Sprintf("%s would lie below %s, which is missing on the target because of its own conflict", p.place, up),
				fmt.Sprintf("resolve the conflict of %s; this one goes with it", q.source))
			return true
		}
	}
	return false
}

// unfinished says that a dataset is what a first receive has brought so far: it vanishes if that is dropped.
func unfinished(d *observe.Dataset) bool {
	return d.Resume != nil && len(d.Snapshots) == 0 && d.Properties["inconsistent"] != "0"
}

func (p *pair) refuseBusy() {
	p.refuse(plan.ReceiveBusy, map[string]any{"toName": p.tokenName()}, fmt.Sprintf("another zfs receive into %s is running on the target", p.place),
		"wait until it is done; if nothing should be sending, see who runs it there: ps -ef | grep 'zfs receive'")
}

func (p *pair) refuseNoCommon() {
	if p.refuseRenamed() || p.refusePromoted() {
		return
	}
	p.refuse(plan.NoCommonSnapshot, p.tails(),
		fmt.Sprintf("%s and its replica %s have no snapshot in common: the newest are %s here and %s there", p.source, p.place, newest(p.src.Snapshots), newest(p.dst.Snapshots)),
		fmt.Sprintf("%s; or give %s another place with its target option", p.putAside(), p.source))
}

// putAside says how to keep a replica as it is and have everything sent anew.
func (p *pair) putAside() string {
	return fmt.Sprintf("keep the replica under another name (on the target: zfs rename %s %s), and the next run sends everything anew",
		shellWord(p.place), shellWord(p.place+aside))
}

func (p *pair) refuseDiverged(base *common, newer []zfs.Snapshot) {
	shown := p.tails()
	shown["common"] = evidence(base.ref())
	shown["onlyOnTarget"] = versions(newer)
	p.refuse(plan.TargetDiverged, shown,
		fmt.Sprintf("the replica %s has %s that %s lacks after @%s, the newest they have in common: %s", p.place, plan.Count(len(newer), "snapshot"), p.source, base.onTarget, list(names(newer))),
		fmt.Sprintf("if they are not needed: onDiverged = \"rollback\" destroys them, or on the target: zfs rollback -r %s; if they are: %s",
			shellWord(p.place+"@"+base.onTarget), p.putAside()))
}

func (p *pair) refuseModified(base *common) {
	last := p.dst.Snapshots[len(p.dst.Snapshots)-1]
	shown := p.tails()
	shown["written"], shown["readonly"] = p.dst.Properties["written"], p.dst.Properties["readonly"]
	why := fmt.Sprintf("onModified = %q does not undo that", p.job.OnModified)
	if p.dst.Properties["readonly"] != "on" {
		why = "it is writable, so it may be in use since a failover"
	}
	p.refuse(plan.TargetModified, shown,
		fmt.Sprintf("%s was written into the replica %s since @%s, and %s", bytesWords(atoi(p.dst.Properties["written"])), p.place, last.Name, why),
		fmt.Sprintf("if the changes are not needed, undo them on the target (zfs rollback %s; zfs set readonly=on %s), or set onModified = \"rollback\"",
			shellWord(p.place+"@"+last.Name), shellWord(p.place)))
}

func (p *pair) refuseBlocked(s zfs.Snapshot) {
	what, hint := "is held", fmt.Sprintf("zfs holds %s shows by whom; release it there, or %s", shellWord(p.place+"@"+s.Name), p.putAside())
	if s.Clones > 0 {
		what, hint = "has "+plan.Count(s.Clones, "clone"), fmt.Sprintf("destroy or promote its clones there (zfs get clones %s), or %s", shellWord(p.place+"@"+s.Name), p.putAside())
	}
	p.refuse(plan.Blocked, map[string]any{"snapshot": s.Name, "guid": s.GUID.String(), "holds": s.Holds, "clones": s.Clones},
		fmt.Sprintf("the replica %s must be rolled back, but its snapshot @%s %s", p.place, s.Name, what), hint)
}

// carried are the source's snapshots that a path brings, hop by hop.
func (p *pair) carried(path path) []zfs.Snapshot {
	var all []zfs.Snapshot
	for _, h := range path.steps {
		first := h.to
		if h.intermediates {
			first = h.from.index + 1
		}
		all = append(all, p.src.Snapshots[first:h.to+1]...)
	}
	return all
}

// refuseCollision refuses to send a snapshot whose name is taken on the replica by another one.
func (p *pair) refuseCollision(arriving []zfs.Snapshot) bool {
	taken := make(map[string]zfs.GUID, len(p.final))
	for _, a := range p.final {
		taken[a.Name] = a.GUID
	}
	for _, s := range arriving {
		if g, ok := taken[s.Name]; ok && g != s.GUID {
			p.refuse(plan.NameCollision, map[string]any{"snapshot": s.Name, "sourceGuid": s.GUID.String(), "targetGuid": g.String()},
				fmt.Sprintf("@%s would be sent, but the replica %s has another snapshot of that name", s.Name, p.place),
				fmt.Sprintf("rename the one on the target: zfs rename %s %s", shellWord(p.place+"@"+s.Name), shellWord(p.place+"@"+s.Name+aside)))
			return true
		}
	}
	return false
}

func (p *pair) refuseNames(arriving []zfs.Snapshot) bool {
	longest := ""
	for _, s := range arriving {
		if len(s.Name) > len(longest) {
			longest = s.Name
		}
	}
	if zfs.FitsName(p.place, len(longest)) {
		return false
	}
	p.refuse(plan.NameTooLong, map[string]any{"bytes": len(p.place) + 1 + len(longest), "limit": zfs.MaxName},
		fmt.Sprintf("%s@%s would be a longer name than ZFS allows (%d bytes, %d levels)", p.place, longest, zfs.MaxName, zfs.MaxDepth),
		"choose a shorter remotePool, or a shorter place with the target option")
	return true
}

// tails is the evidence of both sides: their newest versions.
func (p *pair) tails() map[string]any {
	e := map[string]any{"target": versions(p.dst.Snapshots)}
	if p.src != nil {
		e["source"] = versions(p.src.Snapshots)
	}
	return e
}
