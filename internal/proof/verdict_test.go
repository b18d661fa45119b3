package proof

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// verdict is what a judge finds wrong with a plan who knows nothing of how it was made.
type verdict struct {
	cfg   *config.Config
	inv   *observe.Inventory
	plan  *plan.Plan
	wrong []string
}

func (v *verdict) add(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

// sentence holds a plan against what no plan may do.
func sentence(cfg *config.Config, inv *observe.Inventory, p *plan.Plan) []string {
	v := &verdict{cfg: cfg, inv: inv, plan: p}
	v.lasting()
	v.refused()
	v.limited()
	before, after := stock(cfg, inv), stock(cfg, inv)
	seen := map[string]bool{}
	for i := range p.Actions {
		a := &p.Actions[i]
		for _, n := range a.Needs {
			if !seen[n] {
				v.add("order: action %s needs %s, which is not before it", a.ID, n)
			}
		}
		seen[a.ID] = true
		v.owned(a)
		v.ownMarks(a, after)
		if err := after.apply(a); err != nil {
			v.add("impossible: action %s (%s): %v", a.ID, a.Do.Title(), err)
		}
	}
	v.connected(before, after)
	v.awaited(before, after)
	return v.wrong
}

// lasting checks that the plan is the same after it was saved and read.
func (v *verdict) lasting() {
	first, err := json.Marshal(v.plan)
	var read plan.Plan
	if err == nil {
		err = json.Unmarshal(first, &read)
	}
	if err != nil {
		v.add("lasting: the plan cannot be saved and read: %v", err)
		return
	}
	if second, _ := json.Marshal(&read); !bytes.Equal(first, second) {
		v.add("lasting: the plan is read as another one:\n%s\n%s", first, second)
	}
}

// refused checks that nothing is done to what has a conflict, and that none of them is a mistake of ours.
func (v *verdict) refused() {
	for _, c := range v.plan.Conflicts {
		if c.Code == plan.Internal {
			v.add("internal: %s %s: %s %v", c.Job, c.Dataset, c.Message, c.Evidence)
		}
		for i := range v.plan.Actions {
			a := &v.plan.Actions[i]
			side, name := a.Do.Subject()
			touches := side == plan.Source && name == c.Dataset || side == plan.Target && name == c.Target
			if destroys, ok := a.Do.(plan.DestroySnapshots); ok && c.Code == plan.DestroyLimit && destroys.Side == plan.Source {
				continue // for another job, which has room
			}
			if a.Job == c.Job && touches && c.Code != plan.DestroyLimit && c.Code != plan.TargetPoolMissing {
				v.add("refused: action %s (%s) is about %s, which has the conflict %s", a.ID, a.Do.Title(), name, c.Code)
			}
		}
	}
}

// limited checks that no job destroys more than it may.
func (v *verdict) limited() {
	count := map[string]int{}
	for i := range v.plan.Actions {
		switch do := v.plan.Actions[i].Do.(type) {
		case plan.DestroySnapshots:
			count[v.plan.Actions[i].Job] += len(do.Names)
		case plan.Rollback:
			count[v.plan.Actions[i].Job] += len(do.Destroys)
		}
	}
	for _, j := range v.cfg.Jobs {
		if j.Limits.Destroy != nil && count[j.Name] > *j.Limits.Destroy {
			v.add("limited: job %s destroys %d snapshots, and may destroy %d", j.Name, count[j.Name], *j.Limits.Destroy)
		}
	}
}

// owned checks that an action stays within its job's datasets and places.
func (v *verdict) owned(a *plan.Action) {
	i := slices.IndexFunc(v.cfg.Jobs, func(j config.Job) bool { return j.Name == a.Job })
	if i < 0 {
		v.add("owned: action %s is of job %q", a.ID, a.Job)
		return
	}
	j := &v.cfg.Jobs[i]
	side, name := a.Do.Subject()
	_, covered := j.Entry(name)
	fine := covered
	if side == plan.Target {
		fine = slices.ContainsFunc(j.Datasets, func(e config.Dataset) bool {
			place := j.Place(e, e.Name)
			if a.Do.Kind() == "create-dataset" && zfs.Within(place, name) && place != name {
				return true
			}
			return zfs.Within(name, place) && (e.Recursive || name == place)
		})
	}
	if !fine {
		v.add("owned: action %s (%s) is about %s, which is not of job %s", a.ID, a.Do.Title(), name, j.Name)
	}
	if send, ok := a.Do.(plan.Send); ok {
		if e, ok := j.Entry(send.Dataset); !ok || j.Place(e, send.Dataset) != send.Target {
			v.add("owned: action %s sends %s to %s, which is not its place", a.ID, send.Dataset, send.Target)
		}
	}
}

// ownMarks checks that no bookmark goes but those that this job left for the pool that it sees: not people's, not those
// of other jobs and disks. Of the old ones, which do not say whose they are, the version must be on the job's replica.
func (v *verdict) ownMarks(a *plan.Action, now *shelves) {
	do, ok := a.Do.(plan.DestroyBookmarks)
	if !ok {
		return
	}
	j := now.jobs[a.Job]
	e, _ := j.Entry(do.Dataset)
	place := j.Place(e, do.Dataset)
	pool, within, _ := strings.Cut(place, "/")
	for _, m := range now.at(a.Job, do.Side, do.Dataset).marks {
		if !slices.Contains(do.Names, m.Name) {
			continue
		}
		own := fmt.Sprintf("zfsrep_%s_%s_%s", m.GUID, now.pools[address(j)+" "+pool].GUID, hash(within))
		old := fmt.Sprintf("zfsrep_%s_%s", m.GUID, hash(fmt.Sprintf("%s:%d/%s", j.RemoteHost, j.RemotePort, place)))
		arrived := now.at(a.Job, plan.Target, place).has(m.GUID)
		switch m.Name {
		case own, own + "_first", old:
		case "zfsrep_" + m.GUID.String():
			if !arrived {
				v.add("marks: action %s removes #%s of %s, and %s does not have that version", a.ID, m.Name, do.Dataset, place)
			}
		default:
			v.add("marks: action %s removes #%s of %s, which is not of job %s", a.ID, m.Name, do.Dataset, j.Name)
		}
	}
}

// connected checks that what had a version in common still has that one or a newer one, for every job that was seen. A
// rollback gives up what it lists, and leaves an older one.
func (v *verdict) connected(before, after *shelves) {
	before.eachPair(v.cfg, func(j *config.Job, source, place string) {
		if _, seen := v.inv.Jobs[j.Name]; !seen {
			return
		}
		was := commonTXG(before.at(j.Name, plan.Source, source), before.at(j.Name, plan.Target, place))
		is := commonTXG(after.at(j.Name, plan.Source, source), after.at(j.Name, plan.Target, place))
		if is < was && (is == 0 || !v.rolledBack(j, place)) {
			v.add("connected: %s and %s had a newer version in common before (job %s)", source, place, j.Name)
		}
	})
}

func (v *verdict) rolledBack(j *config.Job, place string) bool {
	return slices.ContainsFunc(v.plan.Actions, func(a plan.Action) bool {
		_, name := a.Do.Subject()
		return a.Do.Kind() == "rollback" && name == place && a.Job == j.Name
	})
}

// awaited checks that no snapshot goes that has yet to arrive somewhere: at a replica that was seen, or at one that left
// a mark.
func (v *verdict) awaited(before, after *shelves) {
	after.eachPair(v.cfg, func(j *config.Job, source, place string) {
		src := after.at(j.Name, plan.Source, source)
		arrived := commonTXG(src, after.at(j.Name, plan.Target, place))
		_, seen := v.inv.Jobs[j.Name]
		if _, there := before.pools[address(j)+" "+zfs.Pool(place)]; !there {
			seen = false
		}
		for _, s := range before.at(j.Name, plan.Source, source).snaps {
			if src.has(s.GUID) || v.inherited(source) {
				continue
			}
			if seen && s.CreateTXG > arrived && j.Snapshots.Matches(s.Name) {
				v.add("awaited: %s@%s goes, and %s of job %s has yet to get it", source, s.Name, place, j.Name)
			}
			v.markAwaits(source, s, before, func(pool string) bool { return v.seesPool(pool, before) })
		}
	})
}

// inherited says that the dataset is a replica that this plan may roll back: its snapshots are not its own.
func (v *verdict) inherited(source string) bool {
	return slices.ContainsFunc(v.cfg.Jobs, func(j config.Job) bool {
		return j.Local() && slices.ContainsFunc(j.Datasets, func(e config.Dataset) bool { return zfs.Within(source, j.Place(e, e.Name)) })
	})
}

// markAwaits checks a snapshot that goes against the marks that were left for pools which no job sees: everything newer
// than the newest of each has yet to arrive there, if anybody wants it.
func (v *verdict) markAwaits(source string, s zfs.Snapshot, before *shelves, sees func(pool string) bool) {
	newest := map[string]uint64{}
	for _, m := range before.named[" "+source].marks {
		if own := strings.Split(m.Name, "_"); len(own) >= 4 && own[0] == "zfsrep" && own[1] == m.GUID.String() && own[2] != "0" {
			reach := m.CreateTXG
			if len(own) == 5 && own[4] == "first" {
				reach--
			}
			key := own[2] + " " + own[3]
			newest[key] = max(newest[key], reach)
		}
	}
	for key, reach := range newest {
		pool, place, _ := strings.Cut(key, " ")
		if s.CreateTXG > reach && v.wanted(source, s.Name, place) && !sees(pool) {
			v.add("awaited: %s@%s goes, and the pool %s, whose marks end before it, is not there", source, s.Name, pool)
		}
	}
}

// seesPool says that some job replicates to a pool of that GUID, which is there.
func (v *verdict) seesPool(guid string, now *shelves) bool {
	for i := range v.cfg.Jobs {
		j := &v.cfg.Jobs[i]
		for _, e := range j.Datasets {
			if p, ok := now.pools[address(j)+" "+zfs.Pool(j.Place(e, e.Name))]; ok && p.GUID.String() == guid {
				return true
			}
		}
	}
	return false
}

// wanted says that a job with such a place wants the snapshot, or that no job has such a place, so that nobody knows.
func (v *verdict) wanted(source, snapshot, place string) bool {
	known := false
	for i := range v.cfg.Jobs {
		j := &v.cfg.Jobs[i]
		if e, ok := j.Entry(source); ok {
			if _, within, _ := strings.Cut(j.Place(e, source), "/"); hash(within) == place {
				if j.Snapshots.Matches(snapshot) {
					return true
				}
				known = true
			}
		}
	}
	return !known
}
