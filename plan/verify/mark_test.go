package verify_test

import (
	"fmt"
	"hash/fnv"
	"testing"
)

// hashOf is the hash in the names of marks, written down from its definition once more.
func hashOf(text string) string {
	h := fnv.New32a()
	fmt.Fprint(h, text)
	return fmt.Sprintf("%08x", h.Sum32())
}

// A plan leaves true marks, and removes its own only.
func TestMarks(t *testing.T) {
	a, old1, old2 := hashOf("a"), hashOf("one.test:22/tank/a"), hashOf("two.test:22/tank/a")
	own, other := "zfsrep_1_7_"+a, "zfsrep_1_8_"+a
	const pool = "\ndstpool tank {guid=7}"
	both := "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 @d2:2"
	with := func(mark string) string {
		return "src tank/a @d1:1 #" + mark + ":1 @d2:2\ndst tank/a @d1:1 @d2:2" + pool
	}
	judge(t, []rule{
		{"of its pool", "", both + pool, "mark tank/a @d1 " + own, "mark tank/a @d1 " + other, "another replica"},
		{"of its place", "", both + pool, "mark tank/a @d1 " + own, "mark tank/a @d1 zfsrep_1_7_" + hashOf("b"), "another replica"},
		{"of its version", "", both + pool, "mark tank/a @d1 " + own, "mark tank/a @d2 " + own, "no name that zfsrep gives"},
		{"and no other bookmark", "", both + pool, "", "mark tank/a @d1 mine", "no name that zfsrep gives"},
		{"not as of old", "", both + pool, "", "mark tank/a @d1 zfsrep_1", "another replica"},
		{"but where the pool is not known", "", both, "mark tank/a @d1 zfsrep_1\nmark tank/a @d2 zfsrep_2_" + hashOf("box.test:22/tank/a"), "mark tank/a @d1 zfsrep_1_" + a, "another replica"},
		{"of what has arrived", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1" + pool, "mark tank/a @d1 " + own, "mark tank/a @d2 zfsrep_2_7_" + a, "which it does not"},
		{"or is about to be sent first", "", "src tank/a @d1:1 @d2:2" + pool, "mark tank/a @d1 " + own + "_first\nfull tank/a @d1:1 after 1", "mark tank/a @d1 " + own, "which it does not"},
		{"in the root of a pool", `{"datasets": ["tank"], "remotePool": "box"}`, "src tank @d1:1\ndst box @d1:1\ndstpool box {guid=7}", "mark tank @d1 zfsrep_1_7_" + hashOf(""), "mark tank @d1 zfsrep_1_7_" + hashOf("box"), "another replica"},
		{"removes its own", "", with(own), "unmark tank/a " + own, "unmark tank/a " + own + "," + own, "twice"},
		{"also of what was to be sent first", "", "src tank/a @d1:1 #" + own + "_first:1 @d2:2" + pool, "full tank/a @d1:1\nunmark tank/a " + own + "_first after 1", "unmark tank/a " + own + "_first", "keeps what has yet to arrive"},
		{"not those of another disk", "", with(other), "", "unmark tank/a " + other, "another replica"},
		{"not those of another place", "", with("zfsrep_1_7_" + hashOf("b")), "", "unmark tank/a zfsrep_1_7_" + hashOf("b"), "another replica"},
		{"not those of people", "", with("mine"), "", "unmark tank/a mine", "not left by zfsrep"},
		{"nor what is called like one", "", with("zfsrep_9"), "", "unmark tank/a zfsrep_9", "not left by zfsrep"},
		{"of old ones what has arrived", "", "src tank/a #zfsrep_9:9 #zfsrep_1:1 @d1:1 @d2:2\ndst tank/a @d1:1 @d2:2" + pool, "unmark tank/a zfsrep_1", "unmark tank/a zfsrep_9", "does not have"},
		{"of old ones its own", twoTargets, "src tank/a @d1:1 #zfsrep_1_" + old1 + ":1 #zfsrep_1_" + old2 + ":1 @d2:2\ndst tank/a @d1:1 @d2:2" + pool,
			"job1: unmark tank/a zfsrep_1_" + old1, "job1: unmark tank/a zfsrep_1_" + old2, "another replica"},
		{"the last ones of one version", twoTargets, "src tank/a #zfsrep_1_" + old1 + ":1 #zfsrep_1_" + old2 + ":1 @d2:2\ndst tank/a @d1:1",
			"job1: send tank/a #zfsrep_1_" + old1 + ":1 @d2:2\njob1: unmark tank/a zfsrep_1_" + old1 + " after 1\njob2: send tank/a #zfsrep_1_" + old2 + ":1 @d2:2\njob2: unmark tank/a zfsrep_1_" + old2 + " after 3",
			"job1: unmark tank/a zfsrep_1_" + old1 + "\njob2: unmark tank/a zfsrep_1_" + old2, "the newest version they have in common"},
		{"of the oldest what nobody needs", twoTargets, "src tank/a @d1:1 #zfsrep_1:1 @d2:2\njob1 dst tank/a @d1:1 @d2:2\njob2 dst tank/a @d1:1 @d2:2" + pool, "job1: unmark tank/a zfsrep_1", "", ""},
		{"of the oldest what another may need", twoTargets, "src tank/a @d1:1 #zfsrep_1:1 @d2:2\njob1 dst tank/a @d1:1 @d2:2\njob2 dstpool tank {missing}", "", "job1: unmark tank/a zfsrep_1", "may be what tank/a of job job2 starts from"},
		{"unless that has its own", twoTargets, "src tank/a @d1:1 #zfsrep_1:1 #zfsrep_1_" + old2 + ":1 @d2:2\njob1 dst tank/a @d1:1 @d2:2\njob2 dstpool tank {missing}", "job1: unmark tank/a zfsrep_1", "", ""},
	})
}

// What a replica needs that nobody looks at is known by its marks.
func TestClaims(t *testing.T) {
	a := hashOf("a")
	away := "src tank/a @d1:1 @d2:2 #zfsrep_2_8_" + a + ":2 @d3:3 @d4:4\ndst tank/a @d1:1 @d2:2 @d3:3 @d4:4\ndstpool tank {guid=7}"
	missing := "\njob1 dst tank/a @d1:1 @d2:2 @d3:3 @d4:4\njob2 dstpool tank {missing}"
	judge(t, []rule{
		{"the other disk", "", away, "prune source tank/a d1,d2", "prune source tank/a d3", "the pool with the GUID 8"},
		{"of a job whose pool is away", twoTargets, "src tank/a @d1:1 @d2:2 #zfsrep_2_" + hashOf("two.test:22/tank/a") + ":2 @d3:3 @d4:4" + missing, "job1: prune source tank/a d1,d2", "job1: prune source tank/a d3", "tank/a of job job2"},
		{"that has left no mark", twoTargets, "src tank/a @d1:1 @d2:2 @d3:3 @d4:4" + missing, "job1: prune target tank/a d1", "job1: prune source tank/a d1", "tank/a of job job2"},
		{"a first transfer that goes on for nights", "", "src tank/a @d1:1 @d2:2 #zfsrep_2_8_" + a + "_first:2 @d3:3\ndst tank/a @d1:1 @d2:2 @d3:3\ndstpool tank {guid=7}", "prune source tank/a d1", "prune source tank/a d2", "the pool with the GUID 8"},
		{"what no job wants there", `{"snapshots": {"include": ["d*"]}}`, "src tank/a @d1:1 #zfsrep_1_8_" + a + ":1 @x:2 @d3:3\ndst tank/a @d1:1 @d3:3\ndstpool tank {guid=7}", "prune source tank/a x", "prune source tank/a d3", "the pool with the GUID 8"},
		{"what its mark cannot replace", "", "src tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 #zfsrep_2_8_" + a + ":2 @d3:3~7\ndst tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 @d3:3~7\ndstpool tank {guid=7}", "prune source tank/a d1", "prune source tank/a d2", "no raw stream can start from its mark"},
		{"what it can", "", "src tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 #zfsrep_2_8_" + a + ":2~6 @d3:3~7\ndst tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 @d3:3~7\ndstpool tank {guid=7}", "prune source tank/a d1,d2", "", ""},
		{"of another config", "", "src tank/a @d1:1 @d2:2 #zfsrep_1_8_00000000:1\ndst tank/a @d1:1 @d2:2\ndstpool tank {guid=7}", "prune source tank/a d1", "prune source tank/a d1,d2", "the pool with the GUID 8"},
	})
}
