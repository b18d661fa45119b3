package zfs

import (
	"fmt"
	"strings"
)

const (
	// MaxName is the longest name of a dataset or snapshot in bytes (ZFS_MAX_DATASET_NAME_LEN is 256 with its NUL).
	MaxName = 255
	// MaxDepth is how many components a dataset name may have (zfs_max_dataset_nesting in module/zcommon/zfs_namecheck.c).
	MaxDepth = 50
	// recvSuffix is the hidden child that holds a receive in progress (dmu_recv.c, recv_clone_name).
	recvSuffix = "/%recv"
)

// Pool is the pool that a dataset, snapshot or bookmark belongs to.
func Pool(name string) string {
	if i := strings.IndexAny(name, "/@#"); i >= 0 {
		return name[:i]
	}
	return name
}

// Parent is the dataset above name, "" above a pool.
func Parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}

// Ancestors lists the datasets above name, the pool first.
func Ancestors(name string) []string {
	var all []string
	for i, r := range name {
		if r == '/' {
			all = append(all, name[:i])
		}
	}
	return all
}

// Within says that name is root or lies below it.
func Within(name, root string) bool {
	return strings.HasPrefix(name, root) && (len(name) == len(root) || name[len(root)] == '/')
}

// SplitVersion takes "tank/a@x" or "tank/a#x" apart. sep is '@', '#', or 0 for a plain dataset name.
func SplitVersion(full string) (dataset string, sep byte, name string) {
	if i := strings.IndexAny(full, "@#"); i >= 0 {
		return full[:i], full[i], full[i+1:]
	}
	return full, 0, ""
}

// ComparePaths orders dataset names so that a parent comes right before its children: "a", "a/b", "a-b".
func ComparePaths(a, b string) int {
	for {
		ca, ra, moreA := strings.Cut(a, "/")
		cb, rb, moreB := strings.Cut(b, "/")
		if c := strings.Compare(ca, cb); c != 0 {
			return c
		}
		if !moreA || !moreB {
			return boolToInt(moreA) - boolToInt(moreB)
		}
		a, b = ra, rb
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// CheckDatasetName says what is wrong with a dataset name, nil if nothing is (module/zcommon/zfs_namecheck.c).
func CheckDatasetName(name string) error {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if err := checkComponent(p); err != nil {
			return err
		}
		if c := p[0]; i == 0 && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return fmt.Errorf("a pool's name begins with a letter, not with %q", c)
		}
	}
	if len(name) > MaxName {
		return fmt.Errorf("has %d bytes, ZFS allows %d", len(name), MaxName)
	}
	if len(parts) > MaxDepth {
		return fmt.Errorf("has %d components, ZFS allows %d", len(parts), MaxDepth)
	}
	return nil
}

func checkComponent(p string) error {
	if p == "" {
		return fmt.Errorf("has an empty component (a slash at the start, at the end, or twice in a row)")
	}
	if p == "." || p == ".." {
		return fmt.Errorf("has the component %q", p)
	}
	for _, r := range p {
		ok := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.: ", r)
		if !ok {
			return fmt.Errorf("contains %q, which ZFS does not allow in the name of a dataset", r)
		}
	}
	return nil
}

// CheckSnapshotPart says what is wrong with the part of a snapshot's name after the @.
func CheckSnapshotPart(name string) error { return checkComponent(name) }

// FitsName says that a replica called dataset can hold snapshots with names of up to longest bytes, and a receive in progress.
func FitsName(dataset string, longest int) bool {
	return len(dataset)+max(longest+1, len(recvSuffix)) <= MaxName && strings.Count(dataset, "/") < MaxDepth
}

// VersionName says that name can be that of a snapshot or bookmark, after the @ or #. It is quick: histories are long.
func VersionName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '-', c == '_', c == '.', c == ':', c == ' ':
		default:
			return false
		}
	}
	return name != "" && name != "." && name != ".." && len(name) <= MaxName
}
