package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// SnapshotJob is what the actions of zfsrep snapshot belong to: they are of all jobs at once, and of this machine only.
const SnapshotJob = "autoSnapshot"

// dayFormat follows autoSnapshot.prefix in the names of our snapshots, as in the original design.
const dayFormat = "2006-01-02"

// CompileSnapshot plans what autoSnapshot says: one atomic snapshot a pool of every dataset of every job, named after
// the day of now in its own time zone, and the end of our own snapshots that are older than autoSnapshot.keep.
//
// The targets are not asked, so that snapshots do not wait for machines that are down. What has arrived there is told
// by the bookmarks that each run leaves: only what the mark of every job covers may go, and the mark keeps the chain.
// Of the inventory only the source sides are read.
func CompileSnapshot(cfg *config.Config, inv *observe.Inventory, now time.Time) (*plan.Plan, error) {
	c := &compiler{now: now}
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		sides, ok := inv.Jobs[j.Name]
		if !ok {
			return nil, fmt.Errorf("the inventory has no job %q: observe again with this config", j.Name)
		}
		c.jobs = append(c.jobs, newJob(c, j, sides))
	}
	a := &autoSnapshot{AutoSnapshot: cfg.AutoSnapshot, now: now, covers: map[string][]*pair{},
		plan: &plan.Plan{Created: now.UTC().Truncate(time.Second), Jobs: map[string]plan.Connection{SnapshotJob: {Parallel: 1}}}}
	for _, j := range c.jobs {
		for _, p := range j.pairs {
			a.covers[p.source] = append(a.covers[p.source], p)
		}
	}
	for name := range a.covers {
		a.datasets = append(a.datasets, name)
	}
	slices.SortFunc(a.datasets, zfs.ComparePaths)
	a.take()
	a.expire()
	slices.Sort(a.plan.UpToDate)
	a.plan.ID = a.plan.hash()
	return a.plan, nil
}

// autoSnapshot is one compilation of snapshots.
type autoSnapshot struct {
	config.AutoSnapshot
	now      time.Time
	datasets []string // parents first
	covers   map[string][]*pair
	plan     *plan.Plan
}

// take snapshots every dataset that does not have today's snapshot yet: a run after a missed night, or after a failed
// one, adds only what is missing.
func (a *autoSnapshot) take() {
	name := a.Prefix + a.now.Format(dayFormat)
	missing := map[string][]string{} // by pool
	for _, d := range a.datasets {
		p := a.covers[d][0]
		switch {
		case p.src == nil:
			a.plan.Warnings = append(a.plan.Warnings, plan.Warning{p.job.Name, d, fmt.Sprintf("%s does not exist on this machine: take it out of datasets, or mend its name", d)})
		case hasSnapshot(p.src, name):
			a.plan.UpToDate = append(a.plan.UpToDate, d)
		default:
			missing[zfs.Pool(d)] = append(missing[zfs.Pool(d)], d)
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(missing)) {
		step := plan.Snapshot{Side: plan.Source, Datasets: missing[pool], Name: name}
		var expect []plan.Expect
		for _, d := range missing[pool] {
			expect = append(expect, plan.ExpectAbsent(plan.Source, d+"@"+name))
		}
		a.add(step, fmt.Sprintf("autoSnapshot takes one snapshot a day of every dataset that is replicated, all of pool %s in one instant", pool), expect)
	}
}

// expire destroys our own snapshots that are old enough and that no target needs any more.
func (a *autoSnapshot) expire() {
	for _, d := range a.datasets {
		pairs := a.covers[d]
		src := pairs[0].src
		if src == nil {
			continue
		}
		arrived, waiting := replicatedUpTo(src, pairs)
		step := plan.DestroySnapshots{Side: plan.Source, Dataset: d}
		var expect []plan.Expect
		kept := 0
		for _, s := range src.Snapshots {
			if !a.ours(s.Name) || a.now.Sub(s.Creation) <= a.Keep || s.Holds > 0 || s.Clones > 0 {
				continue
			}
			if s.CreateTXG > arrived {
				kept++
				continue
			}
			step.Names = append(step.Names, s.Name)
			expect = append(expect, plan.ExpectGUID(plan.Source, d+"@"+s.Name, s.GUID), plan.Expect{plan.Source, d + "@" + s.Name, "userrefs", "0"})
		}
		if kept > 0 {
			a.plan.Warnings = append(a.plan.Warnings, plan.Warning{waiting, d,
				fmt.Sprintf("%s of %s are older than autoSnapshot.keep and stay, because job %s has left no bookmark that says they have arrived", plan.Count(kept, "snapshot"), d, waiting)})
		}
		if len(step.Names) > 0 {
			a.add(step, fmt.Sprintf("older than autoSnapshot.keep (%s), and on every target", config.FormatDuration(a.Keep)), expect)
		}
	}
}

// replicatedUpTo is the createtxg up to which every job that replicates the dataset has what it wants, by the marks it
// left, and the job that is furthest behind. 0 means that nothing may go.
func replicatedUpTo(src *observe.Dataset, pairs []*pair) (txg uint64, behind string) {
	for i, p := range pairs {
		var newest uint64
		for _, b := range src.Bookmarks {
			plain := markPrefix + b.GUID.String()
			if b.Name == plain+p.tag() || b.Name == plain && len(pairs) == 1 {
				newest = max(newest, b.CreateTXG)
			}
		}
		if i == 0 || newest < txg {
			txg, behind = newest, p.job.Name
		}
	}
	return txg, behind
}

// ours says that a snapshot's name is one that autoSnapshot gives: the prefix and a day.
func (a *autoSnapshot) ours(name string) bool {
	day, ok := strings.CutPrefix(name, a.Prefix)
	_, err := time.Parse(dayFormat, day)
	return ok && err == nil
}

func (a *autoSnapshot) add(step plan.Step, why string, expect []plan.Expect) {
	a.plan.Actions = append(a.plan.Actions, plan.Action{ID: fmt.Sprint(len(a.plan.Actions) + 1), Job: SnapshotJob, Do: step, Why: why,
		Expect: expect, Commands: step.commands(privilege{})})
}

func hasSnapshot(d *observe.Dataset, name string) bool {
	return slices.ContainsFunc(d.Snapshots, func(s zfs.Snapshot) bool { return s.Name == name })
}
