package compile

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// dayFormat follows autoSnapshot.prefix in the names of our snapshots, as in the original design.
const dayFormat = "2006-01-02"

// batch is how many datasets one snapshot command names at most: a command line has room for a few thousand.
const batch = 1000

// CompileSnapshot plans what autoSnapshot says: one atomic snapshot a pool of every dataset of every job, named after
// the day of now in its own time zone, and the end of our own snapshots that are older than autoSnapshot.keep.
//
// The targets are not asked, so that snapshots do not wait for machines that are down. What has arrived there is told
// by the bookmarks that each run leaves: only what the marks of all replicas cover may go, and the mark keeps the chain.
// Of the inventory only the source sides are read; a job whose datasets could not be listed stops no other. verify holds the result against the invariants; what breaks one is
// taken out.
func CompileSnapshot(cfg *config.Config, inv *observe.Inventory, now time.Time, verify Verifier) (*plan.Plan, error) {
	var all, seen []*config.Job
	for i := range cfg.Jobs {
		all = append(all, &cfg.Jobs[i])
		if _, ok := inv.Jobs[cfg.Jobs[i].Name]; ok {
			seen = append(seen, &cfg.Jobs[i])
		}
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("the inventory has none of the config's jobs: observe again with this config")
	}
	banned := map[string]string{}
	for {
		c := &compiler{now: now.UTC().Truncate(time.Second), observed: inv.ObservedAt, machines: newMachines(seen, inv), unseen: all, bans: newBans()}
		a := &autoSnapshot{AutoSnapshot: cfg.AutoSnapshot, compiler: c, now: now, seen: seen, banned: banned, readers: map[string][]*config.Job{}, taken: map[string]string{},
			plan: &plan.Plan{Created: c.now, Jobs: map[string]plan.Connection{plan.SnapshotJob: {Parallel: 1}}}}
		a.run()
		a.plan.Seal()
		grown := false
		for _, v := range verify(cfg, inv, a.plan) {
			if banned[v.Dataset] == "" {
				banned[v.Dataset], grown = v.Rule, true
			}
		}
		if !grown {
			return a.plan, nil
		}
	}
}

// autoSnapshot is one compilation of snapshots.
type autoSnapshot struct {
	config.AutoSnapshot
	compiler *compiler
	now      time.Time
	seen     []*config.Job            // of which the datasets are known; what the others need, their marks tell
	banned   map[string]string        // datasets whose part broke a rule, and which
	readers  map[string][]*config.Job // who replicates each dataset
	datasets []string                 // parents first
	taken    map[string]string        // by dataset: the action that takes today's snapshot
	plan     *plan.Plan
}

