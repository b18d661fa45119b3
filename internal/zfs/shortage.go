package zfs

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// Shortage is a command that ran out of space. zfs says "out of space" of a pool that is full, of a quota that is used
// up, of a reservation that finds no room and of a limit on the number of snapshots alike (lib/libzfs/libzfs_util.c:
// ENOSPC and EDQUOT are one text); only zfs receive tells quotas apart (libzfs_sendrecv.c). The properties of the datasets
// say which it is.
type Shortage struct {
	verb    string // of the command: "snapshot", "rollback", "receive", ...
	version string // snapshot that it names; "" if none
	dataset string
	quota   bool // zfs says that it is a quota
}

// ShortageOf is what a command that failed ran out of; ok is false when it failed for another reason.
func ShortageOf(argv []string, stderr string) (s Shortage, ok bool) {
	m := Explain(stderr)
	i := slices.IndexFunc(argv, func(w string) bool { return path.Base(w) == "zfs" })
	if !m.Short() || i < 0 || i+2 >= len(argv) {
		return s, false
	}
	s = Shortage{verb: argv[i+1], dataset: argv[len(argv)-1], quota: m.Says == overQuota}
	dataset, sep, _ := SplitVersion(s.dataset)
	if sep == '@' {
		s.version = s.dataset
	}
	s.dataset = dataset
	return s, CheckDatasetName(dataset) == nil
}

// Properties are what to ask of the datasets called [Shortage.Names].
func (s Shortage) Properties() []string {
	return []string{"type", "available", "used", "referenced", "written", "quota", "refquota", "refreservation", "usedbyrefreservation",
		"snapshot_limit", "snapshot_count", "filesystem_limit", "filesystem_count"}
}

// Names are the dataset, those above it, and the snapshot that a rollback goes back to.
func (s Shortage) Names() []string {
	names := append(Ancestors(s.dataset), s.dataset)
	if s.verb == "rollback" {
		names = append(names, s.version)
	}
	return names
}

// Told is what a machine says of its datasets: the value of a property, "" where there is none.
type Told func(name, property string) string

// number is a property's number, 0 where it is none: for quotas and reservations that is the same.
func (t Told) number(name, property string) uint64 {
	n, _ := strconv.ParseUint(t(name, property), 10, 64)
	return n
}

// Cause says what there is no room for on a machine, what to do about it, and the command that does it.
func (s Shortage) Cause(t Told, machine string) (says, do string, cure []string) {
	switch {
	case s.overRefquota(t):
		return fmt.Sprintf("the refquota of %s is %s, and the snapshot holds %s", s.dataset, size(t.number(s.dataset, "refquota")), size(t.number(s.version, "referenced"))),
			"take the refquota away", SetProperty(s.dataset, "refquota", "none")
	case s.unreserved(t):
		return fmt.Sprintf("there is no room on %s for the reservation of the %s %s, %s, besides what its snapshots keep: %s is available",
				machine, or(t(s.dataset, "type"), "dataset"), s.dataset, size(t.number(s.dataset, "refreservation")), size(s.free(t))),
			"free space, or give the reservation up", SetProperty(s.dataset, "refreservation", "none")
	}
	if name, property, limit := s.limit(t); name != "" {
		return fmt.Sprintf("the %s of %s is %d, and so many there are", property, name, limit), "raise it, or take it away", SetProperty(name, property, "none")
	}
	name, property, left := s.tightest(t)
	switch {
	case property != "":
		return fmt.Sprintf("the %s of %s is %s, of which %s is left", property, name, size(t.number(name, property)), size(left)),
			"free space in it, or take the quota away", SetProperty(name, property, "none")
	case name != "":
		return fmt.Sprintf("the pool %s on %s has no room for it: %s is available", name, machine, size(left)),
			"free space, and see what takes it", []string{"zfs", "list", "-o", "space", "-r", name}
	}
	return "", "", nil
}

// overRefquota says that a rollback goes back to more than the refquota allows (module/zfs/dsl_dataset.c,
// dsl_dataset_rollback_check).
func (s Shortage) overRefquota(t Told) bool {
	quota := t.number(s.dataset, "refquota")
	return s.verb == "rollback" && quota > 0 && t.number(s.version, "referenced") > quota
}

// free is what is available to the dataset beside what its own reservation keeps free.
func (s Shortage) free(t Told) uint64 {
	return less(t.number(s.dataset, "available"), t.number(s.dataset, "usedbyrefreservation"))
}

// unreserved says that a reservation finds no room: what was written since the newest snapshot becomes that snapshot's, or
// a rollback's to free, and the reservation is for the dataset alone (dsl_dataset.c, dsl_dataset_snapshot_reserve_space and
// dsl_dataset_rollback_check). A receive needs as much when it puts what arrived in place (dsl_dataset_clone_swap_check_impl).
func (s Shortage) unreserved(t Told) bool {
	reserved, need := t.number(s.dataset, "refreservation"), uint64(0)
	switch s.verb {
	case "snapshot", "rollback":
		need = min(t.number(s.dataset, "written"), reserved)
	case "receive":
		need = reserved
	}
	return !s.quota && need > 0 && need > s.free(t)
}

// limit is a limit on the number of snapshots or datasets that is reached. It binds those who are not root
// (module/zfs/dsl_dir.c, dsl_enforce_ds_ss_limits).
func (s Shortage) limit(t Told) (name, property string, limit uint64) {
	for _, what := range []string{"snapshot", "filesystem"} {
		if what == "snapshot" && s.verb == "create" || what == "filesystem" && s.verb != "create" && s.verb != "receive" {
			continue
		}
		for name := s.dataset; name != ""; name = Parent(name) {
			limit, err := strconv.ParseUint(t(name, what+"_limit"), 10, 64)
			if count, err2 := strconv.ParseUint(t(name, what+"_count"), 10, 64); err == nil && err2 == nil && limit < 1<<63 && count >= limit {
				return name, what + "_limit", limit
			}
		}
	}
	return "", "", 0
}

// tightest is the quota of which the least is left or, without a property, the pool, if that has less, and how much that
// is.
func (s Shortage) tightest(t Told) (name, property string, left uint64) {
	least := func(of, limit, used string) {
		quota := t.number(of, limit)
		if rest := less(quota, t.number(of, used)); quota > 0 && (property == "" || rest < left) {
			name, property, left = of, limit, rest
		}
	}
	least(s.dataset, "refquota", "referenced")
	for of := s.dataset; of != ""; of = Parent(of) {
		least(of, "quota", "used")
	}
	pool := Pool(s.dataset)
	if rest := t.number(pool, "available"); !s.quota && t(pool, "available") != "" && (property == "" || rest < left) {
		return pool, "", rest
	}
	return name, property, left
}

func less(a, b uint64) uint64 { return a - min(a, b) }

func or(text, other string) string {
	if text == "" || strings.Trim(text, "-") == "" {
		return other
	}
	return text
}

func size(n uint64) string { return humanize.IBytes(n) }
