package plan

import (
	"slices"

	"github.com/zfsrep/zfsrep/internal/zfs"
)

// versions are the newest few snapshots, newest first, as evidence in a conflict.
func versions(snaps []zfs.Snapshot) []Ref {
	const most = 5
	refs := []Ref{}
	for i := len(snaps) - 1; i >= 0 && len(refs) < most; i-- {
		refs = append(refs, snapshotRef(snaps[i].Version))
	}
	return refs
}

func names(snaps []zfs.Snapshot) []string {
	all := make([]string, len(snaps))
	for i, s := range snaps {
		all[i] = "@" + s.Name
	}
	return all
}

func newest(snaps []zfs.Snapshot) string {
	if len(snaps) == 0 {
		return "none"
	}
	return "@" + snaps[len(snaps)-1].Name
}

// indexReplicas maps the GUIDs of the target's snapshots to the dataset that has them, leaving out the places of
// sources that exist: their snapshots are where they belong.
func (j *job) indexReplicas() {
	j.replicas = map[zfs.GUID]string{}
	all := make([]string, 0, len(j.target.Datasets))
	for name := range j.target.Datasets {
		if p := j.byPlace[name]; p == nil || p.src == nil {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	for _, name := range all {
		for _, s := range j.target.Datasets[name].Snapshots {
			if j.replicas[s.GUID] == "" {
				j.replicas[s.GUID] = name
			}
		}
	}
}