func (a *autoSnapshot) run() {
	here := a.compiler.machines[""]
	for _, j := range a.seen {
		for _, e := range j.Datasets {
			for _, name := range append([]string{e.Name}, here.below(e.Name)...) {
				if e.Covers(name) {
					a.readers[name] = append(a.readers[name], j)
				}
			}
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(a.readers), zfs.ComparePaths) {
		switch d := here.datasets[name]; {
		case a.banned[name] != "":
			a.plan.Conflicts = append(a.plan.Conflicts, plan.Conflict{Job: plan.SnapshotJob, Dataset: name, Code: plan.Internal, Evidence: map[string]any{"rule": a.banned[name]},
				Message: fmt.Sprintf("zfsrep made a mistake about %s and noticed it, so it gets no snapshot: %s", name, a.banned[name]),
				Hint:    "this is a bug of zfsrep; all other datasets are served. Please send its authors what was observed: zfsrep observe"})
		case here.odd[name] != "":
			a.plan.Conflicts = append(a.plan.Conflicts, plan.Conflict{Job: plan.SnapshotJob, Dataset: name, Code: plan.Blocked, Evidence: map[string]any{"says": here.odd[name]},
				Message: fmt.Sprintf("this machine says that %s has %s, which cannot be: it gets no snapshot", name, here.odd[name]),
				Hint:    "see what is really there, on this machine: zfs list -t all -r " + shellWord(name)})
		case d == nil:
			a.warn(a.readers[name][0].Name, name, "%s does not exist on this machine: take it out of datasets, or mend its name", name)
		case a.replica(name, d):
			// a snapshot of its own would make it diverge from its source
		case !here.writable(name):
			a.warn(a.readers[name][0].Name, name, "%s gets no snapshot: the pool %s is not there, or cannot be written to; see zpool status %s", name, zfs.Pool(name), zfs.Pool(name))
		default:
			a.datasets = append(a.datasets, name)
		}
	}
	a.take(here)
	a.expire(here)
	slices.Sort(a.plan.UpToDate)
}

// replica says that the dataset is received by a job of this machine, or lies dormant as those do that others send here:
// nobody can write to it. What was made as a place for replicas holds nothing, and a snapshot would keep it.
func (a *autoSnapshot) replica(name string, d *observe.Dataset) bool {
	for _, j := range a.compiler.unseen {
		if !j.Local() {
			continue
		}
		for _, e := range j.Datasets {
			place := j.Place(e, e.Name)
			if zfs.Within(name, place) && e.Covers(e.Name+strings.TrimPrefix(name, place)) {
				return true
			}
		}
	}
	return d.Properties[placeMark] == name || d.Properties["readonly"] == "on" && d.Properties["mounted"] != "yes"
}

// take snapshots every dataset that does not have today's snapshot yet: a run after a missed night, or after a failed
// one, adds only what is missing.
func (a *autoSnapshot) take(here *machine) {
	name := a.Prefix + a.now.Format(dayFormat)
	missing := map[string][]string{} // by pool
	for _, d := range a.datasets {
		if hasSnapshot(here.datasets[d], name) {
			a.plan.UpToDate = append(a.plan.UpToDate, d)
		} else {
			missing[zfs.Pool(d)] = append(missing[zfs.Pool(d)], d)
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(missing)) {
		all := missing[pool]
		why := fmt.Sprintf("autoSnapshot takes one snapshot a day of every dataset that is replicated, all of pool %s in one instant", pool)
		if len(all) > batch {
			why = fmt.Sprintf("autoSnapshot takes one snapshot a day of every dataset that is replicated; pool %s has too many for one command, so each %d of them are taken in one instant", pool, batch)
		}
		for some := range slices.Chunk(all, batch) {
			var expect []plan.Expect
			for _, d := range some {
				expect = append(expect, plan.ExpectAbsent(plan.Source, d+"@"+name))
			}
			a.add(plan.Snapshot{Side: plan.Source, Datasets: some, Name: name}, why, expect)
			for _, d := range some {
				a.taken[d] = a.plan.Actions[len(a.plan.Actions)-1].ID
			}
		}
	}
}

// expire destroys our own snapshots that are old enough and that no target needs any more.
func (a *autoSnapshot) expire(here *machine) {
	policy := retention.Policy{Match: []string{"*"}, Within: a.Keep}
	total := 0
	var steps []plan.DestroySnapshots
	for _, d := range a.datasets {
		step := a.old(here.datasets[d], d, policy)
		if len(step.Names) > 0 {
			steps = append(steps, step)
			total += len(step.Names)
		}
	}
	if limit := a.limit(); limit != nil && total > *limit {
		a.plan.Conflicts = append(a.plan.Conflicts, plan.Conflict{Job: plan.SnapshotJob, Dataset: steps[0].Dataset, Code: plan.DestroyLimit,
			Evidence: map[string]any{"destroys": total, "limit": *limit},
			Message:  fmt.Sprintf("%s are older than autoSnapshot.keep, and limits.destroy allows %d: none of them is destroyed", plan.Count(total, "snapshot"), *limit),
			Hint:     "see them with limits.destroy = null: zfsrep snapshot --dry-run; if that is right, raise limits.destroy for one run"})
		return
	}
	for _, step := range steps {
		var expect []plan.Expect
		for _, s := range here.datasets[step.Dataset].Snapshots {
			if slices.Contains(step.Names, s.Name) {
				expect = append(expect, plan.ExpectGUID(plan.Source, step.Dataset+"@"+s.Name, s.GUID), plan.ExpectUnheld(plan.Source, step.Dataset+"@"+s.Name))
			}
		}
		var needs []string
		if d := here.datasets[step.Dataset]; slices.Contains(step.Names, d.Snapshots[len(d.Snapshots)-1].Name) {
			needs = []string{a.taken[step.Dataset]} // which may fail
		}
		a.add(step, fmt.Sprintf("older than autoSnapshot.keep (%s), and on every target", config.FormatDuration(a.Keep)), expect, needs...)
	}
}

// limit is the tightest of all jobs: what is destroyed here, they lose.
func (a *autoSnapshot) limit() *int {
	var least *int
	for _, j := range a.compiler.unseen {
		if l := j.Limits.Destroy; l != nil && (least == nil || *l < *least) {
			least = l
		}
	}
	return least
}

// old are the dataset's snapshots that may go.
func (a *autoSnapshot) old(src *observe.Dataset, name string, policy retention.Policy) plan.DestroySnapshots {
	needs := a.compiler.markedNeeds(src, name, nil)
	var ours []zfs.Snapshot
	for _, s := range src.Snapshots {
		if a.ours(s.Name) {
			ours = append(ours, s)
		}
	}
	r := policy.Apply(append(ours, a.today(src)...), a.compiler.clock(a.compiler.machines[""], a.compiler.machines[""]))
	for _, doubt := range r.Doubts {
		a.warn(plan.SnapshotJob, name, "%s", doubt)
	}
	step := plan.DestroySnapshots{Side: plan.Source, Dataset: name}
	kept := make([]int, len(needs))
	for _, v := range r.Verdicts {
		s := v.Snapshot
		if v.Keep || s.GUID == 0 || s.Holds > 0 || s.Clones > 0 || a.taken[name] == "" && newestOf(src, s) {
			continue
		}
		if i := slices.IndexFunc(needs, func(n need) bool { return n.spares(s) }); i >= 0 {
			kept[i]++
			continue
		}
		step.Names = append(step.Names, s.Name)
	}
	for i, n := range needs {
		if kept[i] > 0 {
			a.warn(a.readers[name][0].Name, name, "%s of %s are older than autoSnapshot.keep and stay, because %s has left no bookmark that says they have arrived",
				plan.Count(kept[i], "snapshot"), name, n.who)
		}
	}
	return step
}

// today is the snapshot that this plan is about to take, which the others' age counts from.
func (a *autoSnapshot) today(src *observe.Dataset) []zfs.Snapshot {
	if name := a.Prefix + a.now.Format(dayFormat); !hasSnapshot(src, name) {
		return []zfs.Snapshot{{Version: zfs.Version{Name: name, CreateTXG: math.MaxUint64, Creation: a.compiler.now}}}
	}
	return nil
}

// ours says that a snapshot's name is one that autoSnapshot gives: the prefix and a day.
func (a *autoSnapshot) ours(name string) bool {
	day, ok := strings.CutPrefix(name, a.Prefix)
	_, err := time.Parse(dayFormat, day)
	return ok && err == nil
}

func (a *autoSnapshot) add(step plan.Step, why string, expect []plan.Expect, needs ...string) {
	a.plan.Actions = append(a.plan.Actions, plan.Action{ID: fmt.Sprint(len(a.plan.Actions) + 1), Job: plan.SnapshotJob, Do: step, Why: why, Expect: expect, Needs: needs})
}

func (a *autoSnapshot) warn(job, dataset, format string, args ...any) {
	a.plan.Warnings = append(a.plan.Warnings, plan.Warning{Job: job, Dataset: dataset, Message: fmt.Sprintf(format, args...)})
}

func hasSnapshot(d *observe.Dataset, name string) bool {
	return slices.ContainsFunc(d.Snapshots, func(s zfs.Snapshot) bool { return s.Name == name })
}

func newestOf(d *observe.Dataset, s zfs.Snapshot) bool {
	return s.GUID == d.Snapshots[len(d.Snapshots)-1].GUID
}
