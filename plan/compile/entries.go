package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Ways out that lead through the config: another place for a dataset, or leaving it out. They say literally what to
// write, so that what lies below the dataset and is on the target already keeps its place.

// free is a place for the dataset where nothing is: below the root of a pool, or beside the present one.
func (p *pair) free() string {
	if zfs.Parent(p.place) == "" {
		return p.job.there.free(p.place + "/" + p.source[strings.LastIndexByte(p.source, '/')+1:])
	}
	return p.job.there.free(p.place + ".new")
}

// free is the name, or the name with a number, that nothing has and no job wants.
func (m *machine) free(name string) string {
	free := name
	for n := 2; m.datasets[free] != nil || m.byPlace[free] != nil; n++ {
		free = fmt.Sprint(name, n)
	}
	return free
}

// elsewhere gives the dataset another place.
func (p *pair) elsewhere(place string) string { return "to let it land elsewhere, " + p.landAt(place) }

// landAt gives the dataset a place of its own.
func (p *pair) landAt(place string) string {
	var below []string
	if p.arrivedBelow() {
		below = p.entriesBelow()
	}
	entries := append([]string{p.entryText(p.source, place, len(below) == 0)}, below...)
	switch {
	case p.source != p.entry.Name:
		return p.option("add %q to exclude of %q, and %s to datasets", p.source, p.entry.Name, strings.Join(entries, ", "))
	case len(below) == 0:
		return p.option("set target = %q for %s", place, p.source)
	}
	return p.option("replace %q in datasets by %s", p.entry.Name, strings.Join(entries, ", "))
}

// rootLeftOut is leftOut for a dataset that lands on a pool's root, for which there are fewer ways than for others.
func (p *pair) rootLeftOut() string {
	if zfs.Parent(p.place) != "" {
		return ""
	}
	return p.leftOut()
}

// leftOut leaves the dataset itself out and keeps what lies below it, "" if nothing does.
func (p *pair) leftOut() string {
	below := p.entriesBelow()
	if p.source != p.entry.Name || len(below) == 0 {
		return ""
	}
	return "to leave out " + p.source + " itself, " + p.option("replace %q in datasets by %s", p.entry.Name, strings.Join(below, ", "))
}

// poolBelow lets the whole job land below the root of the pool, "" if something of it has arrived already.
func (p *pair) poolBelow() string {
	arrived := func(q *pair) bool { return q.dst != nil && len(q.dst.Snapshots) > 0 }
	if zfs.Parent(p.place) != "" || p.place != p.job.RemotePool || slices.ContainsFunc(p.job.pairs, arrived) {
		return ""
	}
	return "to let the whole job land below the root, " + p.option("set remotePool = %q", p.free())
}

// inside are the pairs of the entry that lie below the dataset.
func (p *pair) inside() []*pair {
	all := p.job.pairs
	first, _ := slices.BinarySearchFunc(all, p, func(q, p *pair) int { return zfs.ComparePaths(q.source, p.source) })
	var some []*pair
	for _, q := range all[first:] {
		if !zfs.Within(q.source, p.source) {
			break
		}
		if q != p && q.entry.Name == p.entry.Name {
			some = append(some, q)
		}
	}
	return some
}

func (p *pair) arrivedBelow() bool {
	return slices.ContainsFunc(p.inside(), func(q *pair) bool { return q.dst != nil })
}

// entriesBelow are entries for what lies right below the dataset, each with the place that it has.
func (p *pair) entriesBelow() []string {
	var names, entries []string
	for _, q := range p.inside() {
		child, _, _ := strings.Cut(q.source[len(p.source)+1:], "/")
		names = append(names, p.source+"/"+child)
	}
	for _, name := range slices.Compact(names) {
		entries = append(entries, p.entryText(name, p.job.Place(p.entry, name), true))
	}
	return entries
}

// entryText is an entry of datasets as config.json has it.
func (p *pair) entryText(name, place string, recursive bool) string {
	text := fmt.Sprintf("%q", name)
	parts := []string{`"name": ` + text}
	if !recursive {
		parts = append(parts, `"recursive": false`)
	} else if globs := p.excludes(name); len(globs) > 0 {
		parts = append(parts, `"exclude": [`+strings.Join(globs, ", ")+"]")
	}
	if place != p.job.Place(config.Dataset{Name: name}, name) {
		parts = append(parts, fmt.Sprintf(`"target": %q`, place))
	}
	if len(parts) == 1 {
		return text
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// excludes are the globs that exclude below name what the pair's entry excludes. A glob may match full names or the
// part below the entry's, which becomes another part when the entry does.
func (p *pair) excludes(name string) []string {
	var globs []string
	for _, g := range p.entry.Exclude {
		if name == p.entry.Name || strings.HasPrefix(g, "*") || strings.HasPrefix(g, p.entry.Name) {
			globs = append(globs, fmt.Sprintf("%q", g))
		}
		if name != p.entry.Name {
			globs = append(globs, fmt.Sprintf("%q", p.entry.Name+"/"+g))
		}
	}
	return globs
}
