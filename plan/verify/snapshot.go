package verify

import (
	"slices"
	"strings"
	"time"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// forms are the dates that follow autoSnapshot.prefix in the names that zfsrep snapshot gives.
var forms = []string{"2006-01-02", "2006-01-02-15", "2006-01-02-1504", "2006-01-02T15Z", "2006-01-02T1504Z"}

// snapshot takes one snapshot of several datasets in the same instant.
func (r *replay) snapshot(a *action, s plan.Snapshot) *fault {
	seen := map[string]bool{}
	for _, name := range s.Datasets {
		f := r.here.at(name).maySnapshot(s)
		if f == nil && seen[name] {
			f = wrong("it names %s twice", name)
		}
		if f != nil {
			f.about = name
			return f
		}
		seen[name] = true
	}
	for _, name := range s.Datasets {
		r.here.at(name).snaps.add([]zfs.Snapshot{{Version: zfs.Version{Name: s.Name}}}, a)
	}
	return nil
}

func (d *dataset) maySnapshot(s plan.Snapshot) *fault {
	switch {
	case !d.exists:
		return d.missing()
	case d.snaps.named(s.Name) >= 0:
		return drift(d.name+"@"+s.Name+" exists on "+d.on.title, "@%s exists", s.Name)
	case zfs.Pool(d.name) != zfs.Pool(s.Datasets[0]):
		return wrong("it is in another pool than %s, so that it is not the same instant", s.Datasets[0])
	case len(d.name)+1+len(s.Name) > zfs.MaxName || zfs.CheckSnapshotPart(s.Name) != nil:
		return wrong("%s@%s is no name that ZFS takes", d.name, s.Name)
	}
	return d.on.unfit(d.name)
}

// ownedHere keeps zfsrep snapshot to what the jobs replicate, and away from replicas: a snapshot of its own would make
// one diverge from its source.
func (r *replay) ownedHere(a *action) *fault {
	switch s := a.Do.(type) {
	case plan.Snapshot:
		if !r.namesLike(s.Name) {
			return wrong("@%s is no name that autoSnapshot gives", s.Name)
		}
		return r.eachOwned(a, s)
	case plan.DestroySnapshots:
		return r.ownHere(a.on)
	}
	return wrong("zfsrep snapshot takes snapshots and destroys its own, and does nothing else")
}

// eachOwned judges every dataset that a snapshot is taken of.
func (r *replay) eachOwned(a *action, s plan.Snapshot) *fault {
	if len(s.Datasets) == 0 {
		return wrong("it names no dataset")
	}
	for _, name := range s.Datasets {
		f := r.ownHere(r.here.at(name))
		if f == nil && r.undecided[who{a.Job, name}] != "" {
			f = wrong("%s has the conflict %s", name, r.undecided[who{a.Job, name}])
		}
		if f != nil {
			f.about = name
			return f
		}
	}
	return nil
}

// ownHere judges that some job replicates the dataset, and that it is nobody's replica.
func (r *replay) ownHere(d *dataset) *fault {
	switch {
	case len(d.readers()) == 0:
		return wrong("%s belongs to no job", d.name)
	case len(d.writers()) > 0:
		return wrong("%s is the replica of %s", d.name, d.writers()[0].src.name)
	case d.prop("readonly") == "on" && d.prop("mounted") != "yes":
		return drift(d.name+" was made read-only on "+d.on.title, "%s is read-only and not mounted, as replicas are", d.name)
	}
	return nil
}

// namesLike says that autoSnapshot gives such names: the prefix and a date.
func (r *replay) namesLike(name string) bool {
	day, ok := strings.CutPrefix(name, r.cfg.AutoSnapshot.Prefix)
	return ok && slices.ContainsFunc(forms, func(form string) bool {
		_, err := time.Parse(form, day)
		return err == nil
	})
}
