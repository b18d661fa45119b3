package zfs

import "testing"

// The texts are OpenZFS 2.3.9's own.
func TestExplain(t *testing.T) {
	for text, want := range map[string]Class{
		"cannot receive incremental stream: checksum mismatch or incomplete stream.\nPartially received snapshot is saved.\nA resuming stream can be generated on the sending system by running:\n    zfs send -t 1-x\n": ClassRetry,
		"cannot receive incremental stream: incomplete stream\n":                                                                                   ClassRetry,
		"cannot receive: failed to read from stream\n":                                                                                             ClassRetry,
		"cannot receive incremental stream: destination tank/r/m has been modified\nsince most recent snapshot\n":                                  ClassReplan,
		"cannot receive incremental stream: most recent snapshot of tank/r/a does not\nmatch incremental source\n":                                 ClassReplan,
		"cannot restore to tank/r/a@s3: destination already exists\n":                                                                              ClassReplan,
		"cannot receive new filesystem stream: destination 'tank/r/a' exists\nmust specify -F to overwrite it\n":                                   ClassReplan,
		"cannot receive incremental stream: destination tank/r/a contains partially-complete state from \"zfs receive -s\".\n":                     ClassReplan,
		"cannot open 'tank/nope': dataset does not exist\ncannot receive new filesystem stream: unable to restore to destination\n":                ClassReplan,
		"cannot receive incremental stream: destination 'tank/r/nope' does not exist\n":                                                            ClassReplan,
		"cannot receive incremental stream: inherited key must be loaded\n":                                                                        ClassRetry,
		"cannot receive new filesystem stream: destination tank/q/a space quota exceeded.\n":                                                       ClassRetry,
		"cannot receive new filesystem stream: pool is read-only\n":                                                                                ClassRetry,
		"cannot destroy 'tank/a/%recv': dataset is busy\n":                                                                                         ClassRetry,
		"cannot destroy snapshot tank/a@s2: it's being held. Run 'zfs holds -r tank/a@s2' to see holders.\n":                                       ClassRetry,
		"cannot destroy 'tank/a@s3': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\ntank/clone\n":                     ClassRetry,
		"could not find any snapshots to destroy; check snapshot names.\n":                                                                         ClassReplan,
		"cannot rollback to 'tank/a@s2': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following\n":                  ClassReplan,
		"cannot create bookmark 'tank/a#b': bookmark exists\n":                                                                                     ClassReplan,
		"bookmark 'tank/a#nope' does not exist.\n":                                                                                                 ClassReplan,
		"cannot create 'tank/c': dataset already exists\n":                                                                                         ClassReplan,
		"cannot create 'tank/x/y': parent does not exist\n":                                                                                        ClassReplan,
		"cannot create 'tank/b': permission denied\n":                                                                                              ClassConfig,
		"sudo: a password is required\n":                                                                                                           ClassConfig,
		"cannot resume send: 'tank/enc@s2' used in the initial send no longer exists\ncannot receive: failed to read from stream\n":                ClassReplan,
		"cannot resume send: Invalid cross-device link\n":                                                                                          ClassReplan,
		"cannot resume send: resume token is corrupt (incorrect checksum)\n":                                                                       ClassReplan,
		"cannot receive resume stream: Resuming recv on existing destination 'tank/r/i'\nmust specify -F to overwrite it\n":                        ClassReplan,
		"'tank/r/a' does not have any resumable receive state to abort\n":                                                                          ClassReplan,
		"cannot receive new filesystem stream: zfs receive -F cannot be used to destroy an encrypted filesystem or overwrite an unencrypted one\n": ClassConflict,
		"cannot receive new filesystem stream: property 'canmount' does not apply to datasets of this type\n":                                      ClassConfig,
		"warning: cannot send 'tank/a@s1': not an earlier snapshot from the same fs\n":                                                             ClassReplan,
		"cannot send tank/enc@s3: encrypted dataset tank/enc may not be sent with properties without the raw flag\n":                               ClassConfig,
		"cannot receive incremental stream: IV set guid mismatch. See the 'zfs receive'\nman page for a discussion of IV sets and replication.\n":  ClassConflict,
		"internal error: warning: cannot receive: stream has unsupported feature, feature flags = 1\n":                                             ClassConfig,
		"cannot receive incremental stream: incremental send stream requires -L (--large-block), to match previous receive.\n":                     ClassConfig,
		"something nobody has seen before":                                                                                                         ClassUnknown,
	} {
		m := Explain(text)
		if m.Class != want {
			t.Errorf("%q is %s (%s), want %s", text, m.Class, m.Says, want)
		}
		if m.Class != ClassUnknown && (m.Says == "" || m.Do == "") {
			t.Errorf("%q is explained without words", text)
		}
	}
}
