package proof

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// shelves is what all machines of a scene have, dataset by dataset, as a judge keeps count of it while a plan is read:
// only who has which version, and nothing of why.
type shelves struct {
	jobs  map[string]*config.Job
	named map[string]*shelf // by machine and dataset
	pools map[string]observe.Pool
}

type shelf struct {
	snaps []zfs.Snapshot
	marks []zfs.Version
}

// stock takes the first look that any job had at a dataset, at sources before targets; but one that knows of versions
// before one that does not, and one that knows what an interrupted receive is of before one that does not.
func stock(cfg *config.Config, inv *observe.Inventory) *shelves {
	s := &shelves{map[string]*config.Job{}, map[string]*shelf{}, map[string]observe.Pool{}}
	looks := map[string]*observe.Dataset{}
	add := func(machine string, side observe.Side) {
		for name, p := range side.Pools {
			if _, seen := s.pools[machine+" "+name]; !seen {
				s.pools[machine+" "+name] = p
			}
		}
		for name, d := range side.Datasets {
			seen := looks[machine+" "+name]
			bare := seen != nil && len(seen.Snapshots)+len(seen.Bookmarks) == 0 && len(d.Snapshots)+len(d.Bookmarks) > 0
			unread := seen != nil && seen.Resume != nil && seen.Resume.ToGUID == 0 && d.Resume != nil && d.Resume.ToGUID != 0
			if seen != nil && !bare && !unread {
				continue
			}
			looks[machine+" "+name] = d
			x := &shelf{snaps: slices.Clone(d.Snapshots)}
			for _, b := range d.Bookmarks {
				x.marks = append(x.marks, b.Version)
			}
			s.named[machine+" "+name] = x
		}
	}
	for i := range cfg.Jobs {
		s.jobs[cfg.Jobs[i].Name] = &cfg.Jobs[i]
		add("", inv.Jobs[cfg.Jobs[i].Name].Source)
	}
	for i := range cfg.Jobs {
		add(address(&cfg.Jobs[i]), inv.Jobs[cfg.Jobs[i].Name].Target)
	}
	return s
}

func (s *shelves) at(job string, side plan.Side, dataset string) *shelf {
	key := " " + dataset
	if side == plan.Target {
		key = address(s.jobs[job]) + key
	}
	if s.named[key] == nil {
		s.named[key] = &shelf{}
	}
	return s.named[key]
}

// apply does to the shelves what an action does to the machines; what cannot be is an error.
func (s *shelves) apply(a *plan.Action) error {
	switch do := a.Do.(type) {
	case plan.DestroySnapshots:
		return s.at(a.Job, do.Side, do.Dataset).remove(do.Names)
	case plan.Rollback:
		return s.at(a.Job, do.Side, do.Dataset).remove(do.Destroys)
	case plan.DestroyBookmarks:
		x := s.at(a.Job, do.Side, do.Dataset)
		for _, n := range do.Names {
			i := slices.IndexFunc(x.marks, func(v zfs.Version) bool { return v.Name == n })
			if i < 0 {
				return fmt.Errorf("the bookmark %s is not there", n)
			}
			x.marks = slices.Delete(x.marks, i, i+1)
		}
	case plan.Bookmark:
		x := s.at(a.Job, do.Side, do.Dataset)
		for _, v := range x.snaps {
			if v.Name == do.Snapshot {
				x.marks = append(x.marks, rename(v.Version, do.Bookmark))
				return nil
			}
		}
		return fmt.Errorf("@%s is not there", do.Snapshot)
	case plan.Send:
		return s.receive(a.Job, do)
	}
	return nil
}

func (x *shelf) remove(names []string) error {
	for _, n := range names {
		i := slices.IndexFunc(x.snaps, func(v zfs.Snapshot) bool { return v.Name == n })
		switch {
		case i < 0:
			return fmt.Errorf("@%s is not there", n)
		case x.snaps[i].Holds > 0:
			return fmt.Errorf("@%s is held", n)
		}
		x.snaps = slices.Delete(x.snaps, i, i+1)
	}
	return nil
}

// receive lets what is sent arrive: the snapshots after From up to To, or To alone.
func (s *shelves) receive(job string, do plan.Send) error {
	from, to := s.at(job, plan.Source, do.Dataset), s.at(job, plan.Target, do.Target)
	last := slices.IndexFunc(from.snaps, func(v zfs.Snapshot) bool { return v.GUID == do.To.GUID })
	if last < 0 {
		return fmt.Errorf("%s%s is not there", do.Dataset, do.To.Name)
	}
	first := last
	if do.From != nil && !do.Origin {
		if !slices.ContainsFunc(to.snaps, func(v zfs.Snapshot) bool { return v.GUID == do.From.GUID }) {
			return fmt.Errorf("the replica does not have %s", do.From.Name)
		}
		if do.Intermediates {
			first = 1 + slices.IndexFunc(from.snaps, func(v zfs.Snapshot) bool { return v.GUID == do.From.GUID })
		}
	}
	txg := uint64(1)
	if n := len(to.snaps); n > 0 {
		txg = to.snaps[n-1].CreateTXG + 1
	}
	for _, v := range from.snaps[first : last+1] {
		v.Holds, v.Clones, v.CreateTXG, txg = 0, 0, txg, txg+1
		to.snaps = append(to.snaps, v)
	}
	return nil
}

// commonTXG is the newest version of a source that a replica has, by the source's order; 0 if there is none.
func commonTXG(source, replica *shelf) uint64 {
	var newest uint64
	for _, v := range source.versions() {
		if replica.has(v.GUID) {
			newest = max(newest, v.CreateTXG)
		}
	}
	return newest
}

func (x *shelf) versions() []zfs.Version {
	all := slices.Clone(x.marks)
	for _, v := range x.snaps {
		all = append(all, v.Version)
	}
	return all
}

func (x *shelf) has(g zfs.GUID) bool {
	return slices.ContainsFunc(x.snaps, func(v zfs.Snapshot) bool { return v.GUID == g })
}

// eachPair calls f for every dataset of this machine that a job replicates, and its place.
func (s *shelves) eachPair(cfg *config.Config, f func(j *config.Job, source, place string)) {
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		for key := range s.named {
			if source, here := strings.CutPrefix(key, " "); here {
				if e, ok := j.Entry(source); ok {
					f(j, source, j.Place(e, source))
				}
			}
		}
	}
}
