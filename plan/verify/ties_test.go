package verify_test

import "testing"

// Two jobs that send one dataset to two machines.
const twoTargets = `{"job1": {"remoteHost": "one.test"}, "job2": {"remoteHost": "two.test"}}`

// tank to backup, on this machine, and from there to another one.
const chain = `{"job1": {"remoteHost": null, "remotePool": "backup"}, "job2": {"datasets": ["backup/a"]}}`

// What must not be swapped is tied.
func TestTies(t *testing.T) {
	judge(t, []rule{
		{"two transfers into one replica", "", "src tank/a @d1:1 @d2:2", "full tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1", "full tank/a @d1:1\nsend tank/a @d1:1 @d2:2", "on the same replica"},
		{"also through others", "", "src tank/a @d1:1 @d2:2 @d3:3", "full tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1\nsend tank/a @d2:2 @d3:3 after 2\nprune target tank/a d1 after 3",
			"full tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1\nsend tank/a @d2:2 @d3:3 after 1", "must wait for action 2"},
		{"pruning beside a transfer", "", usual, "prune target tank/a d1\nsend tank/a @d2:2 @d3:3 after 1", "prune target tank/a d1\nsend tank/a @d2:2 @d3:3", "on the same replica"},
		{"a child before its parent is there", "", first, "full tank/a @d1:1\nfull tank/a/b @d1:11 after 1", "full tank/a @d1:1\nfull tank/a/b @d1:11", "which makes tank/a"},
		{"parents of two jobs", `{"job1": {"datasets": [{"name": "tank/a", "recursive": false}]}, "job2": {"datasets": ["tank/a/b"]}}`, first,
			"job1: full tank/a @d1:1\njob2: full tank/a/b @d1:11 after 1", "job1: full tank/a @d1:1\njob2: full tank/a/b @d1:11", "which makes tank/a"},
		{"a parent that several need", `{"job1": {"remotePool": "tank/deep"}, "job2": {"remotePool": "tank/deep", "datasets": ["tank/b"]}}`, "src tank/a @d1:1\nsrc tank/b @d1:11",
			"job1: create tank/deep -o canmount=off\njob1: full tank/a @d1:1 after 1\njob2: full tank/b @d1:11 after 1",
			"job1: create tank/deep -o canmount=off\njob1: full tank/a @d1:1 after 1\njob2: full tank/b @d1:11", "which makes tank/deep"},
		{"a mark before the transfer", "", usual, "send tank/a @d2:2 @d3:3\nmark tank/a @d3 zfsrep_3 after 1", "send tank/a @d2:2 @d3:3\nmark tank/a @d3 zfsrep_3", "brings the snapshot to the target"},
		{"a mark that goes beside the transfer", "", "src tank/a #zfsrep_1:1 @d2:2 @d3:3\ndst tank/a @d1:1 @d2:2", "send tank/a @d2:2 @d3:3\nunmark tank/a zfsrep_1 after 1",
			"send tank/a @d2:2 @d3:3\nunmark tank/a zfsrep_1", "sends from tank/a"},
		{"pruning the source beside the transfer", "", usual, "send tank/a @d2:2 @d3:3\nprune source tank/a d1 after 1", "send tank/a @d2:2 @d3:3\nprune source tank/a d1", "sends from tank/a"},
		{"also that of another job", twoTargets, usual,
			"job1: send tank/a @d2:2 @d3:3\njob2: send tank/a @d2:2 @d3:3\njob1: prune source tank/a d1 after 1 2",
			"job1: send tank/a @d2:2 @d3:3\njob2: send tank/a @d2:2 @d3:3\njob1: prune source tank/a d1 after 1", "must wait for action 2"},
		{"what goes on before it has come", chain, "src tank/a @d1:1 @d2:2\nsrc backup/a {readonly=on mounted=no} @d1:1\njob1 dst backup/a @d1:1\njob2 dst tank/a @d1:1",
			"job1: send tank/a @d1:1 @d2:2\njob2: send backup/a @d1:1 @d2:2 after 1", "job1: send tank/a @d1:1 @d2:2\njob2: send backup/a @d1:1 @d2:2", "which brings @d2 to backup/a"},
		{"a clone before the origin of its own job", `{"job1": {"remotePool": "tank/one", "datasets": ["tank/x"]}, "job2": {"remotePool": "tank/two", "datasets": ["tank/x"]}}`,
			"src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c\njob1 dst tank/one/x @s:5\njob2 dst tank/two/x @s:5",
			"job1: full tank/x/z @d1:1\njob2: full tank/x/z @d1:1\njob2: clone tank/x/a tank/x/z@d1:1 @d2:12 after 2",
			"job1: full tank/x/z @d1:1\njob2: full tank/x/z @d1:1\njob2: clone tank/x/a tank/x/z@d1:1 @d2:12 after 1", "which brings the origin"},
		{"a clone before its origin", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c\ndst tank/x @s:5",
			"full tank/x/z @d1:1\nclone tank/x/a tank/x/z@d1:1 @d2:12 after 1", "full tank/x/z @d1:1\nclone tank/x/a tank/x/z@d1:1 @d2:12", "which brings the origin"},
		{"a destroy before the hold is gone", "", "src tank/a @d2:2\ndst tank/a @d1:1!h @d2:2", "release target tank/a @d1 zfsrep\nprune target tank/a d1 after 1",
			"release target tank/a @d1 zfsrep\nprune target tank/a d1", "must wait for action 1"},
		{"a renaming beside its children", "", "src tank/a @d1:1\nsrc tank/a/b @d1:11 @d2:12\ndst tank/a @x:3\ndst tank/a/b @y:13",
			"set tank/a/b readonly=on\nrename tank/a tank/a.old after 1\nfull tank/a @d1:1 after 2", "set tank/a/b readonly=on\nrename tank/a tank/a.old", "on a replica that it moves"},
		{"into a place before it is moved there", "", "src tank/a @d1:1 @d2:2\ndst tank/old @d1:1", "rename tank/old tank/a\nsend tank/a @d1:1 @d2:2 after 1", "rename tank/old tank/a\nsend tank/a @d1:1 @d2:2", "on the same replica"},
		{"below a place before it is moved there", `{"datasets": ["tank/n/a"]}`, "src tank/n/a @d1:1\nsrc tank/n/a/b @d1:11\ndst tank/n\ndst tank/old @d1:1", "rename tank/old tank/n/a\nfull tank/n/a/b @d1:11 after 1", "rename tank/old tank/n/a\nfull tank/n/a/b @d1:11", "which makes tank/n/a"},
		{"a mark that goes beside who starts from it", twoTargets, "src tank/a #zfsrep_1:1 @d2:2\njob1 dst tank/a @d1:1 @d2:2\njob2 dst tank/a @d1:1",
			"job2: send tank/a #zfsrep_1:1 @d2:2\njob1: unmark tank/a zfsrep_1 after 1", "job2: send tank/a #zfsrep_1:1 @d2:2\njob1: unmark tank/a zfsrep_1", "sends from tank/a"},
	})
}

