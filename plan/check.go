package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// check refuses a document whose actions cannot be a plan: needs that do not come before, and command lines that are
// not those of their steps.
func (p *Plan) check(wire []wireAction) error {
	seen := map[string]bool{}
	for i := range p.Actions {
		a := &p.Actions[i]
		for _, id := range a.Needs {
			if !seen[id] {
				return fmt.Errorf("action %s needs action %s, which does not come before it", a.ID, id)
			}
		}
		if seen[a.ID] {
			return fmt.Errorf("two actions have the id %s", a.ID)
		}
		seen[a.ID] = true
		same := func(x, y Command) bool { return x.Side == y.Side && slices.Equal(x.Argv, y.Argv) }
		if want := p.Commands(a); !slices.EqualFunc(want, wire[i].Commands, same) {
			return fmt.Errorf("action %s says that it would %s, and its commands are not those of that: the plan was changed after it was made; make it again with zfsrep plan --out",
				a.ID, a.Do.Title())
		}
	}
	return nil
}

// check refuses what cannot be an action: an unknown kind, a send that does not say from where, a name that is none.
// Names become words of command lines, so nothing passes that ZFS would not take as one.
func (w wireAction) check() error {
	if _, known := fromWire[w.Kind]; !known {
		return fmt.Errorf("action %s has the kind %q, which this zfsrep does not know", w.ID, w.Kind)
	}
	if w.Kind == "send" && (w.Mode == Incremental && w.From == nil || w.Mode != Full && w.Mode != Incremental && w.Mode != Resume) {
		return fmt.Errorf("action %s is a send of the mode %q that does not say from where", w.ID, w.Mode)
	}
	if w.Kind != "send" && w.Side != Source && w.Side != Target {
		return fmt.Errorf("action %s is on the side %q: it takes source or target", w.ID, w.Side)
	}
	for _, c := range w.names() {
		if err := c.check(c.name); err != nil {
			return fmt.Errorf("action %s (%s) has the wrong name %q: %w", w.ID, w.Kind, c.name, err)
		}
	}
	return nil
}

// checkedName is a name and what it must satisfy.
type checkedName struct {
	name  string
	check func(string) error
}

// names are all names of the action that become words of its commands.
func (w wireAction) names() []checkedName {
	var all []checkedName
	add := func(check func(string) error, names ...string) {
		for _, n := range names {
			all = append(all, checkedName{n, check})
		}
	}
	switch w.Kind {
	case "snapshot":
		add(zfs.CheckDatasetName, w.Datasets...)
		add(zfs.CheckSnapshotPart, w.Name)
	case "send":
		add(zfs.CheckDatasetName, w.Dataset, w.Target)
		add(checkVersion, w.To.Name)
		if w.From != nil {
			add(w.checkFrom, w.From.Name)
		}
		if w.Receive != nil {
			for k, v := range w.Receive.Set {
				add(checkProperty, k+"="+v)
			}
			add(checkPropertyName, w.Receive.Exclude...)
		}
		if w.Mode == Resume {
			add(checkWord, w.Token)
		}
	default:
		add(zfs.CheckDatasetName, w.Dataset)
	}
	add(zfs.CheckSnapshotPart, w.Names...)
	add(zfs.CheckSnapshotPart, w.DestroysBookmarks...)
	if w.Destroys != nil {
		add(zfs.CheckSnapshotPart, *w.Destroys...)
	}
	for k, v := range w.Set {
		add(checkProperty, k+"="+v)
	}
	switch w.Kind {
	case "rollback":
		add(checkVersion, w.To.Name)
	case "rename":
		add(zfs.CheckDatasetName, w.To.NewName)
	case "bookmark":
		add(zfs.CheckSnapshotPart, w.Snapshot, w.Bookmark)
	case "hold", "release":
		add(zfs.CheckSnapshotPart, w.Snapshot, w.Tag)
		add(checkWord, w.Tag)
	case "set-property":
		add(checkProperty, w.Property+"="+w.Value)
	}
	return all
}

// checkFrom takes "@name" or "#name", and of a clone's first send the origin in full.
func (w wireAction) checkFrom(name string) error {
	dataset, sep, _ := zfs.SplitVersion(name)
	if w.Origin && sep == '@' {
		if err := zfs.CheckDatasetName(dataset); err != nil {
			return err
		}
		name = name[len(dataset):]
	}
	return checkVersion(name)
}

func checkVersion(name string) error {
	if name == "" || name[0] != '@' && name[0] != '#' {
		return fmt.Errorf("is neither a snapshot (@name) nor a bookmark (#name)")
	}
	return zfs.CheckSnapshotPart(name[1:])
}

// checkWord takes one printable word that no program takes for an option.
func checkWord(word string) error {
	if word == "" || word[0] == '-' || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return fmt.Errorf("is not a word")
	}
	return nil
}

func checkPropertyName(name string) error { return checkWord(name) }

// checkProperty takes "name=value". A value may hold anything that can be printed.
func checkProperty(assignment string) error {
	name, value, _ := strings.Cut(assignment, "=")
	if err := checkWord(name); err != nil {
		return err
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return fmt.Errorf("has a value that cannot be printed")
	}
	return nil
}
