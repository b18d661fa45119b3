package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// Every snapshot of an encrypted dataset has an IV set GUID, which only a raw receive carries over. ZFS takes a raw
// increment only if the snapshot that it starts from has the same one on both sides, and refuses it where either side
// has none (module/zfs/dsl_crypt.c, dsl_crypto_recv_raw_objset_check). There is none in snapshots and bookmarks that were
// made before the pool had the feature bookmark_v2 (dsl_dataset.c, dsl_dataset_snapshot_sync_impl; dsl_bookmark.c,
// dsl_bookmark_set_phys), and new in every snapshot that was received in plain.

const bookmarkV2 = "bookmark_v2"

// knowsIvsets says that the inventory tells of IV sets, so that a version without one has none: some snapshot has one on
// either side, or the pool is too old for them.
func (p *pair) knowsIvsets() bool {
	has := func(s zfs.Snapshot) bool { return s.IvsetGUID != 0 }
	return !p.sourcePool().Has(bookmarkV2) || slices.ContainsFunc(p.src.Snapshots, has) ||
		p.dst != nil && slices.ContainsFunc(p.dst.Snapshots, has)
}

// sameIvset says that a raw increment can go from a version with the one to a snapshot with the other IV set.
func (p *pair) sameIvset(ours, theirs zfs.GUID) bool {
	return ours == theirs && ours != 0 || (ours == 0 || theirs == 0) && !p.knowsIvsets()
}

// barren says of the source's snapshots whether no raw increment can start from them.
func (p *pair) barren() func(i int) bool {
	if !p.goesRaw() || !p.knowsIvsets() {
		return func(int) bool { return false }
	}
	return func(i int) bool { return p.src.Snapshots[i].IvsetGUID == 0 }
}

// refuseIvset refuses a raw increment that ZFS would refuse, every night, and says what would go on.
func (p *pair) refuseIvset(base *common, evidence map[string]any) {
	ours, theirs := base.IvsetGUID, p.dst.Snapshots[base.at].IvsetGUID
	evidence["sourceIvset"], evidence["targetIvset"] = ours.String(), theirs.String()
	why := fmt.Sprintf("@%s was not received raw %s: its IV set differs", base.onTarget, p.there())
	switch {
	case ours == 0 && base.bookmark:
		why = fmt.Sprintf("of @%s only the bookmark #%s is left on this machine, and it holds no IV set: the pool %s lacked the feature %s when it was made",
			base.onTarget, base.Name, zfs.Pool(p.source), bookmarkV2)
	case ours == 0:
		why = fmt.Sprintf("@%s has no IV set on this machine: the pool %s lacked the feature %s when it was taken", base.Name, zfs.Pool(p.source), bookmarkV2)
	case theirs == 0:
		why = fmt.Sprintf("@%s has no IV set %s: it was received in plain, by a pool without the feature %s", base.onTarget, p.there(), bookmarkV2)
	}
	ways := []string{p.wayPlain(base), p.wayBack(base), p.wayAnew()}
	if ours == 0 { // the replica is raw, and plain would end that
		ways = []string{p.wayBack(base), p.wayAnew(), p.wayPlain(base)}
	}
	p.refuse(plan.RawBaseMismatch, evidence,
		fmt.Sprintf("ZFS refuses a raw increment of %s from the newest version that both sides have: %s", p.source, why),
		strings.Join(slices.DeleteFunc(ways, func(w string) bool { return w == "" }), "; or "))
}

// wayBack takes the replica back to a snapshot from which it can go on raw; "" if there is none, or if something keeps
// it from being rolled back.
func (p *pair) wayBack(base *common) string {
	have := map[zfs.GUID]zfs.GUID{}
	for _, b := range p.src.Bookmarks {
		have[b.GUID] = max(have[b.GUID], b.IvsetGUID)
	}
	kept := map[zfs.GUID]bool{}
	for _, s := range p.src.Snapshots {
		have[s.GUID], kept[s.GUID] = s.IvsetGUID, true
	}
	k := base.at - 1
	for k >= 0 && (have[p.dst.Snapshots[k].GUID] == 0 || have[p.dst.Snapshots[k].GUID] != p.dst.Snapshots[k].IvsetGUID) {
		k--
	}
	if k < 0 {
		return ""
	}
	var lost []string
	for _, a := range p.final[k+1:] {
		if a.Holds > 0 || a.Clones > 0 {
			return ""
		}
		if !kept[a.GUID] {
			lost = append(lost, "@"+a.Name)
		}
	}
	command := "zfs rollback -r " + shellWord(p.place+"@"+p.dst.Snapshots[k].Name)
	if p.dst.Resume != nil {
		command = "zfs receive -A " + shellWord(p.place) + " && " + command // its hidden clone would be in the way
	}
	cost := ""
	if len(lost) > 0 {
		cost = fmt.Sprintf(" (this gives up %s, which this machine has no longer)", list(lost))
	}
	return fmt.Sprintf("%s: %s%s, and the next run goes on raw from there", p.there(), command, cost)
}

