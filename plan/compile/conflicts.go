package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// The conflicts of one pair: each says what is the case, shows both sides' evidence, and names the way out.

func (p *pair) refuseSourceMissing() {
	pool := zfs.Pool(p.source)
	if _, ok := p.job.here.pools[pool]; !ok && len(p.job.here.pools) > 0 {
		p.refuse(plan.SourceMissing, map[string]any{"replicaSnapshots": len(p.final), "pool": pool}, fmt.Sprintf("%s does not exist: there is no pool %s on this machine", p.source, pool),
			ways("import it, "+p.onSource([]string{"zpool", "import", pool}), p.takeOut()))
		return
	}
	left := ""
	if p.dst != nil {
		left = "; its replica is left as it is"
	}
	p.refuse(plan.SourceMissing, map[string]any{"replicaSnapshots": len(p.final)}, fmt.Sprintf("%s does not exist on this machine%s", p.source, left),
		p.takeOut())
}

// takeOut leaves the dataset's entry out of the config. A job without entries is none.
func (p *pair) takeOut() string {
	if len(p.job.Datasets) == 1 {
		return p.option("mend the name of %s, or leave out the job", p.entry.Name)
	}
	return p.option("take %s out of datasets, or mend its name", p.entry.Name)
}

// poolUnusable refuses everything whose pool on the target cannot receive.
func (p *pair) poolUnusable() bool {
	name := zfs.Pool(p.place)
	pool, ok := p.job.there.pools[name]
	switch {
	case !ok:
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name}, fmt.Sprintf("there is no pool %s on the target", name),
			ways("import it, "+p.onTarget([]string{"zpool", "import", name}), p.option("mend %s", p.whosePlace())))
	case pool.Readonly:
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name, "readonly": true}, fmt.Sprintf("the pool %s is imported read-only on the target", name),
			"import it for writing, "+p.onTarget([]string{"zpool", "export", name}, []string{"zpool", "import", name}))
	case broken(pool):
		p.refuse(plan.TargetPoolMissing, map[string]any{"pool": name, "health": pool.Health}, fmt.Sprintf("the pool %s is %s on the target", name, pool.Health),
			"see what is wrong, "+p.onTarget([]string{"zpool", "status", name})+"; once its disks are back, "+p.onTarget([]string{"zpool", "clear", name}))
	default:
		return false
	}
	return true
}

// whosePlace is the option that says where the dataset lands.
func (p *pair) whosePlace() string {
	if p.entry.Target != "" {
		return "the target of " + p.entry.Name
	}
	return "remotePool"
}

// refuseBusy waits for a receive that is running. When it is of a snapshot that would be sent, it is most likely our own: the
// machine there has not noticed yet that the connection is gone.
func (p *pair) refuseBusy() {
	whose, next := "somebody else's, of "+p.tokenName(), "it is looked at again in this run and in the next one"
	if i := p.tokenTarget(); i >= 0 {
		whose = fmt.Sprintf("most likely our own transfer of %s@%s that does not know yet that its sender is gone", p.source, p.src.Snapshots[i].Name)
		next = "it ends when the machine there finds the connection dead, and what has arrived is kept: this run looks again, and the next one goes on from there"
	}
	p.refuse(plan.ReceiveBusy, map[string]any{"toName": p.tokenName()},
		fmt.Sprintf("a zfs receive into %s is still running on the target: %s", p.place, whose),
		next+"; if nothing should be sending for long, see who runs it, "+p.there()+": ps -ef | grep 'zfs receive'")
}

func (p *pair) refuseNoCommon() {
	if p.refuseRenamed() {
		return
	}
	if heir := p.heir(); heir != nil {
		p.goWith(heir, plan.NoCommonSnapshot, "")
		return
	}
	if p.refusePromoted() {
		return
	}
	p.refuse(plan.NoCommonSnapshot, p.tails(),
		fmt.Sprintf("%s and its replica %s have no snapshot in common: the newest are %s here and %s there", p.source, p.place, newest(p.src.Snapshots), newest(p.dst.Snapshots)),
		ways(p.keepAside(), p.elsewhere(p.free()), p.rootLeftOut()))
}

func (p *pair) refuseDiverged(base *common, newer []zfs.Snapshot) {
	shown := p.tails()
	shown["common"] = evidence(base.ref())
	shown["onlyOnTarget"] = versions(newer)
	var byConfig, byHand string
	own := p.final[base.at+1:]
	if stuck := slices.IndexFunc(own, func(a arrival) bool { return undestroyable(a.Snapshot) }); stuck >= 0 {
		byHand = p.freeWays(own[stuck].Snapshot) + "; if they are not needed, then destroy them, " + p.onTarget(p.undo(base.at)...)
	} else {
		if len(p.strangers()) == 0 {
			byConfig = "if they are not needed, let the next run destroy them, " + p.option(`set onDiverged = "rollback"`)
		}
		byHand = "if they are not needed, destroy them by hand, " + p.onTarget(p.undo(base.at)...)
	}
	p.refuse(plan.TargetDiverged, shown,
		fmt.Sprintf("the replica %s has %s that %s lacks after @%s, the newest they have in common: %s", p.place, plan.Count(len(newer), "snapshot"), p.source, base.onTarget, list(names(newer))),
		ways(byConfig, byHand, p.putAside()))
}