// Nobody waits for a stranger, so that one dataset's failure stays its own.
func TestStrangersAreNotTied(t *testing.T) {
	two := `{"datasets": ["tank/a", "tank/b"]}`
	state := "src tank/a @d1:1\nsrc tank/b @d1:11\nsrc tank/b/c @d1:21"
	judge(t, []rule{
		{"a brother", two, state, "full tank/a @d1:1\nfull tank/b @d1:11", "full tank/a @d1:1\nfull tank/b @d1:11 after 1", "of a stranger"},
		{"a parent is none", two, state, "full tank/b @d1:11\nfull tank/b/c @d1:21 after 1", "full tank/b @d1:11\nfull tank/a @d1:1 after 1", "of a stranger"},
		{"another job of the same source", twoTargets, usual, "job1: send tank/a @d2:2 @d3:3\njob2: send tank/a @d2:2 @d3:3",
			"job1: send tank/a @d2:2 @d3:3\njob2: send tank/a @d2:2 @d3:3 after 1", "of a stranger"},
		{"the marks of another job", twoTargets, "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1\njob1 dstpool tank {guid=7}",
			"job1: mark tank/a @d1 zfsrep_1_7_e40c292c\njob1: send tank/a @d1:1 @d2:2 after 1", "job1: mark tank/a @d1 zfsrep_1_7_e40c292c\njob2: send tank/a @d1:1 @d2:2 after 1", "of a stranger"},
		{"a parent that is made for others", `{"remotePool": "tank/deep", "datasets": ["tank/a/x", "tank/b/y"]}`, "src tank/a/x @d1:1\nsrc tank/b/y @d1:11",
			"create tank/deep -o canmount=off\ncreate tank/deep/a -o canmount=off after 1\ncreate tank/deep/b -o canmount=off after 1\nfull tank/b/y @d1:11 after 3",
			"create tank/deep -o canmount=off\ncreate tank/deep/a -o canmount=off after 1\ncreate tank/deep/b -o canmount=off after 2", "of a stranger"},
	})
}