// wayPlain goes on with plain streams, which end in a dataset with whatever key it has.
func (p *pair) wayPlain(base *common) string {
	set := p.inJob() + ": set send.raw = \"never\""
	if other := p.otherRaw(); other != "" {
		set = fmt.Sprintf("take %s out of job %s, where %s goes on raw, and give it a job of its own with send.raw = \"never\"", p.source, p.job.Name, other)
	}
	var load []string
	if p.src.KeyUnavailable() {
		load = append(load, p.here()+": "+loadKey(keyRoot(p.source, p.src)))
	}
	if p.dst.KeyUnavailable() {
		load = append(load, p.there()+": "+loadKey(keyRoot(p.place, p.dst)))
	}
	switch {
	case len(load) > 0:
		set += ", and load what that needs, " + strings.Join(load, ", and ")
	case p.src.Properties["keystatus"] == "available" && p.dst.Properties["keystatus"] == "available":
		set += ", which works at once: the keys are loaded on both sides"
	default:
		set += ", which needs the keys loaded on both sides"
	}
	if base.IvsetGUID == 0 {
		set += fmt.Sprintf(" (from then on %s sees the data in plain while it receives, and this replica can never go on raw)", p.target())
	}
	return set
}

// otherRaw is another dataset of the job whose replica goes on raw, for which send.raw = "never" would be wrong.
func (p *pair) otherRaw() string {
	for _, q := range p.job.pairs {
		if q == p || q.src == nil || q.dst == nil || !q.goesRaw() || !q.dst.Encrypted() {
			continue
		}
		if base := findCommon(q.src, q.dst); base != nil && q.sameIvset(base.IvsetGUID, q.dst.Snapshots[base.at].IvsetGUID) {
			return q.source
		}
	}
	return ""
}

// wayAnew puts the replica aside. Where new snapshots have no IV set either, that alone would lead to where it began.
func (p *pair) wayAnew() string {
	if pool := zfs.Pool(p.source); !p.sourcePool().Has(bookmarkV2) {
		return fmt.Sprintf("%s: zpool set feature@%s=enabled %s, take a new snapshot, and %s", p.here(), bookmarkV2, shellWord(pool), p.putAside())
	}
	return p.putAside()
}

// warnMarks says that the marks of a dataset that goes raw are of no use, and what is in their stead.
func (p *pair) warnMarks() {
	if p.conflict != nil || p.common == nil || !p.goesRaw() || p.sourcePool().Has(bookmarkV2) {
		return
	}
	p.warn("%s is sent raw, and bookmarks of it are no base for that as the pool %s lacks the feature %s: @%s must stay on this machine until a newer one has arrived; %s: zpool set feature@%s=enabled %s",
		p.source, zfs.Pool(p.source), bookmarkV2, p.common.Name, p.here(), bookmarkV2, shellWord(zfs.Pool(p.source)))
}

// warnBarren says which snapshots a raw history leaves out because it could not go on from them.
func (p *pair) warnBarren() {
	first, barren := p.firstWanted(), p.barren()
	var out []string
	for i := range max(first, 0) {
		if s := p.src.Snapshots[i]; barren(i) && p.job.Snapshots.Matches(s.Name) {
			out = append(out, "@"+s.Name)
		}
	}
	if len(out) > 0 && p.job.Initial == config.InitialAll && p.job.Intermediates {
		p.warn("the replica of %s begins with @%s: %s before it hold no IV set, as the pool %s lacked the feature %s, and ZFS sends no raw increment from such a snapshot",
			p.source, p.src.Snapshots[first].Name, list(out), zfs.Pool(p.source), bookmarkV2)
	}
}
