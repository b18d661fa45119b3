package proof

import (
	"strconv"
	"strings"
)

// version is a snapshot or bookmark of a machine.
type version struct {
	full, dataset, guid string
	txg                 uint64
	bookmark, held      bool
}

// versions lists all of a side's, in ZFS's order.
func versions(m side) []version {
	var all []version
	out, _, _ := m.Run("zfs list -Hp -r -t snapshot,bookmark -o name,guid,userrefs,createtxg " + m.pool)
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) < 4 {
			continue
		}
		i := strings.IndexAny(f[0], "@#")
		txg, _ := strconv.ParseUint(f[3], 10, 64)
		all = append(all, version{f[0], f[0][:i], f[1], txg, f[0][i] == '#', f[2] != "0" && f[2] != "-"})
	}
	return all
}

// snapshots maps the GUIDs of a dataset's snapshots to their full names.
func snapshots(m side, dataset string) map[string]string {
	found := map[string]string{}
	for _, v := range versions(m) {
		if v.dataset == dataset && !v.bookmark {
			found[v.guid] = v.full
		}
	}
	return found
}

// datasets lists a side's filesystems and volumes.
func datasets(m side) []string {
	out, _, _ := m.Run("zfs list -Hp -r -t filesystem,volume -o name " + m.pool)
	return strings.Fields(out)
}
