package zfs

import "strings"

// Class says what a failed command means for the next step.
type Class string

const (
	ClassRetry    Class = "retry"    // mends itself: busy, out of space for now, an interrupted stream
	ClassReplan   Class = "replan"   // the world changed since the plan was made
	ClassConflict Class = "conflict" // a person must decide
	ClassConfig   Class = "config"   // rights or settings are missing
	ClassUnknown  Class = "unknown"
)

// Meaning is what a zfs error text means, in plain words, and what to do.
type Meaning struct {
	Class Class
	Says  string
	Do    string
}

// Busy says that somebody else is at it just now.
func (m Meaning) Busy() bool { return m.Class == ClassRetry && m.Says == inUse }

// Cut says that a stream ended before its end; what had arrived may have been kept.
func (m Meaning) Cut() bool { return m.Says == cutOff || m.Says == cutKept }

// Short says that there was no room for something. A [Shortage] finds out for what.
func (m Meaning) Short() bool { return m.Says == noRoom || m.Says == overQuota }

const (
	inUse   = "the dataset is in use"
	cutOff  = "the stream ended before its end"
	cutKept = "the transfer was interrupted; what had arrived is kept"

	noRoom    = "there is no room for it, in the pool or within a quota or reservation"
	overQuota = "a quota is used up"
)

