package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// record is what there was before a run: on this machine's own pool, and on every disk, wherever that was.
type record struct {
	tank  []version
	disks map[*disk][]version
}

func (s *season) record() record {
	s.learn()
	r := record{versions(s.src), map[*disk][]version{}}
	for _, d := range s.everyDisk() {
		r.disks[d] = d.holds()
	}
	return r
}

// source is where a dataset of this machine is: on its own pool, or on a disk that is plugged in here.
func (s *season) source(r record, dataset string) []version {
	if zfs.Pool(dataset) == s.src.pool {
		return r.tank
	}
	for d, all := range r.disks {
		if d.away == nil && d.slot.host == "" && d.slot.pool == zfs.Pool(dataset) {
			return all
		}
	}
	return nil
}

// sources are the datasets that jobs can replicate.
func (s *season) sources() []string {
	all := datasets(s.src)
	for _, x := range s.slots {
		if x.host == "" && x.in != nil {
			all = append(all, datasets(x.side)...)
		}
	}
	return all
}

// judgeRun holds what a run did against what no run may do.
func (s *season) judgeRun(before record, made *plan.Plan) {
	after := s.record()
	did := show(made)
	s.held(before.tank, after.tank, did)
	s.unlisted("", s.src.pool, before.tank, after.tank, made)
	for d, was := range before.disks {
		s.held(was, after.disks[d], did)
		s.unlisted(d.slot.host, d.slot.pool, was, after.disks[d], made)
		s.genuine(d, did)
	}
	for _, source := range s.sources() {
		s.chained(source, before, after, did)
		s.awaited(source, before, after, did)
	}
}

// unlisted checks that nothing is gone but what the plan lists.
func (s *season) unlisted(host, pool string, before, after []version, made *plan.Plan) {
	listed := map[string]bool{}
	for i := range made.Actions {
		a := &made.Actions[i]
		side, name := a.Do.Subject()
		if zfs.Pool(name) != pool || s.hostOf(a.Job, side) != host {
			continue
		}
		switch do := a.Do.(type) {
		case plan.DestroySnapshots:
			for _, n := range do.Names {
				listed[name+"@"+n] = true
			}
		case plan.DestroyBookmarks:
			for _, n := range do.Names {
				listed[name+"#"+n] = true
			}
		case plan.Rollback:
			for _, n := range do.Destroys {
				listed[name+"@"+n] = true
			}
			for _, n := range do.Bookmarks {
				listed[name+"#"+n] = true
			}
		}
	}
	left := map[string]bool{}
	for _, v := range after {
		left[v.full+" "+v.guid] = true
	}
	for _, v := range before {
		if !left[v.full+" "+v.guid] && !listed[v.full] {
			s.fail("%s of %q is gone, and the plan does not say so\n%s", v.full, host, show(made))
		}
	}
}

func (s *season) hostOf(job string, side plan.Side) string {
	for _, j := range s.cfg.Jobs {
		if j.Name == job && side == plan.Target {
			return j.RemoteHost
		}
	}
	return ""
}

// genuine checks that what a disk has is what the source had.
func (s *season) genuine(d *disk, did string) {
	if d.away != nil {
		return
	}
	for _, v := range d.holds() {
		if v.bookmark {
			continue
		}
		if content, known := s.born[v.guid]; !known || content != d.slot.ContentID(v.full) {
			s.fail("%s on %s is not what the source had (known: %v)\n%s", v.full, d.label, known, did)
		}
	}
}

// historyOf is a dataset's versions, oldest first, a snapshot and its bookmarks side by side.
func historyOf(all []version, dataset string) []version {
	var some []version
	for _, v := range all {
		if v.dataset == dataset {
			some = append(some, v)
		}
	}
	slices.SortStableFunc(some, func(a, b version) int { return int(a.txg) - int(b.txg) })
	return some
}

// chained checks that every disk that could be continued still can be, whether it is here or in a drawer.
func (s *season) chained(source string, before, after record, did string) {
	for _, c := range s.claims(source, before) {
		if c.at < 0 || !c.told {
			continue
		}
		is := guids(s.source(after, source), source, true)
		kept := false
		for g := range guids(after.disks[c.disk], c.place, false) {
			kept = kept || is[g]
		}
		if !kept {
			s.fail("%s has nothing in common with %s on %s any more (job %s, away: %v); it had %s\n%s",
				source, c.place, c.disk.label, c.job.Name, c.disk.away != nil, c.common.full, did)
		}
	}
}

