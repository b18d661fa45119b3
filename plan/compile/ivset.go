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
	evidence["sourceIvset"], evidence["targetIvset"] = ivsetText(ours), ivsetText(theirs)
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
	hint := ways(p.wayPlain(base), p.wayBack(base), p.wayAnew())
	if ours == 0 { // the replica is raw, and plain would end that
		hint = ways(p.wayBack(base), p.wayAnew(), p.wayPlain(base))
	}
	p.refuse(plan.RawBaseMismatch, evidence,
		fmt.Sprintf("ZFS refuses a raw increment of %s from the newest version that both sides have: %s", p.source, why), hint)
}

func ivsetText(g zfs.GUID) string {
	if g == 0 {
		return "none"
	}
	return g.String()
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
		if undestroyable(a.Snapshot) {
			return ""
		}
		if !kept[a.GUID] {
			lost = append(lost, "@"+a.Name)
		}
	}
	cost := ""
	if len(lost) > 0 {
		cost = fmt.Sprintf(", giving up %s, which this machine has no longer", list(lost))
	}
	return fmt.Sprintf("to go on raw from @%s%s, %s", p.dst.Snapshots[k].Name, cost, p.onTarget(p.undo(k)...))
}

// wayPlain goes on with plain streams, which end in a dataset with whatever key it has.
func (p *pair) wayPlain(base *common) string {
	var steps []string
	if p.src.KeyUnavailable() {
		steps = append(steps, "load the key, "+p.onSource(loadKey(keyRoot(p.source, p.src))))
	}
	if p.dst.KeyUnavailable() {
		steps = append(steps, "load the replica's key, "+p.onTarget(loadKey(keyRoot(p.place, p.dst))))
	}
	plain := "to go on in plain"
	if base.IvsetGUID == 0 {
		plain += fmt.Sprintf(" (%s then sees the data while it receives, and this replica can never go on raw)", p.target())
	}
	switch {
	case len(steps) > 0:
		steps[0] = plain + ", first " + steps[0]
		plain = "then"
	case p.src.Properties["keystatus"] == "available" && p.dst.Properties["keystatus"] == "available":
		plain += ", which works at once as the keys are loaded on both sides"
	}
	if other := p.otherRaw(); other != "" {
		return strings.Join(append(steps, fmt.Sprintf("%s, give %s a job of its own with send.raw = \"never\": %s of job %s goes on raw", plain, p.source, other, p.job.Name)), "; ")
	}
	return strings.Join(append(steps, plain+", "+p.option(`set send.raw = "never"`)), "; ")
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
	pool := zfs.Pool(p.source)
	if p.sourcePool().Has(bookmarkV2) {
		return p.putAside()
	}
	const name = "first-with-ivset"
	take := "take one that the job replicates"
	if p.job.Snapshots.Matches(name) {
		take = "take one, " + p.onSource(zfs.TakeSnapshot([]string{p.source}, name))
	}
	return fmt.Sprintf("let snapshots have IV sets from now on, %s; %s; then, %s", p.onSource(enableFeature(bookmarkV2, pool)), take, p.putAside())
}

func enableFeature(feature, pool string) []string {
	return []string{"zpool", "set", "feature@" + feature + "=enabled", pool}
}

// warnMarks says that the marks of a dataset that goes raw are of no use, and what is in their stead.
func (p *pair) warnMarks() {
	if p.conflict != nil || p.common == nil || !p.goesRaw() || p.sourcePool().Has(bookmarkV2) {
		return
	}
	p.warn("%s is sent raw, and bookmarks of it are no base for that as the pool %s lacks the feature %s: @%s must stay on this machine until a newer one has arrived; enable it, %s",
		p.source, zfs.Pool(p.source), bookmarkV2, p.common.Name, p.onSource(enableFeature(bookmarkV2, zfs.Pool(p.source))))
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
