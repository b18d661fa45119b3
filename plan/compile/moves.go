package compile

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Ways out that rename datasets of the target. A pool's root cannot be renamed, a rename takes along what lies below, and
// what has its key from above cannot leave that (dsl_dir_rename_crypt_check in module/zfs/dsl_dir.c).

// aside is what hints append to the name of a replica that is to be kept as it is, with a number if that name is taken.
// A dataset of such a name is never taken for a renamed replica, so that following such a hint leads on.
const aside = ".old"

var asideName = regexp.MustCompile(`\.old\d*(/|$)`)

// setAside says that a dataset was put aside, or lies below one that was.
func setAside(name string) bool { return asideName.MatchString(name) }

// putAside says how to keep a replica as it is and have everything sent anew.
func (p *pair) putAside() string {
	if way := p.keepAside(); way != "" {
		return way
	}
	return ways(p.elsewhere(p.free()), p.rootLeftOut())
}

// keepAside does so by renaming the replica, "" where that cannot be. What lies below it stays where it is if it can lie
// in a place that holds nothing; else it comes along, and the next run finds it there.
func (p *pair) keepAside() string {
	m := p.job.there
	if !p.job.compiler.movable(m, p.place) {
		return ""
	}
	to := m.free(p.place + aside)
	line := [][]string{zfs.Rename(p.place, to, p.dst.Volume())}
	why := "to keep what is there under another name and have everything sent anew, "
	if len(m.below(p.place)) > 0 {
		back, all := p.bringBack(to, p.place)
		if !all || m.vaultAbove(p.place).encrypted || p.raw() && p.src.Encrypted() {
			why = "to keep what is there, with all that lies below it, under another name and have it sent anew (the next run says how the rest comes back), "
		} else {
			line = append(append(line, zfs.CreateParent(p.place, p.parentOptions(p.place))), back...)
		}
	}
	return why + p.onTarget(line...)
}

// bringBack renames what lay right below the place, which is called away by now, to where it was: into a new place, or
// into the replica that was called into. It says whether that is all.
func (p *pair) bringBack(away, into string) (line [][]string, all bool) {
	m := p.job.there
	all = true
	for _, child := range m.children(p.place) {
		d, rest := m.datasets[child], child[len(p.place):]
		switch {
		case into != p.place && (zfs.Within(into, child) || m.datasets[into+rest] != nil):
		case d == nil, d.Encrypted() && !zfs.Within(d.Properties["encryptionroot"], child):
			all = false
		default:
			line = append(line, zfs.Rename(away+rest, child, d.Volume()))
		}
	}
	return line, all
}

// children are the names right below a dataset.
func (m *machine) children(place string) []string {
	var all []string
	for _, name := range m.below(place) {
		child, _, _ := strings.Cut(name[len(place)+1:], "/")
		all = append(all, place+"/"+child)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// movable says that a dataset can be renamed and takes nothing along that is in use.
func (c *compiler) movable(m *machine, name string) bool {
	for _, below := range m.below(name) {
		d := m.datasets[below]
		if inUse := d.Properties["mounted"] == "yes" || d.Volume(); inUse && c.stranger(m, below) {
			return false
		}
	}
	return zfs.Parent(name) != ""
}

// moveHere are the commands that bring a replica from another name to the place, nil if none can. once names a dataset
// that a run must have made first.
func (p *pair) moveHere(from string) (line [][]string, once string) {
	m, c := p.job.there, p.job.compiler
	if zfs.Pool(from) != zfs.Pool(p.place) || !c.movable(m, from) || !p.fitsKey(m.datasets[from], from) || p.dst != nil && !c.movable(m, p.place) {
		return nil, ""
	}
	volume, now := p.src.Volume(), from
	var back [][]string
	if p.dst != nil {
		away := m.free(p.place + aside)
		line = append(line, zfs.Rename(p.place, away, p.dst.Volume()))
		back, _ = p.bringBack(away, from)
		if zfs.Within(from, p.place) {
			now = away + from[len(p.place):]
		}
	}
	if zfs.Within(p.place, now) { // into itself, which takes a name between
		line = append(line, zfs.Rename(now, m.free(from+".moved"), volume))
		now = m.free(from + ".moved")
	}
	made, once := p.makeParents(from)
	line = append(append(line, made...), zfs.Rename(now, p.place, volume))
	return append(line, back...), once
}

// makeParents makes what is missing above the place once from has been renamed. Whatever is there by then is left as it
// is (-p). A parent that comes raw cannot replace one made like this: once is the one that a run must bring first.
func (p *pair) makeParents(from string) (line [][]string, once string) {
	m := p.job.there
	for _, up := range zfs.Ancestors(p.place) {
		if m.datasets[up] != nil && !zfs.Within(up, from) || zfs.Parent(up) == "" {
			continue
		}
		if q := m.byPlace[up]; q != nil && q.makes && q.conflict == nil && q.raw() && q.src.Encrypted() {
			once = up
			continue
		}
		set := p.parentOptions(up)
		if m.vaultAbove(up).locked {
			set["encryption"] = "off" // it holds nothing, and could not be made with a key that is not loaded
		}
		argv := zfs.CreateParent(up, set)
		line = append(line, append([]string{"zfs", "create", "-p"}, argv[2:]...))
	}
	return line, once
}

// fitsKey says that a dataset may be renamed to the place as far as keys go: it has its own, or keeps the one above it.
func (p *pair) fitsKey(d *observe.Dataset, name string) bool {
	root := d.Properties["encryptionroot"]
	if !d.Encrypted() || zfs.Within(root, name) {
		return true
	}
	for up := zfs.Parent(p.place); up != ""; up = zfs.Parent(up) {
		if q := p.job.there.datasets[up]; q != nil {
			return q.Properties["encryptionroot"] == root
		}
	}
	return false
}
