package compile

import (
	"fmt"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// usableToken is the partial receive if it can be finished and is worth it; base is the newest common version, nil
// for a first replication. The token comes from the receiver, so each of its claims is checked against the source, and
// what it would bring against what the plan would send.
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
	case r.ToGUID == 0, !tokenWord(r.Token), contradicts(r), !printableName(r.ToName):
		return "its token cannot be read"
	case r.Bytes < 0:
		return "its token says that less than nothing has arrived"
	case dataset != p.source:
		return "it was sending another dataset"
	case to < 0 && p.hasSnapshotNamed(name):
		return fmt.Sprintf("@%s is another snapshot by now", name)
	case to < 0:
		return fmt.Sprintf("@%s is gone from the source", name)
	case !p.job.Snapshots.Matches(p.src.Snapshots[to].Name):
		return fmt.Sprintf("@%s is not replicated any more", name)
	case r.Raw != p.goesRaw():
		return "it was begun in another raw mode"
	case to != p.lastWanted() && p.barren()(to):
		return fmt.Sprintf("@%s holds no IV set, so nothing could follow it", name)
	}
	if base == nil {
		return p.firstTokenFault(to)
	}
	switch {
	case to < p.afterBase(base):
		return fmt.Sprintf("the replica has moved past @%s", name)
	case r.FromGUID != base.GUID:
		return "it started from another snapshot than the newest that both sides have"
	case base.at != len(p.dst.Snapshots)-1:
		return "the replica has newer snapshots"
	}
	return p.skipped(p.pathFrom(base).steps, to)
}

// firstTokenFault judges an interrupted first transfer: its base, which is none or the origin of a clone, and whether
// it is what a first replication begins with.
func (p *pair) firstTokenFault(to int) string {
	switch {
	case p.dst.Resume.FromGUID != 0 && p.tokenOrigin() == nil:
		return "it started from a snapshot that this dataset is not a clone of"
	case p.job.Initial == config.InitialLatest || !p.job.Intermediates:
		return "" // whichever was the latest then
	default:
		return p.skipped(p.initialPath(nil).steps, to)
	}
}

// tokenOrigin is the snapshot that an interrupted first transfer started from, if it is the origin of this clone.
func (p *pair) tokenOrigin() *common {
	o, snap := p.origin()
	if o == nil || o.dst == nil || snap.GUID != p.dst.Resume.FromGUID {
		return nil
	}
	for i, s := range o.dst.Snapshots {
		if s.GUID == snap.GUID {
			return &common{Version: snap.Version, index: -1, at: i, onTarget: s.Name, origin: o}
		}
	}
	return nil
}

// skipped says which snapshot would be left out for good if the one at position to came next.
func (p *pair) skipped(steps []hop, to int) string {
	if !p.job.Intermediates || len(steps) == 0 {
		return ""
	}
	next := steps[0].to
	if steps[0].intermediates {
		next = steps[0].from.index + 1
	}
	if next == to {
		return ""
	}
	return fmt.Sprintf("@%s is to arrive before", p.src.Snapshots[next].Name)
}

// tokenWord says that the token may become a word of a command line. What it means is zfs's to judge.
func tokenWord(token string) bool {
	return token != "" && token[0] != '-' && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// contradicts says that the inventory tells of the token what the token itself does not say. One that cannot be read at
// all is for zfs to refuse.
func contradicts(r *observe.Resume) bool {
	t, err := zfs.DecodeToken(r.Token)
	return err == nil && (t.ToGUID != r.ToGUID || t.FromGUID != r.FromGUID || t.ToName != r.ToName || t.Raw != r.Raw)
}

// printableName says that it is a snapshot's name, which may be shown.
func printableName(full string) bool {
	dataset, sep, name := zfs.SplitVersion(full)
	return sep == '@' && zfs.CheckDatasetName(dataset) == nil && zfs.CheckSnapshotPart(name) == nil
}

// tokenName is what the partial receive was of, as far as that may be shown.
func (p *pair) tokenName() string {
	if name := p.dst.Resume.ToName; printableName(name) {
		return name
	}
	return "an unknown snapshot"
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

// resume finishes the interrupted transfer, and sends what comes after it. base is the newest common version, nil for a
// first replication.
func (p *pair) resume(r *observe.Resume, base *common) {
	i := p.tokenTarget()
	to := p.src.Snapshots[i]
	if arriving := []zfs.Snapshot{to}; p.refuseCollision(arriving) || p.refuseNames(arriving) {
		return
	}
	s := plan.Send{Mode: plan.Resume, Dataset: p.source, Target: p.place, To: plan.SnapshotRef(to.Version), Token: r.Token}
	expect := []plan.Expect{plan.ExpectGUID(plan.Source, p.source+"@"+to.Name, to.GUID), plan.ExpectProperty(plan.Target, p.place, "receive_resume_token", r.Token)}
	from, whole := base, known(to.Referenced, to.Referenced)
	if base != nil {
		whole = p.estimate(p.afterBase(base), i)
	} else {
		from = p.tokenOrigin()
		s.Receive = p.newReplicaOptions()
		s.Receive.Force = p.dst.Properties["inconsistent"] == "0"
	}
	if from != nil {
		ref := from.ref()
		s.From, s.Origin = &ref, from.origin != nil
		expect = append(expect, p.expectBase(from)...)
	}
	s.Receive = p.sealed(s.Receive)
	if whole != nil {
		left := max(*whole-r.Bytes, 0)
		s.Bytes = &left
	}
	p.add(s, fmt.Sprintf("the transfer was interrupted after %s, which the target kept", bytesWords(r.Bytes)), expect...)
	p.arrive(i, i)
	p.send(p.pathFrom(p.common), zfs.ReceiveOptions{})
}

// refuseAbort refuses to drop a first receive, and its dataset with it, when something lies below that.
func (p *pair) refuseAbort() bool {
	m := p.job.there
	below := m.below(p.place)
	if !p.abortRemoves() || len(below) == 0 {
		return false
	}
	var line [][]string
	for _, child := range m.children(p.place) {
		if d := m.datasets[child]; d != nil {
			line = append(line, zfs.Rename(child, m.free(p.place+"."+child[len(p.place)+1:]), d.Volume()))
		}
	}
	p.refuse(plan.Blocked, map[string]any{"child": below[0]},
		fmt.Sprintf("the first receive into %s was interrupted and cannot be resumed (%s), and it cannot be dropped because %s lies below it", p.place, p.tokenFault(), below[0]),
		ways("move what lies below it away (the next run says how it comes back), "+p.onTarget(line...), p.elsewhere(p.free())))
	return true
}
