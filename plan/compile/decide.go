package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// decide settles one pair: a conflict, or the data actions that bring the replica up to date.
func (p *pair) decide() {
	if p.conflict != nil || p.refuseOdd() || p.takeUp() {
		return
	}
	switch {
	case p.src == nil:
		p.refuseSourceMissing()
	case p.poolUnusable(), p.parentUnusable():
	case p.dst != nil && p.dst.Resume != nil && p.dst.Resume.Busy:
		p.refuseBusy()
	case p.dst == nil || len(p.dst.Snapshots) == 0:
		p.first()
	default:
		p.follow()
	}
	if p.conflict == nil && len(p.data) > 0 {
		p.checkRoom()
	}
	p.warnMarks()
	p.warnOldKey()
}

// wanted are the source's snapshots that the job replicates, oldest first.
func (p *pair) wanted() []zfs.Snapshot {
	all := p.src.Snapshots
	for i := range all {
		if !p.job.Snapshots.Matches(all[i].Name) {
			some := append([]zfs.Snapshot{}, all[:i]...)
			for _, s := range all[i:] {
				if p.job.Snapshots.Matches(s.Name) {
					some = append(some, s)
				}
			}
			return some
		}
	}
	return all
}

// follow brings a replica that has snapshots up to date.
func (p *pair) follow() {
	base := findCommon(p.src, p.dst)
	if base == nil {
		p.refuseNoCommon()
		return
	}
	if base.bookmark {
		base.Version = p.ownMark(base.Version)
	}
	p.common, p.base = base, base
	path := p.pathFrom(base)
	newer := p.dst.Snapshots[base.at+1:]
	if p.refuseWrites(base, newer, len(path.steps) > 0) {
		return
	}
	resume := p.usableToken(base)
	if p.dst.Resume != nil && (resume == nil || p.modified() || len(newer) > 0) {
		p.abort()
		resume = nil
	}
	if len(path.steps) == 0 || p.refuseCrypto(base) || p.refuseFeatures() {
		return
	}
	if len(newer) > 0 || p.modified() {
		p.rollBack(base, newer)
	}
	if resume != nil {
		p.resume(resume, base)
		return
	}
	p.send(path, zfs.ReceiveOptions{})
}

// modified says that the replica was written to since its newest snapshot.
func (p *pair) modified() bool {
	w := p.dst.Properties["written"]
	return w != "" && w != "0" && w != "-"
}

// refuseWrites refuses a replica that has changes or snapshots of its own which the config does not give up.
func (p *pair) refuseWrites(base *common, newer []zfs.Snapshot, sending bool) bool {
	if len(newer) > 0 && p.job.OnDiverged != config.DivergedRollback {
		p.refuseDiverged(base, newer)
		return true
	}
	mayUndo := p.job.OnModified == config.ModifiedRollback ||
		p.job.OnModified == config.ModifiedAuto && p.dst.Properties["readonly"] == "on"
	if p.modified() && !mayUndo {
		p.refuseModified()
		return true
	}
	if !sending {
		return false
	}
	for _, s := range p.final[base.at+1:] {
		if undestroyable(s.Snapshot) {
			p.refuseBlocked(s.Snapshot)
			return true
		}
	}
	if len(newer) > 0 && p.refuseTorn(base) {
		return true
	}
	return (len(newer) > 0 || p.modified()) && (p.refuseUndoing(base) || p.refuseQuota(base)) || p.job.Send.Properties && p.sendFlags().Properties && p.refuseSetting()
}

// abort drops a partial receive that cannot or need not be finished.
func (p *pair) abort() {
	p.gone = p.abortRemoves()
	expect := plan.ExpectGUID(plan.Target, p.place, p.dst.GUID)
	if token := p.dst.Resume.Token; tokenWord(token) { // anything else is not worth comparing with
		expect = plan.ExpectProperty(plan.Target, p.place, "receive_resume_token", token)
	}
	p.add(plan.AbortReceive{Side: plan.Target, Dataset: p.place},
		fmt.Sprintf("the interrupted transfer of %s cannot be resumed: %s", p.tokenName(), p.tokenFault()), expect)
}

// rollBack takes the replica back to the base, openly.
func (p *pair) rollBack(base *common, newer []zfs.Snapshot) {
	on := p.dst.Snapshots[base.at]
	step := plan.Rollback{Side: plan.Target, Dataset: p.place, To: plan.SnapshotRef(on.Version)}
	expect := []plan.Expect{plan.ExpectGUID(plan.Target, p.place+"@"+on.Name, on.GUID),
		plan.ExpectProperty(plan.Target, p.place, "receive_resume_token", "-")} // ZFS would roll back in the middle of a receive
	for _, s := range newer {
		step.Destroys = append(step.Destroys, s.Name)
		expect = append(expect, plan.ExpectGUID(plan.Target, p.place+"@"+s.Name, s.GUID), plan.ExpectUnheld(plan.Target, p.place+"@"+s.Name))
	}
	step.Bookmarks = p.marksAfter(base.at)
	why := fmt.Sprintf("the replica was written to since @%s, and is read-only: onModified = %q undoes that", on.Name, p.job.OnModified)
	if p.job.OnModified == config.ModifiedRollback {
		why = fmt.Sprintf("the replica was written to since @%s: onModified = \"rollback\" undoes that", on.Name)
	}
	if len(newer) > 0 {
		why = fmt.Sprintf("the replica has %s of its own after @%s: onDiverged = \"rollback\" gives them up", plan.Count(len(newer), "snapshot"), on.Name)
	}
	p.add(step, why, expect...)
	p.final = p.final[:base.at+1]
}

// marksAfter are the replica's bookmarks that a rollback to its snapshot number at takes away.
func (p *pair) marksAfter(at int) []string {
	var all []string
	for _, b := range p.dst.Bookmarks {
		if b.CreateTXG > p.dst.Snapshots[at].CreateTXG {
			all = append(all, b.Name)
		}
	}
	return all
}
