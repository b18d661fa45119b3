package compile

import (
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// versions are the newest few snapshots, newest first, as evidence in a conflict.
func versions(snaps []zfs.Snapshot) []any {
	const most = 5
	refs := []any{}
	for i := len(snaps) - 1; i >= 0 && len(refs) < most; i-- {
		refs = append(refs, evidence(plan.SnapshotRef(snaps[i].Version)))
	}
	return refs
}

// evidence is the reference as a plan has it that was read back: plain JSON, so that writing it gives the same bytes.
func evidence(r plan.Ref) map[string]any {
	return map[string]any{"name": r.Name, "guid": r.GUID.String()}
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

// anyOf are the first few names as evidence.
func anyOf(names []string) []any {
	const most = 5
	all := []any{}
	for _, n := range names[:min(len(names), most)] {
		all = append(all, n)
	}
	return all
}