func undestroyable(s zfs.Snapshot) bool { return s.Holds > 0 || s.Clones > 0 }

func (p *pair) refuseModified() {
	at := len(p.dst.Snapshots) - 1
	last := p.dst.Snapshots[at]
	shown := p.tails()
	shown["written"], shown["readonly"] = p.dst.Properties["written"], p.dst.Properties["readonly"]
	why := fmt.Sprintf("onModified = %q does not undo that", p.job.OnModified)
	if p.dst.Properties["readonly"] != "on" {
		why = "it is writable, so it may be in use since a failover"
	}
	undo, byConfig := p.undo(at), ""
	if len(p.strangers()) == 0 {
		byConfig = "if the changes are not needed, let the next run undo them, " + p.option(`set onModified = "rollback"`)
		if p.job.Receive.Readonly && p.dst.Properties["readonly"] != "on" {
			undo = append(undo, zfs.SetProperty(p.place, "readonly", "on"))
		}
	}
	p.refuse(plan.TargetModified, shown,
		fmt.Sprintf("%s was written into the replica %s since @%s, and %s", bytesWords(atoi(p.dst.Properties["written"])), p.place, last.Name, why),
		ways("if the changes are not needed, undo them by hand, "+p.onTarget(undo...), byConfig, p.putAside()))
}

// undo are the commands that take the replica back to its snapshot number at. What dies is named, as a range where it is
// much, so that nothing dies that came later.
func (p *pair) undo(at int) [][]string {
	const few = 10
	var line [][]string
	if p.dst.Resume != nil {
		line = append(line, zfs.AbortReceive(p.place)) // it is a clone of the snapshot that it started from
	}
	switch newer := p.dst.Snapshots[at+1:]; {
	case len(newer) > few:
		line = append(line, []string{"zfs", "destroy", p.place + "@" + newer[0].Name + "%" + newer[len(newer)-1].Name})
	default:
		all := make([]string, len(newer))
		for i, s := range newer {
			all[i] = s.Name
		}
		line = append(line, zfs.DestroySnapshots(p.place, all)...)
	}
	for _, b := range p.marksAfter(at) {
		line = append(line, zfs.DestroyBookmark(p.place, b))
	}
	return append(line, zfs.Rollback(p.place+"@"+p.dst.Snapshots[at].Name))
}

// refuseBlocked refuses a rollback over a snapshot that cannot be destroyed.
func (p *pair) refuseBlocked(s zfs.Snapshot) {
	what := "is held"
	if s.Clones > 0 {
		what = "has " + plan.Count(s.Clones, "clone")
	}
	p.refuse(plan.Blocked, map[string]any{"snapshot": s.Name, "guid": s.GUID.String(), "holds": s.Holds, "clones": s.Clones},
		fmt.Sprintf("the replica %s must be rolled back, but its snapshot @%s %s", p.place, s.Name, what),
		ways(p.freeWays(s), p.putAside()))
}

// freeWays say how a snapshot becomes one that can be destroyed. Promoting its clone is no way: the clone would take all
// that is older along.
func (p *pair) freeWays(s zfs.Snapshot) string {
	full := p.place + "@" + s.Name
	if s.Clones == 0 {
		return "see who holds @" + s.Name + ", " + p.onTarget([]string{"zfs", "holds", full}) +
			"; let it go with the tag that this shows, " + p.onTarget([]string{"zfs", "release", "TAG", full})
	}
	see := p.onTarget([]string{"zfs", "get", "clones", full})
	var clones [][]string
	for _, name := range p.job.there.sorted() {
		if d := p.job.there.datasets[name]; d.Properties["origin"] == full && len(d.Snapshots) == 0 && len(p.job.there.below(name)) == 0 {
			clones = append(clones, []string{"zfs", "destroy", name})
		}
	}
	if len(clones) != s.Clones {
		return "destroy those of its clones that are not needed, which you see " + see
	}
	return "see its clones, " + see + "; if they are not needed, " + p.onTarget(clones...)
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
			free := s.Name + aside
			for n := 2; taken[free] != 0; n++ {
				free = fmt.Sprint(s.Name, aside, n)
			}
			p.refuse(plan.NameCollision, map[string]any{"snapshot": s.Name, "sourceGuid": s.GUID.String(), "targetGuid": g.String()},
				fmt.Sprintf("@%s would be sent, but the replica %s has another snapshot of that name", s.Name, p.place),
				"rename that one, "+p.onTarget([]string{"zfs", "rename", p.place + "@" + s.Name, p.place + "@" + free}))
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
		p.shorterPlace(len(longest)))
	return true
}

// shorterPlace is a place right below the pool's root, if that is short enough.
func (p *pair) shorterPlace(longest int) string {
	place := p.job.there.free(zfs.Pool(p.place) + "/" + p.source[strings.LastIndexByte(p.source, '/')+1:])
	if !zfs.FitsName(place, longest) {
		return p.option("choose a shorter remotePool, or a shorter target for %s", p.source)
	}
	return ways(p.option("choose a shorter remotePool"), p.elsewhere(place))
}

// tails is the evidence of both sides: their newest versions.
func (p *pair) tails() map[string]any {
	e := map[string]any{"target": versions(p.dst.Snapshots)}
	if p.src != nil {
		e["source"] = versions(p.src.Snapshots)
	}
	return e
}
