package compile

import (
	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// first replicates a dataset whose replica does not exist or has no snapshots.
func (p *pair) first() {
	if p.refuseRenamed() {
		return
	}
	resume := p.usableToken(nil)
	if p.dst != nil && p.dst.Resume != nil && resume == nil {
		if p.refuseAbort() {
			return
		}
		p.abort()
	}
	wanted := p.wanted()
	if len(wanted) == 0 {
		p.warn("%s has no snapshot to replicate", p.source)
		return
	}
	var base *common
	if p.dst == nil || resume == nil && unfinished(p.dst) {
		base = p.cloneBase() // nothing is in the place, or nothing by then
	}
	if p.refuseLockedParents() || p.refuseCrypto(base) || p.refuseFeatures() {
		return
	}
	if p.dst != nil && (p.refuseNotEmpty() || p.refuseReplacing()) {
		return // also of a transfer that would replace it: what is there may have changed since that began
	}
	p.makes = true
	if resume != nil {
		p.resume(resume, nil)
		return
	}
	receive := p.newReplicaOptions()
	receive.Force = p.dst != nil && !p.abortRemoves()
	p.warnBarren()
	p.send(p.initialPath(base), receive)
}

// abortRemoves says that the place is empty once its partial receive is dropped. What a first receive began vanishes
// with it, what was there before (and is to be replaced with receive -F) stays.
func (p *pair) abortRemoves() bool { return unfinished(p.dst) }

// initialPath sends all wanted snapshots, or the latest only, which is also what a run without intermediates brings.
// from is a clone's origin, nil for a full send.
func (p *pair) initialPath(from *common) path {
	first := p.firstWanted()
	steps := []hop{{from: from, to: first}}
	return path{append(steps, p.pathFrom(p.sourceVersion(first)).steps...)}
}

// cloneBase is the origin's snapshot if the new replica can become a clone of it: the replica of the origin has it by
// then and is encrypted as the stream needs it.
func (p *pair) cloneBase() *common {
	o, snap := p.origin()
	if o == nil {
		if origin := p.src.Properties["origin"]; origin != "" && origin != "-" {
			p.warn("%s is a clone of %s, which this job does not replicate: it is sent in full and shares nothing with it on the target", p.source, origin)
		}
		return nil
	}
	for i := range o.final {
		if o.conflict == nil && o.final[i].GUID == snap.GUID {
			if why := p.unfitOrigin(o, snap.IvsetGUID, o.final[i]); why != "" {
				p.warn("%s is a clone of %s@%s, but %s: it is sent in full", p.source, o.source, snap.Name, why)
				return nil
			}
			return &common{Version: snap.Version, index: -1, at: i, onTarget: o.final[i].Name, origin: o}
		}
	}
	p.warn("%s is a clone of %s@%s, which the target does not have: it is sent in full", p.source, o.source, snap.Name)
	return nil
}

// parentOptions are the properties of a parent that is made: it is never mounted.
func (p *pair) parentOptions(name string) map[string]string {
	set := map[string]string{placeMark: name}
	if !p.quietPlace() {
		set["canmount"], set["mountpoint"] = "off", "none"
	}
	return set
}

// quietPlace says that the target's user has only the rights that zfs allow gave, and that what is made in the place is
// never mounted anyway. The right to set mountpoints would let whoever has the user's key put files anywhere, so it is
// not needed where the place has mountpoint=none already.
func (p *pair) quietPlace() bool {
	if !p.delegated() {
		return false
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		if d := p.job.there.standing(up); d != nil {
			return d.Properties["mountpoint"] == "none"
		}
	}
	return false
}

// delegated says that the target's user is not root and uses no sudo.
func (p *pair) delegated() bool {
	return !p.job.Local() && p.job.Privilege == config.PrivilegeNone && p.job.RemoteUser != "root"
}

// expectPlace is the state of the place of a first send.
func (p *pair) expectPlace() []plan.Expect {
	if p.dst == nil || p.dst.Resume != nil {
		return []plan.Expect{plan.ExpectAbsent(plan.Target, p.place)}[:boolInt(p.dst == nil)]
	}
	e := []plan.Expect{plan.ExpectGUID(plan.Target, p.place, p.dst.GUID)}
	if w := p.dst.Properties["written"]; w != "" {
		e = append(e, plan.ExpectProperty(plan.Target, p.place, "written", w))
	}
	return e
}
