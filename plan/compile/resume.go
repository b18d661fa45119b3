package compile

import (
	"fmt"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// usableToken is the partial receive if it can be finished and is worth it; base is the newest common version, nil
// for a first replication. The token comes from the receiver, so each of its claims is checked against the source.
func (p *pair) usableToken(base *common) *observe.Resume {
	if p.dst == nil || p.dst.Resume == nil || p.tokenFaultFrom(base) != "" {
		return nil
	}
	return p.dst.Resume
}

// tokenFault says why the token is of no use.
func (p *pair) tokenFault() string {
	if fault := p.tokenFaultFrom(p.common); fault != "" {
		return fault
	}
	return "the replica must be rolled back first"
}

func (p *pair) tokenFaultFrom(base *common) string {
	r := p.dst.Resume
	dataset, _, name := zfs.SplitVersion(r.ToName)
	to := p.tokenTarget()
	switch {
	case r.ToGUID == 0:
		return "the source cannot read its token"
	case dataset != p.source:
		return "it was sending another dataset"
	case to < 0 && p.hasSnapshotNamed(name):
		return fmt.Sprintf("@%s is another snapshot by now", name)
	case to < 0:
		return fmt.Sprintf("@%s is gone from the source", name)
	case !p.job.Snapshots.Matches(p.src.Snapshots[to].Name):
		return fmt.Sprintf("@%s is not replicated any more", name)
	case r.Raw != (p.raw() && p.src.Encrypted()): // an unencrypted dataset's stream is never raw, whatever was asked for
		return "it was begun in another raw mode"
	}
	if base == nil {
		return p.firstTokenFault()
	}
	switch {
	case r.FromGUID != base.GUID:
		return "it started from another snapshot than the newest that both sides have"
	case base.at != len(p.dst.Snapshots)-1:
		return "the replica has newer snapshots"
	}
	return ""
}

// firstTokenFault judges the base of an interrupted first transfer: none, or the origin of a clone.
func (p *pair) firstTokenFault() string {
	from := p.dst.Resume.FromGUID
	if from == 0 {
		return ""
	}
	if _, snap := p.origin(); snap != nil && snap.GUID == from {
		return ""
	}
	return "the snapshot it started from is not on the replica"
}

// tokenTarget is the position of the snapshot that the token stands for, -1 if the source does not have it.
func (p *pair) tokenTarget() int {
	for i, s := range p.src.Snapshots {
		if s.GUID == p.dst.Resume.ToGUID {
			return i
		}
	}
	return -1
}

func (p *pair) hasSnapshotNamed(name string) bool {
	for _, s := range p.src.Snapshots {
		if s.Name == name {
			return true
		}
	}
	return false
}

// resume finishes the interrupted transfer, and sends what comes after it.
func (p *pair) resume(r *observe.Resume, base *common) {
	i := p.tokenTarget()
	to := p.src.Snapshots[i]
	if arriving := []zfs.Snapshot{to}; p.refuseCollision(arriving) || p.refuseNames(arriving) {
		return
	}
	s := plan.Send{Mode: plan.Resume, Dataset: p.source, Target: p.place, To: plan.SnapshotRef(to.Version), Token: r.Token}
	expect := []plan.Expect{plan.ExpectGUID(plan.Source, p.source+"@"+to.Name, to.GUID), plan.ExpectProperty(plan.Target, p.place, "receive_resume_token", r.Token)}
	whole := known(to.Referenced, to.Referenced)
	if base != nil {
		ref := base.ref()
		s.From = &ref
		expect = append(expect, p.expectBase(base)...)
		whole = p.estimate(p.afterBase(base), i)
	} else {
		s.Receive = p.newReplicaOptions()
		s.Receive.Force = p.dst.Properties["inconsistent"] == "0"
	}
	if whole != nil {
		left := max(*whole-r.Bytes, 0)
		s.Bytes = &left
	}
	p.add(s, fmt.Sprintf("the transfer was interrupted after %s, which the target kept", bytesWords(r.Bytes)), expect...)
	p.arrive(i, i)
	p.send(p.pathFrom(p.common), zfs.ReceiveOptions{})
}
