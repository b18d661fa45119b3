package proof

import (
	"bytes"
	"encoding/json"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// memory is what both machines had before a run.
type memory struct {
	src, dst []version
}

func (w *world) remember() memory {
	w.learn()
	return memory{versions(w.src), versions(w.dst)}
}

// places are the datasets of the target that a job's entries land on, by their source.
func (w *world) places(j *config.Job) map[string]string {
	at := map[string]string{}
	for _, d := range datasets(w.src) {
		if e, ok := j.Entry(d); ok {
			at[d] = j.Place(e, d)
		}
	}
	return at
}

// judge holds what a run did against what no run may do.
func (w *world) judge(before memory, did string) {
	after := memory{versions(w.src), versions(w.dst)}
	w.held(before.src, after.src, did)
	w.held(before.dst, after.dst, did)
	w.lost(before, after, did)
	w.faithful(did)
	for i := range w.cfg.Jobs {
		w.connected(&w.cfg.Jobs[i], before, after, did)
	}
}

// held checks that no held snapshot is gone.
func (w *world) held(before, after []version, did string) {
	left := guids(after, "", false)
	for _, v := range before {
		if v.held && !left[v.dataset+" "+v.guid] {
			w.fail("the held %s is gone\n%s", v.full, did)
		}
	}
}

// guids are "dataset guid" of the versions; of one dataset only their GUIDs.
func guids(all []version, dataset string, marks bool) map[string]bool {
	found := map[string]bool{}
	for _, v := range all {
		switch {
		case v.bookmark && !marks:
		case dataset == "":
			found[v.dataset+" "+v.guid] = true
		case v.dataset == dataset:
			found[v.guid] = true
		}
	}
	return found
}

// lost checks that nothing is gone that the config does not give up, on either side.
func (w *world) lost(before, after memory, did string) {
	mayPrune, mayRollBack, mayPruneSource := false, false, false
	for _, j := range w.cfg.Jobs {
		mayPrune = mayPrune || j.Retention.Target != nil
		mayPruneSource = mayPruneSource || j.Retention.Source != nil
		mayRollBack = mayRollBack || j.OnDiverged == config.DivergedRollback
	}
	left, leftSource := guids(after.dst, "", false), guids(after.src, "", false)
	onSource := map[string]bool{}
	for _, v := range before.src {
		onSource[v.guid] = true
	}
	for _, v := range before.dst {
		if v.bookmark || left[v.dataset+" "+v.guid] || mayPrune {
			continue
		}
		if !mayRollBack {
			w.fail("the target's %s is gone\n%s", v.full, did)
		}
	}
	for _, v := range before.src {
		if v.bookmark || leftSource[v.dataset+" "+v.guid] {
			continue
		}
		if !mayPruneSource {
			w.fail("the source's %s is gone\n%s", v.full, did)
		}
		w.mayGo(v, after, did)
	}
	w.foreignMarks(before, after, did)
}

// mayGo checks that a pruned snapshot of the source was not still to be sent: every replica has it or a newer one.
func (w *world) mayGo(v version, after memory, did string) {
	for i := range w.cfg.Jobs {
		j := &w.cfg.Jobs[i]
		e, covered := j.Entry(v.dataset)
		if !covered {
			continue
		}
		there := guids(after.dst, j.Place(e, v.dataset), false)
		arrived, passed := there[v.guid], false
		for _, s := range after.src {
			passed = passed || s.dataset == v.dataset && there[s.guid]
		}
		if !arrived && !passed {
			w.fail("%s was pruned and %s has no version in common\n%s", v.full, j.Place(e, v.dataset), did)
		}
	}
}

// foreignMarks checks that no bookmark is gone but those that zfsrep made.
func (w *world) foreignMarks(before, after memory, did string) {
	left := map[string]bool{}
	for _, v := range after.src {
		left[v.full] = true
	}
	for _, v := range before.src {
		if v.bookmark && !left[v.full] && !bytes.Contains([]byte(v.full), []byte("#zfsrep_")) {
			w.fail("somebody's bookmark %s is gone\n%s", v.full, did)
		}
	}
}

// faithful checks that every snapshot of the target is one that the source had, with the same content, or foreign.
func (w *world) faithful(did string) {
	for _, v := range versions(w.dst) {
		if v.bookmark || w.alien[v.guid] {
			continue
		}
		content, known := w.born[v.guid]
		switch {
		case !known:
			w.fail("%s on the target comes from nowhere\n%s", v.full, did)
		case content != w.dst.ContentID(v.full):
			w.fail("%s on the target differs from what the source had\n%s", v.full, did)
		}
	}
}

// connected checks that what had a version in common still has one.
func (w *world) connected(j *config.Job, before, after memory, did string) {
	for source, place := range w.places(j) {
		if common(before, source, place) && !common(after, source, place) {
			w.fail("%s and its replica %s have no version in common any more\n%s", source, place, did)
		}
	}
}

func common(m memory, source, place string) bool {
	theirs := guids(m.dst, place, false)
	for g := range guids(m.src, source, true) {
		if theirs[g] {
			return true
		}
	}
	return false
}

// arrived checks that every dataset without a conflict has its newest wanted snapshot on the target.
func (w *world) arrived(inv *observe.Inventory, made *plan.Plan) {
	refused := map[string]bool{}
	for _, c := range made.Conflicts {
		refused[c.Job+" "+c.Dataset] = true
	}
	for i := range w.cfg.Jobs {
		j := &w.cfg.Jobs[i]
		for source, place := range w.places(j) {
			d := inv.Jobs[j.Name].Source.Datasets[source]
			if d == nil || refused[j.Name+" "+source] {
				continue
			}
			if s := newestWanted(j, d.Snapshots); s != nil && !w.has(place, s.GUID) && !w.passed(d, place, s.CreateTXG) {
				w.fail("%s@%s is not on the target, and there is no conflict\n%s", source, s.Name, show(made))
			}
		}
	}
}

// passed says that the replica has something newer than the wanted snapshot, which the filter excludes by now.
func (w *world) passed(d *observe.Dataset, place string, txg uint64) bool {
	for _, s := range d.Snapshots {
		if s.CreateTXG > txg && w.has(place, s.GUID) {
			return true
		}
	}
	for _, b := range d.Bookmarks {
		if b.CreateTXG > txg && w.has(place, b.GUID) {
			return true
		}
	}
	return false
}

func newestWanted(j *config.Job, snaps []zfs.Snapshot) *zfs.Snapshot {
	for i := len(snaps) - 1; i >= 0; i-- {
		if j.Snapshots.Matches(snaps[i].Name) {
			return &snaps[i]
		}
	}
	return nil
}

func (w *world) has(place string, g zfs.GUID) bool {
	return snapshots(w.dst, place)[g.String()] != ""
}

// pure checks that the same input gives the same bytes, and that a plan survives being saved.
func (w *world) pure(made *plan.Plan, inv *observe.Inventory) {
	first, err := json.Marshal(made)
	if err != nil {
		w.fail("cannot write the plan: %v", err)
	}
	again, err := compile.Compile(w.cfg, inv, w.clock, verify.Plan)
	if err != nil {
		w.fail("cannot compile again: %v", err)
	}
	if second, _ := json.Marshal(again); !bytes.Equal(first, second) {
		w.fail("the same input gives\n%s\nand\n%s", first, second)
	}
	var read plan.Plan
	if err := json.Unmarshal(first, &read); err != nil {
		w.fail("cannot read the plan back: %v\n%s", err, first)
	}
	if third, _ := json.Marshal(&read); !bytes.Equal(first, third) {
		w.fail("the plan\n%s\nis read as\n%s", first, third)
	}
}
