package config

import (
	"github.com/zfsrep/zfsrep/internal/retention"
	"github.com/zfsrep/zfsrep/internal/zfs"
)

// Covers says that the entry replicates the dataset called name: its own, or one below it if the entry is recursive
// and no exclude glob matches that one or one between the two. A glob may match the full name or the part below the
// entry's; its * crosses slashes. The entry's own dataset cannot be excluded.
func (d Dataset) Covers(name string) bool {
	if !zfs.Within(name, d.Name) {
		return false
	}
	if len(name) == len(d.Name) {
		return true
	}
	if !d.Recursive {
		return false
	}
	if len(d.Exclude) == 0 {
		return true
	}
	below := len(d.Name) + 1
	for end := below; end <= len(name); end++ {
		if end == len(name) || name[end] == '/' {
			if retention.MatchAny(d.Exclude, name[:end]) || retention.MatchAny(d.Exclude, name[below:end]) {
				return false
			}
		}
	}
	return true
}

// Matches says that the filter lets the snapshot of that name (without dataset and @) through.
func (f Filter) Matches(snapshot string) bool {
	return retention.MatchAny(f.Include, snapshot) && !retention.MatchAny(f.Exclude, snapshot)
}

// Entry is the job's entry that covers the dataset called name. A valid config has at most one.
func (j *Job) Entry(name string) (Dataset, bool) {
	for _, d := range j.Datasets {
		if d.Covers(name) {
			return d, true
		}
	}
	return Dataset{}, false
}