// awaited checks that no snapshot of a source is gone that some disk has yet to get: one that is part of a chain, or the
// only one that a job of this config has ever had.
func (s *season) awaited(source string, before, after record, did string) {
	left := guids(s.source(after, source), source, false)
	claims := s.claims(source, before)
	for _, v := range historyOf(s.source(before, source), source) {
		if v.bookmark || left[v.guid] {
			continue
		}
		_, _, name := zfs.SplitVersion(v.full)
		arrived := map[string]bool{}
		for _, c := range claims {
			got := guids(after.disks[c.disk], c.place, false)
			if got[v.guid] || c.at >= 0 && c.common.txg >= v.txg || s.passedBy(source, v, before, got) || s.passedBy(source, v, after, got) || !s.wanted(c, source, name) {
				arrived[c.job.Name] = true
			} else if c.at >= 0 && c.told || c.first > 0 && v.txg >= c.first {
				s.fail("%s is gone, and %s has yet to get it for job %s (away: %v)\n%s", v.full, c.disk.label, c.job.Name, c.disk.away != nil, did)
			}
		}
		for _, c := range claims {
			if c.ours && len(arrived) == 0 && !s.buried[v.guid] && !s.passedBy(source, v, before, s.buried) {
				s.fail("%s is gone, and nobody has it\n%s", v.full, did)
			}
		}
	}
}

// passedBy says that a replica has something newer than the version.
func (s *season) passedBy(source string, v version, at record, got map[string]bool) bool {
	for _, newer := range historyOf(s.source(at, source), source) {
		if newer.txg > v.txg && got[newer.guid] {
			return true
		}
	}
	return false
}

// served checks that every dataset without a conflict has its newest wanted snapshot on the disk that is plugged in, and
// that a disk that could be continued was.
func (s *season) served(inv *observe.Inventory, before record, made *plan.Plan) {
	refused, full := map[string]bool{}, map[string]bool{}
	for _, c := range made.Conflicts {
		refused[c.Job+" "+c.Dataset] = true
	}
	for i := range made.Actions {
		if send, ok := made.Actions[i].Do.(plan.Send); ok && send.Mode == plan.Full {
			full[made.Actions[i].Job+" "+send.Dataset] = true
		}
	}
	after := s.record()
	for name, pair := range inv.Jobs {
		for source, d := range pair.Source.Datasets {
			for _, c := range s.claims(source, before) {
				key := name + " " + source
				if c.job.Name != name || !c.ours || c.disk.away != nil || refused[key] {
					continue
				}
				if c.at >= 0 && full[key] {
					s.fail("%s is sent in full, and %s had %s of it\n%s", source, c.disk.label, c.common.full, show(made))
				}
				got := guids(after.disks[c.disk], c.place, false)
				newest := newestWanted(c.job, d.Snapshots)
				if newest == nil || got[newest.GUID.String()] {
					continue
				}
				if v := (version{txg: newest.CreateTXG}); !s.passedBy(source, v, after, got) {
					s.fail("%s@%s is not on %s, and there is no conflict\n%s", source, newest.Name, c.disk.label, show(made))
				}
			}
		}
	}
}

// ownOnly checks that zfsrep snapshot takes none of replicas, and destroys none but its own.
func (s *season) ownOnly(before record, made *plan.Plan) {
	for i := range made.Actions {
		switch do := made.Actions[i].Do.(type) {
		case plan.Snapshot:
			for _, d := range do.Datasets {
				if zfs.Pool(d) != s.src.pool {
					s.fail("the replica %s gets a snapshot\n%s", d, show(made))
				}
			}
		case plan.DestroySnapshots:
			for _, n := range do.Names {
				if !strings.HasPrefix(n, s.cfg.AutoSnapshot.Prefix) {
					s.fail("%s@%s is destroyed by zfsrep snapshot", do.Dataset, n)
				}
			}
		default:
			s.fail("zfsrep snapshot would %s", fmt.Sprint(do.Title()))
		}
	}
}
