package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Two datasets must never want one place, and no replica may land where it is read again. This file finds what the
// config alone shows of that; what only shows once it is known which datasets exist is the planner's conflict.
// Everything is looked up by name, walking up from a dataset to the pool, so that thousands of entries stay cheap.

// overlaps knows all entries of all jobs by the names of their datasets, and by their places.
type overlaps struct {
	*reader
	all     []*entry
	sources map[string][]*entry // by Name
	places  map[string][]*entry // by machine and place
	beneath map[string][]*entry // by what lies above Name
	blamed  map[[2]int]bool     // pairs of entries that were complained about, by index
}

func (r *reader) judgeOverlaps(drafts []*draft) {
	o := &overlaps{reader: r, sources: map[string][]*entry{}, places: map[string][]*entry{}, beneath: map[string][]*entry{}, blamed: map[[2]int]bool{}}
	for _, d := range drafts {
		for i := range d.entries {
			e := &d.entries[i]
			e.index = len(o.all)
			o.all = append(o.all, e)
			for _, above := range zfs.Ancestors(e.Name) {
				o.beneath[above] = append(o.beneath[above], e)
			}
			o.sources[e.Name] = append(o.sources[e.Name], e)
			if e.place() != "" {
				at := e.machine() + e.place()
				o.places[at] = append(o.places[at], e)
			}
		}
	}
	for _, e := range o.all {
		o.coveredTwice(e)
		if e.place() != "" {
			o.fits(e)
			o.feedsItself(e)
		}
	}
	o.collide()
	o.mayCollide()
	o.circle()
}

// place is where the entry's own dataset lands, "" if the config does not say.
func (e *entry) place() string {
	if e.lost || e.lostHost() || e.Target == "" && e.RemotePool == "" {
		return ""
	}
	return e.Place(e.Dataset, e.Name)
}

// machine tells targets apart, as far as their names do. It ends with a colon, to stand before a place.
func (e *entry) machine() string {
	if e.Local() {
		return ":"
	}
	return strings.ToLower(e.RemoteHost) + " " + strconv.Itoa(e.RemotePort) + ":"
}

// title names an entry for a complaint about another one.
func (e *entry) title(other *entry) string {
	if e.draft == other.draft {
		return quote(e.Name)
	}
	return fmt.Sprintf("%s of job %s", quote(e.Name), e.Job.Name)
}

// lineage is name and its ancestors.
func lineage(name string) []string { return append(zfs.Ancestors(name), name) }

// covering are the entries that replicate the dataset called name.
func (o *overlaps) covering(name string) []*entry {
	var found []*entry
	for _, above := range lineage(name) {
		for _, e := range o.sources[above] {
			if e.Covers(name) {
				found = append(found, e)
			}
		}
	}
	return found
}

// coveredTwice complains about an entry that another one of the same job replicates already.
func (o *overlaps) coveredTwice(e *entry) {
	for _, other := range o.covering(e.Name) {
		if other.draft != e.draft || other.index == e.index || other.Name == e.Name && other.index > e.index {
			continue
		}
		o.blamed[[2]int{min(e.index, other.index), max(e.index, other.index)}] = true
		if other.Name == e.Name {
			o.fail(e.node, fmt.Sprintf("%s is listed twice", quote(e.Name)), "keep one of the two entries")
			return
		}
		o.fail(e.node, fmt.Sprintf("%s is part of the recursive entry %s already", quote(e.Name), quote(other.Name)),
			fmt.Sprintf("leave it out; or keep it and exclude it there: {\"name\": %s, \"exclude\": [%s]}", quote(other.Name), quote(e.Name)))
		return
	}
}

// fits complains about a place whose name ZFS would not take.
func (o *overlaps) fits(e *entry) {
	if p := checkDataset(e.place()); p.message != "" {
		o.fail(e.node, fmt.Sprintf("cannot land on the target: %s", p.message), "choose a shorter remotePool, or a target for this entry")
	}
}

// feedsItself complains about a replica on this machine in the way of its own source.
func (o *overlaps) feedsItself(e *entry) {
	if !e.Local() {
		return
	}
	place := e.place()
	switch hint := "choose another remotePool or target, or name a remoteHost: without one the target is this machine"; {
	case place == e.Name:
		o.fail(e.node, fmt.Sprintf("%s would land on itself", quote(e.Name)), hint)
	case zfs.Within(e.Name, place):
		o.fail(e.node, fmt.Sprintf("%s would land on %s, which contains it", quote(e.Name), quote(place)), hint)
	case e.Covers(place):
		o.fail(e.node, fmt.Sprintf("%s would land on %s, inside itself: every run would replicate the replica", quote(e.Name), quote(place)),
			fmt.Sprintf("choose another remotePool or target, or exclude %s from the entry", quote(place)))
	}
}

// landing is a dataset and the entry that brings it to some place.
type landing struct {
	*entry
	source string
}

// collide complains about two datasets that are known to exist, since the config names them or something below them,
// and that want one place on one machine.
func (o *overlaps) collide() {
	known := map[string]bool{}
	for _, e := range o.all {
		for _, name := range lineage(e.Name) {
			known[name] = true
		}
	}
	taken := map[string]landing{}
	for _, name := range slices.SortedFunc(maps.Keys(known), zfs.ComparePaths) {
		for _, e := range o.covering(name) {
			if e.place() == "" {
				continue
			}
			at := e.machine() + e.Place(e.Dataset, name)
			if first, ok := taken[at]; ok {
				o.collision(first, landing{e, name})
				continue
			}
			taken[at] = landing{e, name}
		}
	}
}

func (o *overlaps) collision(a, b landing) {
	if a.index > b.index {
		a, b = b, a
	}
	pair := [2]int{a.index, b.index}
	if a.index == b.index || o.blamed[pair] {
		return
	}
	o.blamed[pair] = true
	place := quote(b.Place(b.Dataset, b.source))
	message := fmt.Sprintf("%s would land on %s, and so would %s", quote(b.source), place, quote(a.source))
	if a.source != a.Name {
		message += " as part of " + quote(a.Name)
	}
	hint := "give one of the two a target of its own"
	if a.draft != b.draft {
		message += " of job " + a.Job.Name
		hint = "let one of the two jobs have it, or another target"
	}
	o.fail(b.node, message, hint)
}

// mayCollide warns about a place inside that of a recursive entry, where a dataset may appear one day.
func (o *overlaps) mayCollide() {
	for _, e := range o.all {
		for _, above := range zfs.Ancestors(e.place()) {
			for _, outer := range o.places[e.machine()+above] {
				twin := outer.Name + strings.TrimPrefix(e.place(), above)
				if pair := [2]int{min(e.index, outer.index), max(e.index, outer.index)}; o.blamed[pair] || !outer.Covers(twin) {
					continue
				}
				o.warn(e.node, fmt.Sprintf("%s lands on %s, inside the replica of %s: should %s ever exist, it would want the same place",
					quote(e.Name), quote(e.place()), outer.title(e), quote(twin)),
					fmt.Sprintf("give the entry another target, or exclude %s there", quote(twin)))
			}
		}
	}
}
