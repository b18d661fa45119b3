package compile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// emptyBytes is how much a filesystem without any file may occupy. A mountable one may have been written to, so its
// limit is tight: what ZFS itself needs on common pool layouts (96 KiB with 4 KiB sectors). One that was made as a
// parent and never mounted may stand on a wide raidz, where metadata takes more.
const (
	emptyBytes      = 128 << 10
	emptyPlaceBytes = 1 << 20
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
	if p.dst != nil && p.refuseNotEmpty() {
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

// placeMark is the property that says that a dataset was made by zfsrep as a parent and holds nothing. Its value is the
// dataset's name, so that what inherits it is not taken for one.
const placeMark = "zfsrep:place"

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

// newReplicaOptions are the properties that a new replica gets: it is never mounted and never carries an active mountpoint.
func (p *pair) newReplicaOptions() zfs.ReceiveOptions {
	o := p.incrementalOptions()
	if o.Set == nil {
		o.Set = map[string]string{}
	}
	if !p.quietPlace() {
		o.Set["canmount"], o.Set["mountpoint"] = "noauto", "none"
	}
	if p.job.Receive.Readonly {
		o.Set["readonly"] = "on"
	}
	for k, v := range p.job.Receive.Properties {
		o.Set[k] = v
	}
	p.dropForeign(o.Set)
	return o
}

// quiet are the values that keep a received property from taking effect: the received one stays underneath, where
// zfs inherit -S finds it at a restore.
var quiet = map[string]string{
	"canmount": "noauto", "mountpoint": "none", "sharenfs": "off", "sharesmb": "off",
	"quota": "none", "refquota": "none", "reservation": "none", "refreservation": "none", "com.sun:auto-snapshot": "false",
}

// incrementalOptions go with every send. Only streams with properties need any.
func (p *pair) incrementalOptions() zfs.ReceiveOptions {
	var o zfs.ReceiveOptions
	if !p.sendFlags().Properties {
		return o
	}
	o.Set = map[string]string{}
	for k, v := range quiet {
		if p.delegated() {
			if zfs.Applies(k, p.src.Volume()) {
				o.Exclude = append(o.Exclude, k) // takes no right to set it
			}
		} else {
			o.Set[k] = v
		}
	}
	slices.Sort(o.Exclude)
	if p.job.Receive.Readonly {
		o.Set["readonly"] = "on"
	}
	p.dropForeign(o.Set)
	if !p.src.Encrypted() && p.dst == nil && p.vault().encrypted {
		o.Exclude = append(o.Exclude, "encryption") // or libzfs would make the replica a plaintext one (libzfs_sendrecv.c)
	}
	return o
}

// dropForeign takes out what zfs refuses to set on a dataset of this type.
func (p *pair) dropForeign(set map[string]string) {
	for k := range set {
		if !zfs.Applies(k, p.src.Volume()) {
			delete(set, k)
		}
	}
}

// refuseNotEmpty refuses to replace a dataset that may hold something.
func (p *pair) refuseNotEmpty() bool {
	d := p.dst
	if unfinished(d) {
		return false // what an initial receive left behind: it has never held anything else, and is gone when that is dropped
	}
	limit := int64(emptyBytes)
	if d.Properties["canmount"] == "off" && d.Properties["mounted"] != "yes" {
		limit = emptyPlaceBytes
	}
	used, err := strconv.ParseInt(d.Properties["usedbydataset"], 10, 64)
	why := ""
	switch {
	case d.Properties["inconsistent"] == "1":
		why = "it holds an unfinished receive that is still running or cannot be resumed"
	case d.Encrypted():
		why = "it is encrypted, and ZFS cannot replace an encrypted dataset"
	case p.raw() && p.src.Encrypted():
		why = "it is not encrypted, and ZFS cannot replace it by an encrypted one"
	case zfs.Parent(p.place) == "" && p.src.Volume():
		why = "it is the root of a pool, and a volume cannot take its place"
	case d.Type != p.src.Type:
		why = fmt.Sprintf("it is a %s, and the source is a %s", d.Type, p.src.Type)
	case d.Properties["origin"] != "" && d.Properties["origin"] != "-":
		why = "it is a clone of " + d.Properties["origin"]
	case err != nil:
		why = "how much it holds is not known"
	case used > limit || d.Volume() && p.modified():
		why = "it holds " + bytesWords(used)
	case p.strangerBelow() != "":
		why = fmt.Sprintf("it has the mountpoint %s, which replacing it would take from %s below it", d.Properties["mountpoint"], p.strangerBelow())
	default:
		return false
	}
	p.refuse(plan.TargetNotEmpty, map[string]any{"used": d.Properties["usedbydataset"], "encryption": d.Properties["encryption"], "type": d.Type},
		fmt.Sprintf("%s exists on the target, has no snapshots, and cannot be replaced: %s", p.place, why),
		fmt.Sprintf("if it is not needed, destroy it there (zfs destroy %s) or rename it; otherwise give %s another place with its target option", shellWord(p.place), p.source))
	return true
}

// strangerBelow is a dataset below the place that has its mountpoint from there and is none of the job's.
func (p *pair) strangerBelow() string {
	switch p.dst.Properties["mountpoint"] {
	case "none", "legacy", "-", "":
		return ""
	}
	for _, name := range p.job.there.below(p.place) {
		if p.job.there.byPlace[name] == nil {
			return name
		}
	}
	return ""
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