// meanings are matched in order against the lower-cased text with its white space collapsed. Texts are those of
// lib/libzfs (libzfs_sendrecv.c, libzfs_util.c) in OpenZFS 2.1 to 2.4.
var meanings = []struct {
	text string
	Meaning
}{
	{"cannot resume send", Meaning{ClassReplan, "what the interrupted transfer was sending is gone", "the next run clears it away and starts again"}},
	{"resuming recv on existing", Meaning{ClassReplan, "the dataset was there before the interrupted transfer", "the next run looks at it"}},
	{"partially received snapshot is saved", Meaning{ClassRetry, cutKept, "the next run resumes it"}},
	{"checksum mismatch or incomplete stream", Meaning{ClassRetry, cutOff, "the next run resumes it"}},
	{"incomplete stream", Meaning{ClassRetry, cutOff, "the next run sends it again"}},
	{"failed to read from stream", Meaning{ClassRetry, "nothing came from the sender", "look at the sender's message"}},
	{"invalid stream (bad magic number)", Meaning{ClassConfig, "something printed text into the stream", "keep the remote user's shell start-up files silent"}},
	{"partially-complete state", Meaning{ClassReplan, "a partial receive is in the way", "the next run resumes it or clears it away"}},
	{"dataset is busy", Meaning{ClassRetry, inUse, "another receive or a mount may be running; the next run tries again"}},
	{"pool or dataset is busy", Meaning{ClassRetry, inUse, "the next run tries again"}},
	{"has been modified since most recent snapshot", Meaning{ClassReplan, "the replica was written to or has newer snapshots", "the next run sees it and says what can be done"}},
	{"does not match incremental source", Meaning{ClassReplan, "the replica lacks the snapshot that the send starts from", "the next run looks for another one"}},
	{"destination already exists", Meaning{ClassReplan, "a snapshot of that name exists on the replica", "the next run names it"}},
	{"must specify -f to overwrite", Meaning{ClassReplan, "the dataset exists on the target by now", "the next run looks at it"}},
	{"iv set guid", Meaning{ClassConflict, "the common snapshot was not received raw", "roll the replica back to a snapshot that was, or replicate into a new place"}},
	{"encryption key does not match", Meaning{ClassConflict, "the replica has another encryption key", "replicate into a new place"}},
	{"raw receive on top of existing unencrypted", Meaning{ClassConflict, "the replica is not encrypted", "replicate into a new place"}},
	{"key must be loaded", Meaning{ClassRetry, "an encryption key is not loaded", "load it with zfs load-key"}},
	{"out of space", Meaning{ClassRetry, noRoom, "free space on that machine"}},
	{"quota exceeded", Meaning{ClassRetry, overQuota, "raise it or free space on that machine"}},
	{"pool must be upgraded", Meaning{ClassConfig, "the receiving pool lacks a feature of this stream", "zpool upgrade there, or switch send.compressed, send.largeBlocks or send.embedded off"}},
	{"requires -l (--large-block)", Meaning{ClassConfig, "the replica was begun with large blocks, and this stream has none", "leave send.largeBlocks on; a replica begun so cannot go on without"}},
	{"does not apply to datasets of this type", Meaning{ClassConfig, "a property is set that this type of dataset does not have", "take it out of receive.properties"}},
	{"may not be sent with properties without the raw flag", Meaning{ClassConfig, "properties of an encrypted dataset travel only raw", "set send.raw = \"auto\" or send.properties = false"}},
	{"cannot be used to destroy an encrypted filesystem", Meaning{ClassConflict, "ZFS does not replace a dataset where one of the two is encrypted", "destroy or rename the one on the target, or choose another place"}},
	{"cannot be used to overwrite", Meaning{ClassConflict, "ZFS does not replace such a dataset", "destroy or rename the one on the target, or choose another place"}},
	{"unsupported", Meaning{ClassConfig, "the receiving OpenZFS is too old for this stream", "upgrade it"}},
	{"permission denied", Meaning{ClassConfig, "the user may not do this", "check privilege, sudo rules or zfs allow on that machine"}},
	{"a password is required", Meaning{ClassConfig, "sudo wants a password", "allow the zfs commands with NOPASSWD, or set privilege to \"none\""}},
	{"is not allowed to execute", Meaning{ClassConfig, "sudo forbids this command", "allow it in the sudo rules of that machine"}},
	{"sudo: command not found", Meaning{ClassConfig, "there is no sudo on that machine", "set privilege to \"none\""}},
	{"resume token", Meaning{ClassReplan, "the resume token is of no use any more", "the next run clears it away"}},
	{"resumable receive state to abort", Meaning{ClassReplan, "there is no interrupted transfer any more", "the next run looks again"}},
	{"more recent snapshots or bookmarks exist", Meaning{ClassReplan, "newer snapshots have appeared", "the next run lists them"}},
	{"being held", Meaning{ClassRetry, "a hold keeps the snapshot", "zfs holds shows whose"}},
	{"has dependent clones", Meaning{ClassRetry, "a clone depends on the snapshot", "leave it, or destroy the clone"}},
	{"pool i/o is currently suspended", Meaning{ClassRetry, "the pool is suspended", "look at zpool status"}},
	{"pool is read-only", Meaning{ClassRetry, "the pool is imported read-only", "import it for writing"}},
	{"not an earlier snapshot", Meaning{ClassReplan, "the base is not older than what is to be sent: the source was rolled back or promoted", "the next run looks again"}},
	{"bookmark exists", Meaning{ClassReplan, "a bookmark of that name is there by now", "the next run looks at it"}},
	{"could not find any snapshots to destroy", Meaning{ClassReplan, "they are gone already", "the next run looks again"}},
	{"dataset already exists", Meaning{ClassReplan, "it is there by now", "the next run looks at it"}},
	{"parent does not exist", Meaning{ClassReplan, "the dataset above it is gone", "the next run makes it again"}},
	{"parent is not a filesystem", Meaning{ClassConflict, "the dataset above it is a volume", "choose another place"}},
	{"dataset does not exist", Meaning{ClassReplan, "it is not there any more", "the next run looks again"}},
	{"no such pool", Meaning{ClassReplan, "the pool is not imported", "import it"}},
	{"does not exist", Meaning{ClassReplan, "it is not there any more", "the next run looks again"}},
}

// Explain finds the meaning of what a zfs command said on standard error.
func Explain(stderr string) Meaning {
	text := strings.ToLower(strings.Join(strings.Fields(stderr), " "))
	for _, m := range meanings {
		if strings.Contains(text, m.text) {
			return m.Meaning
		}
	}
	return Meaning{Class: ClassUnknown}
}

// SnapshotObstacles are the datasets for whose sake zfs snapshot took no snapshot of any, and what it said of each: one
// line a snapshot that cannot be, or the first dataset that is not there (zfs_snapshot_nvl in lib/libzfs/libzfs_dataset.c,
// zfs_do_snapshot in cmd/zfs/zfs_main.c).
func SnapshotObstacles(stderr string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(stderr) {
		for _, begin := range []string{"cannot create snapshot '", "cannot open '"} {
			rest, ok := strings.CutPrefix(line, begin)
			name, why, ok2 := strings.Cut(rest, "': ")
			if dataset, _, _ := SplitVersion(name); ok && ok2 && why != "" {
				found[dataset] = strings.TrimSpace(line)
			}
		}
	}
	return found
}
