package proof

import (
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/internal/config"
)

// claim is a disk that a job of some config replicates a dataset to.
type claim struct {
	job    *config.Job
	disk   *disk
	place  string
	common version // the newest that the disk had before the run
	at     int     // its position in the source's history; -1: none
	ours   bool    // the config that ran is the one that has the job
	told   bool    // so it can be known: a mark names the disk, or the config says that some disk lacks all
	first  uint64  // txg of the version from which on a mark says that all is still to be sent; 0: none does
}

// claims are all disks that want a dataset.
func (s *season) claims(source string, before record) []claim {
	var all []claim
	history := historyOf(s.source(before, source), source)
	for _, cfg := range s.files {
		for i := range cfg.Jobs {
			for _, d := range s.everyDisk() {
				place, ok := d.takes(&cfg.Jobs[i], source)
				if !ok {
					continue
				}
				c := claim{job: &cfg.Jobs[i], disk: d, place: place, at: -1, ours: cfg == s.cfg}
				c.told = slices.ContainsFunc(history, func(v version) bool { return v.bookmark && strings.Contains(v.full, "_"+d.guid+"_") })
				c.told = c.told || c.ours && (d.slot.in == nil || d.slot.in == d) && !slices.ContainsFunc(history, func(v version) bool { return v.bookmark && strings.Contains(v.full, "_"+hash(within(place))) })
				for _, v := range history {
					if v.bookmark && strings.HasSuffix(v.full, "_first") && strings.Contains(v.full, "_"+d.guid+"_") {
						c.first = v.txg
					}
				}
				there := guids(before.disks[d], place, false)
				for k, v := range history {
					if there[v.guid] {
						c.at, c.common = k, v
					}
				}
				all = append(all, c)
			}
		}
	}
	return all
}

// wanted says that the snapshot is one that the claim's job replicates, as far as the config that ran can know: of disks
// that are none of its own it knows only their marks, and takes them for its own where the place within the pool is the
// same.
func (s *season) wanted(c claim, source, snapshot string) bool {
	for i := range s.cfg.Jobs {
		j := &s.cfg.Jobs[i]
		if e, ok := j.Entry(source); ok && !c.ours && within(j.Place(e, source)) == within(c.place) && !j.Snapshots.Matches(snapshot) {
			return false
		}
	}
	return c.job.Snapshots.Matches(snapshot)
}

// within is a place without its pool.
func within(place string) string {
	_, path, _ := strings.Cut(place, "/")
	return path
}
