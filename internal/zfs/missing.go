package zfs

import (
	"slices"
	"strings"
)

// Existing lists names of which some may not exist. zfs then complains about those, lists the others and exits with 1
// (cmd/zfs/zfs_iter.c, zfs_for_each), but it exits so after any failure, and what else stands on standard error may be
// the words of a shell's start-up file. So neither decides: when there are other words, list is called once more
// with the names that zfs did not miss, and has to succeed.
//
// list runs the command for the names, and says what stood on standard error and whether it exited with 1. Existing returns
// the names that do not exist; ok is false when the last run failed for another reason.
func Existing(names []string, list func(names []string) (stderr string, exited1 bool)) (gone []string, ok bool) {
	for {
		stderr, exited1 := list(names)
		if !exited1 {
			return gone, true
		}
		missing, others := missing(stderr, names)
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(missing, n) })
		gone = append(gone, missing...)
		switch {
		case len(missing) == 0:
			return gone, false
		case !others, len(names) == 0:
			return gone, true
		}
	}
}

// missing finds complaints about names that do not exist. Words about anything else are others.
func missing(stderr string, asked []string) (names []string, others bool) {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		rest, ok := strings.CutPrefix(line, "cannot open '")
		name, why, ok2 := strings.Cut(rest, "': ")
		if ok && ok2 && slices.Contains(asked, name) && (strings.HasPrefix(why, "dataset does not exist") || strings.HasPrefix(why, "no such pool")) {
			names = append(names, name)
		} else if line != "" {
			others = true
		}
	}
	return names, others
}
