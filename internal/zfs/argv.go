package zfs

import (
	"sort"
	"strings"
)

// SendFlags are the flags of zfs send that say how the data is written into the stream (man zfs-send).
type SendFlags struct {
	Raw         bool // -w: as on disk, encrypted stays encrypted
	Compressed  bool // -c
	LargeBlocks bool // -L
	Embedded    bool // -e
	Properties  bool // -p
}

func (f SendFlags) args() []string {
	var flags []string
	for _, o := range []struct {
		on   bool
		flag string
	}{{f.Raw, "-w"}, {f.LargeBlocks, "-L"}, {f.Compressed, "-c"}, {f.Embedded, "-e"}, {f.Properties, "-p"}} {
		if o.on {
			flags = append(flags, o.flag)
		}
	}
	return flags
}

// SendFull sends one snapshot whole.
func SendFull(f SendFlags, snapshot string) []string {
	return append(append([]string{"zfs", "send"}, f.args()...), snapshot)
}

// SendIncremental sends what changed between from (a snapshot or bookmark, with its dataset) and to; with
// intermediates also every snapshot between them, which cannot start from a bookmark.
func SendIncremental(f SendFlags, from, to string, intermediates bool) []string {
	i := "-i"
	if intermediates {
		i = "-I"
	}
	return append(append([]string{"zfs", "send"}, f.args()...), i, from, to)
}

// SendResume continues a transfer. The flags are the token's (man zfs-send, -t).
func SendResume(token string) []string { return []string{"zfs", "send", "-t", token} }

// ReceiveOptions are the flags of zfs receive. A receive is always resumable (-s) and never mounts (-u).
type ReceiveOptions struct {
	Force   bool              // -F, only to replace an empty dataset that has no snapshots
	Set     map[string]string // -o
	Exclude []string          // -x
}

// Receive takes a stream into dataset.
func Receive(o ReceiveOptions, dataset string) []string {
	argv := []string{"zfs", "receive", "-s", "-u"}
	if o.Force {
		argv = append(argv, "-F")
	}
	for _, k := range sortedKeys(o.Set) {
		argv = append(argv, "-o", k+"="+o.Set[k])
	}
	for _, k := range o.Exclude {
		argv = append(argv, "-x", k)
	}
	return append(argv, dataset)
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// AbortReceive throws a partial receive away.
func AbortReceive(dataset string) []string { return []string{"zfs", "receive", "-A", dataset} }

// CreateParent creates an empty filesystem without mounting it.
func CreateParent(dataset string, set map[string]string) []string {
	argv := []string{"zfs", "create", "-u"}
	for _, k := range sortedKeys(set) {
		argv = append(argv, "-o", k+"="+set[k])
	}
	return append(argv, dataset)
}

// Rollback undoes what was written since the newest snapshot. Without -r it refuses when there are newer ones.
func Rollback(snapshot string) []string { return []string{"zfs", "rollback", snapshot} }

// MakeBookmark leaves a bookmark of a snapshot.
func MakeBookmark(snapshot, bookmark string) []string {
	return []string{"zfs", "bookmark", snapshot, bookmark}
}

// Hold keeps a snapshot from being destroyed.
func Hold(tag, snapshot string) []string { return []string{"zfs", "hold", tag, snapshot} }

// Release takes a hold back.
func Release(tag, snapshot string) []string { return []string{"zfs", "release", tag, snapshot} }

// Rename renames a dataset and all below it, without mounting anything. A volume is never mounted, and zfs refuses -u
// for it.
func Rename(from, to string, volume bool) []string {
	if volume {
		return []string{"zfs", "rename", from, to}
	}
	return []string{"zfs", "rename", "-u", from, to}
}

// SetProperty sets one property.
func SetProperty(dataset, property, value string) []string {
	return []string{"zfs", "set", property + "=" + value, dataset}
}

// TakeSnapshot takes one snapshot of several datasets of one pool, all in the same instant.
func TakeSnapshot(datasets []string, name string) []string {
	argv := []string{"zfs", "snapshot"}
	for _, d := range datasets {
		argv = append(argv, d+"@"+name)
	}
	return argv
}

// maxWord bounds one argument: Linux takes 128 KiB (MAX_ARG_STRLEN), and a command over ssh is one such argument.
const maxWord = 64 << 10

// DestroySnapshots destroys the named snapshots of one dataset; several commands when the list is long.
func DestroySnapshots(dataset string, names []string) [][]string {
	var all [][]string
	for len(names) > 0 {
		n, size := 0, len(dataset)
		for n < len(names) && (n == 0 || size+len(names[n])+1 < maxWord) {
			size += len(names[n]) + 1
			n++
		}
		all = append(all, []string{"zfs", "destroy", dataset + "@" + strings.Join(names[:n], ",")})
		names = names[n:]
	}
	return all
}

// DestroyBookmark destroys one bookmark; zfs has no list syntax for them.
func DestroyBookmark(dataset, name string) []string {
	return []string{"zfs", "destroy", dataset + "#" + name}
}

// Sudo puts sudo before a command: -n, because nobody is there to type a password.
func Sudo(argv []string) []string { return append([]string{"sudo", "-n"}, argv...) }
