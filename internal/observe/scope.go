package observe

import (
	"maps"
	"slices"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// scope is what to ask of one machine: trees, single datasets, and datasets whose properties are enough.
type scope struct {
	trees, single, only []string
	also                []string // properties to be asked for beside the usual ones
}

// sourceScope is the datasets of the job.
func sourceScope(j *config.Job) scope {
	var s scope
	for _, d := range j.Datasets {
		s.add(d.Name, d.Recursive)
	}
	return s.reduced()
}

// targetScope is the places where the datasets land, and everything above them: what is missing there must be made.
func targetScope(j *config.Job) scope {
	var s scope
	for _, d := range j.Datasets {
		place := j.Place(d, d.Name)
		s.add(place, d.Recursive)
		s.only = append(s.only, zfs.Ancestors(place)...)
	}
	s.also = slices.Sorted(maps.Keys(j.Receive.Properties))
	return s.reduced()
}

func (s *scope) add(name string, tree bool) {
	if tree {
		s.trees = append(s.trees, name)
	} else {
		s.single = append(s.single, name)
	}
}

// united is everything that one of the scopes asks for.
func united(all []scope) scope {
	var u scope
	for _, s := range all {
		u.trees, u.single, u.only = append(u.trees, s.trees...), append(u.single, s.single...), append(u.only, s.only...)
		u.also = append(u.also, s.also...)
	}
	return u.reduced()
}

// reduced drops what is asked for anyway, so that nothing is listed twice.
func (s scope) reduced() scope {
	in := s.sets()
	once := func(names []string, covered func(string) bool) (kept []string) {
		seen := map[string]bool{}
		for _, n := range names {
			if !seen[n] && !covered(n) {
				kept = append(kept, n)
			}
			seen[n] = true
		}
		return kept
	}
	return scope{
		also:   slices.Compact(slices.Sorted(slices.Values(s.also))),
		trees:  once(s.trees, func(n string) bool { return in.tree(zfs.Parent(n)) }),
		single: once(s.single, in.tree),
		only:   once(s.only, func(n string) bool { return in.tree(n) || in.single[n] }),
	}
}

// cut takes from what was listed for several scopes, with the properties that any of them asked for, what this one asked
// for, as if it had been alone.
func (s scope) cut(all listing, also []string) listing {
	in := s.sets()
	part := listing{}
	trimmed := func(d *Dataset) *Dataset { return d }
	if len(also) > len(s.also) {
		trimmed = s.trimmed
	}
	for name, d := range all {
		switch {
		case in.tree(name) || in.single[name]:
			part[name] = trimmed(d)
		case in.only[name]:
			bare := *trimmed(d)
			bare.Snapshots, bare.Bookmarks = []zfs.Snapshot{}, []zfs.Bookmark{}
			part[name] = &bare
		}
	}
	return part
}

// trimmed is the dataset without the properties that only others have asked for.
func (s scope) trimmed(d *Dataset) *Dataset {
	foreign := func(property, _ string) bool {
		return !slices.Contains(properties, property) && !slices.Contains(s.also, property)
	}
	own := *d
	own.Properties = maps.Clone(d.Properties)
	maps.DeleteFunc(own.Properties, foreign)
	own.Local = slices.DeleteFunc(slices.Clone(d.Local), func(p string) bool { return !s.settable(p) })
	return &own
}

// scopeSets is a scope to look names up in.
type scopeSets struct{ trees, single, only map[string]bool }

func (s scope) sets() scopeSets {
	set := func(names []string) map[string]bool {
		m := make(map[string]bool, len(names))
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	return scopeSets{set(s.trees), set(s.single), set(s.only)}
}

// tree says that the dataset is one of the trees or lies in one.
func (in scopeSets) tree(name string) bool {
	for ; name != ""; name = zfs.Parent(name) {
		if in.trees[name] {
			return true
		}
	}
	return false
}
