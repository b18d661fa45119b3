package verify_test

import (
	"testing"

	"github.com/zfsrep/zfsrep/plan/plantest"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// What an orphan needs: a job that prunes its target, and more snapshots than always stay.
const (
	nine     = "@d1:1 @d2:2 @d3:3 @d4:4 @d5:5 @d6:6 @d7:7 @d8:8 @d9:9"
	orphans  = `{"datasets": ["tank"], "remotePool": "box", "retention": {"target": {"match": ["*"], "last": 1}}}`
	excluded = `{"datasets": [{"name": "tank/a", "exclude": ["tank/a/x"]}], "retention": {"target": {"match": ["*"], "last": 1}}}`
)

// Whatever is destroyed, the newest version that a pair has in common stays on both sides, and what has yet to be sent
// stays until it has arrived.
func TestNothingIsLost(t *testing.T) {
	judge(t, []rule{
		{"the base on the target", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 @d2:2 @x:50", "prune target tank/a d1", "prune target tank/a d2", "the newest version they have in common"},
		{"the base on the source", "", "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1 @d2:2", "prune source tank/a d1", "prune source tank/a d2", "the newest version they have in common"},
		{"the base has a bookmark", "", "src tank/a @d1:1 @d2:2 #m:2 @d3:3\ndst tank/a @d1:1 @d2:2", "prune source tank/a d1,d2", "prune source tank/a d3", "@d3 has yet to arrive"},
		{"the base gets a bookmark", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 @d2:2", "mark tank/a @d2 zfsrep_2\nprune source tank/a d1,d2 after 1", "mark tank/a @d2 zfsrep_2\nprune source tank/a d1,d2", "the newest version they have in common"},
		{"the base is a bookmark", "", "src tank/a #zfsrep_1:1 @d2:2\ndst tank/a @d1:1", "send tank/a #zfsrep_1:1 @d2:2\nunmark tank/a zfsrep_1 after 1", "unmark tank/a zfsrep_1", "the newest version they have in common"},
		{"a bookmark that serves nobody", "", "src tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 #m:2\ndst tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6", "prune source tank/a d1", "prune source tank/a d1,d2", "the newest version they have in common"},
		{"one that serves", "", "src tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6 #m:2~6\ndst tank/a {encryption=aes-256-gcm} @d1:1~5 @d2:2~6", "prune source tank/a d1,d2", "prune source tank/a d1,d2\nunmark tank/a m after 1", "was not left by zfsrep"},
		{"what has yet to be sent", "", usual, "send tank/a @d2:2 @d3:3\nprune source tank/a d1,d2 after 1", "prune source tank/a d3", "@d3 has yet to arrive"},
		{"what is not wanted", `{"snapshots": {"include": ["d*"]}}`, usual + "\nsrc tank/a @d1:1 @d2:2 @x:3 @d4:4", "prune source tank/a x", "prune source tank/a d4", "@d4 has yet to arrive"},
		{"what nobody has yet", "", "src tank/a @d1:1 @d2:2", "full tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1\nprune source tank/a d1 after 2", "prune source tank/a d1", "nothing in common yet"},
		{"another job's base", twoTargets, "src tank/a @d1:1 @d2:2 @d3:3\njob1 dst tank/a @d1:1 @d2:2 @d3:3\njob2 dst tank/a @d1:1", "", "job1: prune source tank/a d1", "the newest version they have in common"},
		{"what another job has yet to send", twoTargets, "src tank/a @d1:1 @d2:2 @d3:3\njob1 dst tank/a @d1:1 @d2:2 @d3:3\njob2 dst tank/a @d1:1",
			"job2: send tank/a @d1:1 @d3:3 -I\njob1: prune source tank/a d1,d2 after 1", "job1: prune source tank/a d2", "@d2 has yet to arrive in tank/a of job job2"},
		{"an orphan's newest seven", orphans, "src tank\ndst box/gone " + nine, "prune target box/gone d1,d2", "prune target box/gone d1,d3", "@d3 is one of the newest 7 of an orphan"},
		{"an orphan without a policy", `{"datasets": ["tank"], "remotePool": "box", "retention": {"target": null}}`, "src tank\ndst box/gone " + nine, "", "prune target box/gone d1", "no job has a retention"},
		{"an orphan that is in use", excluded, "src tank/a @d1:1\ndst tank/a @d1:1\ndst tank/a/x {readonly=off mounted=yes} " + nine, "", "prune target tank/a/x d1", "does not belong"},
		{"what only looks like one", `{"job1": {"datasets": [{"name": "tank/a", "exclude": ["tank/a/x"]}]}, "job2": {"datasets": ["tank/b"], "remotePool": "tank/a/x"}}`,
			"src tank/a @d1:1\nsrc tank/b @d1:1 @d2:2\ndst tank/a @d1:1\ndst tank/a/x\ndst tank/a/x/b " + nine, "job2: prune target tank/a/x/b d1", "job1: prune target tank/a/x/b d1", "does not belong"},
		{"a place that could be another job's", `{"job1": {"datasets": ["tank"], "remotePool": "box", "retention": {"target": {"match": ["x*"], "last": 1}}}, "job2": {"datasets": ["tank/b"], "remotePool": "box/in", "retention": {"target": {"match": ["*"], "last": 1}}}}`,
			"src tank @d1:1\nsrc tank/b @d1:1 @d2:2\ndst box @d1:1\ndst box/in\ndst box/in/b " + nine, "job2: prune target box/in/b d1", "job1: prune target box/in/b d1", "does not belong"},
		{"a place inside another one's", `{"datasets": [{"name": "tank/a", "exclude": ["tank/a/new"]}, {"name": "tank/a/new", "target": "tank/a/was"}], "retention": {"target": {"match": ["*"], "last": 1}}}`,
			"src tank/a @d1:1\nsrc tank/a/new " + nine + "\ndst tank/a @d1:1\ndst tank/a/was " + nine, "prune target tank/a/was d7", "prune target tank/a/was d9", "is the newest snapshot"},
		{"what no policy is about", `{"retention": {"target": {"match": ["d*"], "last": 1}}}`, "src tank/a @d1:1 @x:2 @d3:3\ndst tank/a @d1:1 @x:2 @d3:3", "prune target tank/a d1", "prune target tank/a x", "none of those that retention is about"},
		{"where there is no policy", `{"retention": {"target": {"match": ["d*"], "last": 1}}}`, "src tank/a @d1:1 @d3:3\ndst tank/a @d1:1 @d3:3", "prune target tank/a d1", "prune source tank/a d1", "no job has a retention"},
		{"an excluded orphan", excluded, "src tank/a @d1:1\nsrc tank/a/x @d9:9\ndst tank/a @d1:1\ndst tank/a/x " + nine + "\ndst tank/b " + nine, "prune target tank/a/x d1", "prune target tank/b d1", "does not belong"},
		{"an excluded orphan's newest seven", excluded, "src tank/a @d1:1\nsrc tank/a/x @d9:9\ndst tank/a @d1:1\ndst tank/a/x " + nine, "prune target tank/a/x d2", "rollback tank/a/x @d1:1 destroys d2,d3,d4,d5,d6,d7,d8,d9", "does not belong"},
		{"a chain's base, by the first", chain, "src backup/a {readonly=on mounted=no} @d1:1 @d2:2\nsrc tank/a @d1:1 @d2:2 @d3:3\njob1 dst backup/a @d1:1 @d2:2\njob2 dst tank/a @d1:1",
			"job1: send tank/a @d2:2 @d3:3\njob2: send backup/a @d1:1 @d2:2\njob1: prune target backup/a d1 after 1 2", "job1: send tank/a @d2:2 @d3:3\njob1: prune target backup/a d1 after 1", "the newest version they have in common"},
		{"what a chain has yet to send on", chain, "src backup/a {readonly=on mounted=no} @d1:1 @d2:2\nsrc tank/a @d1:1 @d2:2 @d3:3\njob1 dst backup/a @d1:1 @d2:2\njob2 dst tank/a @d1:1",
			"", "job1: send tank/a @d2:2 @d3:3\njob1: prune target backup/a d2 after 1", "@d2 has yet to arrive in tank/a of job job2"},
		{"a chain's base, by the second", chain, "src backup/a {readonly=on mounted=no} @d1:1 @d2:2\nsrc tank/a @d1:1 @d3:3\njob1 dst backup/a @d1:1 @d2:2\njob2 dst tank/a @d1:1 @d2:2",
			"", "job2: prune source backup/a d1", "tank/a and backup/a of job job1 would lose"},
		{"what comes and is there already", chain, "src backup/a {readonly=on mounted=no} @d1:1\nsrc tank/a @d1:1 @d2:2 @d3:3\njob1 dst backup/a @d1:1\njob2 dst tank/a @d1:1 @d2:2",
			"job1: send tank/a @d1:1 @d3:3 -I\njob1: prune target backup/a d1 after 1", "job1: send tank/a @d1:1 @d3:3 -I\njob1: prune target backup/a d2 after 1", "the newest version they have in common"},
		{"a rollback that cuts off", `{"onDiverged": "rollback"}`, "src tank/a @d2:2\ndst tank/a @d1:1 @d2:2 @x:50", "rollback tank/a @d2:2 destroys x", "rollback tank/a @d1:1 destroys d2,x", "the newest version they have in common"},
		{"a rollback over marks of a disk that is away", `{"job1": {"remoteHost": null, "remotePool": "backup", "onDiverged": "rollback"}, "job2": {"datasets": ["backup/a"]}}`,
			"src backup/a {readonly=on mounted=no} @d1:1 @x:50 #zfsrep_50_7_e40c292c:50\nsrc tank/a @d1:1 @d2:2\njob1 dst backup/a @d1:1 @x:50 #zfsrep_50_7_e40c292c:50\njob2 dstpool tank {missing}",
			"", "job1: rollback backup/a @d1:1 destroys x bookmarks zfsrep_50_7_e40c292c", "may be what tank/a of job job2 starts from"},
		{"a rollback in a chain", `{"job1": {"remoteHost": null, "remotePool": "backup", "onDiverged": "rollback"}, "job2": {"datasets": ["backup/a"]}}`,
			"src backup/a {readonly=on mounted=no} @d1:1 @x:50 @y:51\nsrc tank/a @d1:1 @d2:2\njob1 dst backup/a @d1:1 @x:50 @y:51\njob2 dst tank/a @d1:1 @x:50",
			"", "job1: rollback backup/a @d1:1 destroys x,y", "the newest version they have in common"},
	})
}

// A conflict is a person's; a limit is the config's.
func TestConflictsAndLimits(t *testing.T) {
	limit := `{"datasets": ["tank/a", "tank/b"], "limits": {"destroy": 2}, "onDiverged": "rollback"}`
	judge(t, []rule{
		{"a conflict is not sent to", "", usual, "mark tank/a @d2 zfsrep_2\nconflict tank/a target-diverged", "send tank/a @d2:2 @d3:3\nconflict tank/a target-diverged", "has the conflict target-diverged"},
		{"nor pruned", "", usual, "prune target tank/a d1", "prune target tank/a d1\nconflict tank/a target-diverged", "has the conflict"},
		{"nor on the source", "", usual, "prune source tank/a d1", "prune source tank/a d1\nconflict tank/a target-diverged", "has the conflict"},
		{"nor loses its marks", "", "src tank/a @d1:1 #zfsrep_1:1 @d2:2\ndst tank/a @d1:1 @d2:2", "unmark tank/a zfsrep_1", "unmark tank/a zfsrep_1\nconflict tank/a blocked", "has the conflict"},
		{"a conflict of another dataset", `{"datasets": ["tank/a", "tank/b"]}`, usual + "\nsrc tank/b @d1:11", "send tank/a @d2:2 @d3:3\nconflict tank/b blocked", "full tank/b @d1:11\nconflict tank/b blocked", "has the conflict"},
		{"a limit lets transfers go on", "", usual, "send tank/a @d2:2 @d3:3\nconflict tank/a destroy-limit", "prune target tank/a d1\nconflict tank/a destroy-limit", "has passed limits.destroy"},
		{"of the whole job", `{"datasets": ["tank/a", "tank/b"]}`, usual + "\nsrc tank/b @d1:11 @d2:12\ndst tank/b @d1:11 @d2:12", "prune target tank/b d1", "prune target tank/b d1\nconflict tank/a destroy-limit", "has passed limits.destroy"},
		{"too many", limit, "src tank/a @d1:1 @d2:2 @d3:3\nsrc tank/b @d1:11\ndst tank/a @d1:1 @d2:2 @d3:3\ndst tank/b @d1:11 @x:50", "prune target tank/a d1,d2", "prune target tank/a d1,d2\nrollback tank/b @d1:11 destroys x", "limits.destroy allows 2"},
	})
}

func TestExpectations(t *testing.T) {
	const send = "send tank/a @d2:2 @d3:3 expect "
	judge(t, []rule{
		{"a snapshot", "", usual, send + "source tank/a@d3 guid=3", send + "source tank/a@d3 guid=4", "is another snapshot"},
		{"one that is not there", "", usual, send + "target tank/a@d3 absent", send + "target tank/a@d3 guid=3", "is gone"},
		{"one that is there", "", usual, send + "target tank/a@x absent", send + "target tank/a@d1 absent", "exists on"},
		{"a bookmark", "", usual + "\nsrc tank/a @d1:1 #m:1 @d2:2 @d3:3", send + "source tank/a#m guid=1", send + "source tank/a#m absent", "exists on"},
		{"a dataset", "", usual + "\ndst tank/a {guid=77} @d1:1 @d2:2", send + "target tank/a guid=77", send + "target tank/a guid=78", "is another dataset"},
		{"a hold", "", usual + "\ndst tank/a @d1:1!h @d2:2", send + "target tank/a@d1 userrefs=1", send + "target tank/a@d1 userrefs=0", "is held"},
		{"writes", "", usual, send + "target tank/a written=0", send + "target tank/a written=5", "was written to"},
		{"a token", "", usual, send + "target tank/a receive_resume_token=-", send + "target tank/a receive_resume_token=1-2-c0ffee", "is gone"},
		{"as things are by then", "", usual, send + "target tank/a@d3 absent\nprune target tank/a d1 after 1 expect target tank/a@d3 guid=3", send + "target tank/a@d3 absent\nprune target tank/a d1 after 1 expect target tank/a@d3 absent", "exists on"},
	})
	cfg := plantest.Config(t, "")
	p := planOf(t, cfg, "full tank/a @d1:1\nset tank/a readonly=on after 1 expect target tank/a guid=5; expect target tank/a written=3")
	if found := verify.Plan(cfg, plantest.Inventory(t, cfg, "src tank/a @d1:1"), p); found != nil {
		t.Errorf("what is not known yet is no contradiction: %+v", found)
	}
}
