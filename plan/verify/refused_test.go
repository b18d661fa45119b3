package verify_test

import (
	"strings"
	"testing"
)

// What ZFS would refuse, or do otherwise than one thinks.
func TestTransfers(t *testing.T) {
	long := strings.Repeat("x", 240)
	judge(t, []rule{
		{"the source lacks it", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d2:2 @d9:9", "tank/a@d9 is not there"},
		{"another of that name", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d2:2 @d3:4", "is another snapshot"},
		{"a base that the source lacks", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d9:2 @d3:3", "tank/a@d9 is not there"},
		{"a base that is no more the newest", "", usual, "send tank/a @d2:2 @d3:3", "send tank/a @d1:1 @d3:3", "as its newest snapshot"},
		{"a base that is newer", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d2:2", "", "send tank/a @d2:2 @d1:1", "is not older"},
		{"a base under another name", "", "src tank/a @d1:1 @d2:2\ndst tank/a @old:1", "send tank/a @d1:1 @d2:2", "send tank/a @old:1 @d2:2", "tank/a@old is not there"},
		{"many from a bookmark", "", "src tank/a #m:1 @d2:2 @d3:3\ndst tank/a @d1:1", "send tank/a #m:1 @d2:2\nsend tank/a @d2:2 @d3:3 after 1", "send tank/a #m:1 @d3:3 -I", "only one snapshot"},
		{"a bookmark of another version", "", "src tank/a #m:1 @d2:2\ndst tank/a @d1:1", "send tank/a #m:1 @d2:2", "send tank/a #m:2 @d2:2", "does not have #m"},
		{"a replica that was written to", `{"onModified": "rollback"}`, "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 *", "rollback tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1", "send tank/a @d1:1 @d2:2", "was written to"},
		{"in full onto a history", "", usual, "send tank/a @d2:2 @d3:3", "full tank/a @d3:3", "has snapshots"},
		{"an increment onto nothing", "", "src tank/a @d1:1 @d2:2", "full tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1", "send tank/a @d1:1 @d2:2", "its newest snapshot"},
		{"no parent", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1", "create tank/deep -o canmount=off\nfull tank/a @d1:1 after 1", "full tank/a @d1:1", "its parent tank/deep does not exist"},
		{"a volume as parent", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndst tank/deep {type=volume}", "", "full tank/a @d1:1", "is a volume"},
		{"a name that is taken", "", "src tank/a @d1:1 @x:2 @d3:3\ndst tank/a @x:77 @d1:1", "send tank/a @d1:1 @d3:3", "send tank/a @d1:1 @d3:3 -I", "tank/a@x exists on the replica"},
		{"a name that is too long", `{"remotePool": "tank/much-longer-than-before"}`, "src tank/a @d1:1 @" + long + ":2\ndst tank/much-longer-than-before/a @d1:1", "", "send tank/a @d1:1 @" + long + ":2", "longer than ZFS allows"},
		{"no pool", "", "src tank/a @d1:1\ndstpool tank {missing}", "", "full tank/a @d1:1", "there is no pool tank"},
		{"a read-only pool", "", "src tank/a @d1:1\ndstpool tank {readonly=on}", "", "full tank/a @d1:1", "is read-only"},
		{"a suspended pool", "", "src tank/a @d1:1\ndstpool tank {health=SUSPENDED}", "", "full tank/a @d1:1", "is SUSPENDED"},
		{"what is not to be replicated", `{"snapshots": {"include": ["d*"]}}`, "src tank/a @d1:1 @x:2 @d3:3\ndst tank/a @d1:1", "send tank/a @d1:1 @d3:3", "send tank/a @d1:1 @d3:3 -I", "@x is not to be replicated"},
		{"a property of volumes", "", "src tank/a {type=volume} @d1:1", "full tank/a @d1:1 -o readonly=on", "full tank/a @d1:1 -o canmount=off", "canmount cannot be set on a volume"},
		{"properties that take effect", `{"send": {"properties": true}}`, usual, "send tank/a @d2:2 @d3:3 -p -o mountpoint=none -x canmount,sharenfs,sharesmb,zoned,quota,refquota,reservation,refreservation",
			"send tank/a @d2:2 @d3:3 -p -o mountpoint=none -x canmount,sharenfs,sharesmb,quota,refquota,reservation,refreservation", "zoned of the source would take effect"},
		{"a clone of something else", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c @d3:3\ndst tank/x @s:5\ndst tank/x/z @d1:1 @d3:3",
			"clone tank/x/a tank/x/z@d1:1 @d2:12", "clone tank/x/a tank/x/z@d3:3 @d2:12", "is no clone of tank/x/z@d3"},
		{"a clone without its origin", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c @d3:3\ndst tank/x @s:5\ndst tank/x/z @d3:3",
			"full tank/x/a @d2:12", "clone tank/x/a tank/x/z@d1:1 @d2:12", "not on both sides"},
		{"a clone onto something", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c\ndst tank/x @s:5\ndst tank/x/z @d1:1\ndst tank/x/a",
			"", "clone tank/x/a tank/x/z@d1:1 @d2:12", "tank/x/a exists"},
	})
}

// Only what holds nothing is replaced, and it is said.
func TestReplacing(t *testing.T) {
	const full, other = "full tank/a @d1:1 -F", "full tank/a @d1:1"
	judge(t, []rule{
		{"without a word", "", "src tank/a @d1:1\ndst tank/a", full, other, "tank/a exists"},
		{"what is not there", "", "src tank/a @d1:1", other, full, "is for a dataset that is there"},
		{"an unfinished one", "", "src tank/a @d1:1\ndst tank/a {inconsistent=1}", "", full, "holds an unfinished receive"},
		{"what is big", "", "src tank/a @d1:1\ndst tank/a {usedbydataset=900000}", "", full, "may hold something"},
		{"what is ours may be bigger", "", "src tank/a @d1:1\ndst tank/a {usedbydataset=300000 zfsrep:place=tank/a}", full, other, "exists"},
		{"but not so big", "", "src tank/a @d1:1\ndst tank/a {usedbydataset=900000 zfsrep:place=tank/a}", "", full, "may hold something"},
		{"nor mounted", "", "src tank/a @d1:1\ndst tank/a {zfsrep:place=tank/a mounted=yes}", "", full, "may hold something"},
		{"what inherits that from ours", "", "src tank/a @d1:1\ndst tank/a {usedbydataset=300000 zfsrep:place=tank}", "", full, "may hold something"},
		{"what has had snapshots", "", "src tank/a @d1:1\ndst tank/a #b:9", "", full, "may hold something"},
		{"what has no mountpoint", "", "src tank/a @d1:1\ndst tank/a {canmount=on}", full, other, "exists"},
		{"a volume by a volume", "", "src tank/a {type=volume} @d1:1\ndst tank/a {type=volume}", "", full, "may hold something"},
		{"what could be mounted", "", "src tank/a @d1:1\ndst tank/a {canmount=on mountpoint=/a mounted=yes}", "", full, "may hold something"},
		{"what is encrypted", "", "src tank/a @d1:1\ndst tank/a {encryption=aes-256-gcm}", "", full, "cannot replace that"},
		{"by what is encrypted", "", "src tank/a {encryption=aes-256-gcm} @d1:1\ndst tank/a", "", full + " -w", "cannot replace it by what is"},
		{"a volume", "", "src tank/a @d1:1\ndst tank/a {type=volume}", "", full, "is a volume, and the source is a filesystem"},
		{"a clone", "", "src tank/a @d1:1\ndst tank/a {origin=tank/b@x}", "", full, "is a clone"},
		{"above strangers", `{"datasets": [{"name": "tank/a", "exclude": ["tank/a/db"]}]}`, "src tank/a @d1:1\ndst tank/a\ndst tank/a/db {mounted=yes canmount=on}", "", full, "tank/a/db below it is none of ours"},
		{"above a way to places", `{"job1": {"datasets": [{"name": "tank/a", "recursive": false}]}, "job2": {"datasets": ["tank/x"], "remotePool": "tank/a/way/on"}}`, "src tank/a @d1:1\nsrc tank/x @d1:11\ndst tank/a\ndst tank/a/way\ndst tank/a/way/on",
			"job1: full tank/a @d1:1 -F", "job1: full tank/a @d1:1", "exists"},
		{"above what could be in use", `{"job1": {"datasets": [{"name": "tank/a", "recursive": false}]}, "job2": {"datasets": ["tank/x"], "remotePool": "tank/a/way/on"}}`, "src tank/a @d1:1\nsrc tank/x @d1:11\ndst tank/a\ndst tank/a/way {canmount=on}\ndst tank/a/way/on",
			"", "job1: full tank/a @d1:1 -F", "tank/a/way below it is none of ours"},
		{"above what sleeps", `{"datasets": [{"name": "tank/a", "exclude": ["tank/a/db"]}]}`, "src tank/a @d1:1\ndst tank/a\ndst tank/a/db {readonly=on}", full, other, "exists"},
		{"what the plan has made", `{"job1": {"datasets": ["tank/a/b"]}, "job2": {"datasets": [{"name": "tank/a", "recursive": false}]}}`, "src tank/a @d1:1\nsrc tank/a/b @d1:11",
			"job1: create tank/a -o canmount=off -o zfsrep:place=tank/a\njob1: full tank/a/b @d1:11 after 1\njob2: full tank/a @d1:1 -F after 1",
			"job1: create tank/a -o canmount=off\njob1: full tank/a/b @d1:11 after 1\njob2: full tank/a @d1:1 -F after 1", "may hold something"},
	})
}

func TestInterruptedTransfers(t *testing.T) {
	const state = "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1 token(to=@d2:2 from=1)"
	judge(t, []rule{
		{"a partial receive in the way", "", state, "resume tank/a @d1:1 @d2:2\nsend tank/a @d2:2 @d3:3 after 1", "send tank/a @d1:1 @d2:2", "a partial receive is in the way"},
		{"dropped first", "", state, "abort tank/a\nsend tank/a @d1:1 @d2:2 after 1", "abort tank/a\nabort tank/a after 1", "there is no interrupted receive"},
		{"another token", "", state, "resume tank/a @d1:1 @d2:2", "resume tank/a @d1:1 @d3:3", "is of something else"},
		{"another base", "", "src tank/a @d0:10 @d1:1 @d2:2\ndst tank/a @d0:10 @d1:1 token(to=@d2:2 from=1)", "resume tank/a @d1:1 @d2:2", "resume tank/a @d0:10 @d2:2", "is of something else"},
		{"nothing to resume", "", usual, "", "resume tank/a @d2:2 @d3:3", "nothing to resume"},
		{"a running one", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 token(to=@d2:2 from=1 busy=yes)", "", "resume tank/a @d1:1 @d2:2", "still running"},
		{"dropping a running one", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 token(to=@d2:2 from=1 busy=yes)", "", "abort tank/a", "still running"},
		{"a base that has been passed", "", "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1 @d2:2 token(to=@d3:3 from=1)", "abort tank/a\nsend tank/a @d2:2 @d3:3 after 1", "resume tank/a @d1:1 @d3:3", "its newest snapshot"},
		{"plain where it is to be raw", "", "src tank/a {encryption=aes-256-gcm} @d1:1 @d2:2\ndst tank/a {encryption=aes-256-gcm} @d1:1 token(to=@d2:2 from=1)",
			"abort tank/a", "resume tank/a @d1:1 @d2:2", "another raw mode"},
		{"rolling back over it", `{"onDiverged": "rollback"}`, "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 @mine:50 token(to=@d2:2 from=1)",
			"abort tank/a\nrollback tank/a @d1:1 destroys mine after 1", "rollback tank/a @d1:1 destroys mine", "a partial receive is in the way"},
		{"a first one", "", "src tank/a @d1:1 @d2:2\ndst tank/a token(to=@d1:1)", "resume tank/a @d1:1\nsend tank/a @d1:1 @d2:2 after 1", "full tank/a @d1:1", "a partial receive is in the way"},
		{"a first one is gone when it is dropped", "", "src tank/a @d1:1 @d2:2\ndst tank/a token(to=@d2:2)", "abort tank/a\nfull tank/a @d1:1 after 1", "abort tank/a\nfull tank/a @d1:1 -F after 1", "is for a dataset that is there"},
		{"what lies below goes with it", "", "src tank/a @d1:1\nsrc tank/a/b @d1:11\ndst tank/a token(to=@d9:9)\ndst tank/a/b @d1:11", "", "abort tank/a", "tank/a/b lies below it"},
		{"its base is a clone until then", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1!c @d2:2 token(to=@d9:9 from=1)", "abort tank/a\nprune target tank/a d1 after 1", "prune target tank/a d1", "has clones"},
	})
}

func TestKeys(t *testing.T) {
	const secret = "src tank/a {encryption=aes-256-gcm} @d1:1~5 #m:1 @d2:2~6\n"
	judge(t, []rule{
		{"raw is what the config says", "", secret + "dst tank/a {encryption=aes-256-gcm} @d1:1~5", "send tank/a @d1:1 @d2:2 -w", "send tank/a @d1:1 @d2:2", `as send.raw = "auto" says`},
		{"and plain too", `{"send": {"raw": "never"}}`, secret + "dst tank/a @d1:1", "send tank/a @d1:1 @d2:2", "send tank/a @d1:1 @d2:2 -w", `as send.raw = "never" says`},
		{"plain without the key", `{"send": {"raw": "never"}}`, "src tank/a {encryption=aes-256-gcm keystatus=unavailable} @d1:1", "", "full tank/a @d1:1", "the key of tank/a is not loaded"},
		{"into what is locked", "", "src tank/a @d1:1\ndst tank {encryption=aes-256-gcm keystatus=unavailable}", "", "full tank/a @d1:1", "the key of tank is not loaded"},
		{"raw into what is locked", "", secret + "dst tank {encryption=aes-256-gcm keystatus=unavailable}", "full tank/a @d1:1 -w", "full tank/a @d1:1", "send.raw"},
		{"raw onto plain", "", secret + "dst tank/a @d1:1", "", "send tank/a @d1:1 @d2:2 -w", "which is not encrypted"},
		{"another IV set", "", secret + "dst tank/a {encryption=aes-256-gcm} @d1:1~9", "", "send tank/a @d1:1 @d2:2 -w", "its IV sets differ"},
		{"raw from a bookmark without one", "", secret + "dst tank/a {encryption=aes-256-gcm} @d1:1~5", "send tank/a @d1:1 @d2:2 -w", "send tank/a #m:1 @d2:2 -w", "has no IV set"},
		{"a parent below what is locked", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndst tank {encryption=aes-256-gcm keystatus=unavailable}", "create tank/deep -o canmount=off -o encryption=off",
			"create tank/deep -o canmount=off", "the key of tank above it"},
	})
}

func TestOtherSteps(t *testing.T) {
	judge(t, []rule{
		{"creating what exists", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndst tank/deep", "full tank/a @d1:1", "create tank/deep -o canmount=off", "tank/deep exists"},
		{"creating twice", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1", "", "create tank/deep -o canmount=off\ncreate tank/deep -o canmount=off after 1", "tank/deep exists"},
		{"creating without a parent", `{"remotePool": "tank/x/y"}`, "src tank/a @d1:1", "create tank/x -o canmount=off\ncreate tank/x/y -o canmount=off after 1", "create tank/x/y -o canmount=off", "its parent tank/x does not exist"},
		{"creating what is mounted", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndst tank {mountpoint=/tank}", "create tank/deep -o mountpoint=none", "create tank/deep -o readonly=on", "it could be mounted"},
		{"what inherits no mountpoint", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1", "create tank/deep", "create tank/deep -o mountpoint=/deep", "it could be mounted"},
		{"a rollback to what is not there", `{"onModified": "rollback"}`, usual + " *", "rollback tank/a @d2:2", "rollback tank/a @d9:9", "tank/a@d9 is not there"},
		{"a rollback that does not list all", `{"onDiverged": "rollback"}`, usual + " @mine:50 @too:51", "rollback tank/a @d2:2 destroys mine,too", "rollback tank/a @d2:2 destroys too", "does not list: @mine"},
		{"a rollback that lists others", `{"onDiverged": "rollback"}`, usual + " @mine:50", "rollback tank/a @d2:2 destroys mine", "rollback tank/a @d2:2 destroys mine,d1", "not newer"},
		{"a rollback that hides a bookmark", `{"onDiverged": "rollback"}`, usual + " @mine:50 #b:50", "rollback tank/a @d2:2 destroys mine bookmarks b", "rollback tank/a @d2:2 destroys mine", "does not list: #b"},
		{"a rollback over a hold", `{"onDiverged": "rollback"}`, usual + " @mine:50!h", "", "rollback tank/a @d2:2 destroys mine", "@mine is held"},
		{"a rollback over a clone", `{"onDiverged": "rollback"}`, usual + " @mine:50!c", "", "rollback tank/a @d2:2 destroys mine", "@mine has clones"},
		{"a rollback that nobody allows", "", usual + " @mine:50", "", "rollback tank/a @d2:2 destroys mine", `onDiverged = "refuse"`},
		{"a rollback of what is writable", "", "src tank/a @d1:1\ndst tank/a {readonly=off} @d1:1 *", "", "rollback tank/a @d1:1", `onModified = "auto"`},
		{"a rollback of what is read-only", "", "src tank/a @d1:1\ndst tank/a @d1:1 *", "rollback tank/a @d1:1", "rollback tank/a @d1:1 destroys d1", "not newer"},
		{"a held snapshot", "", "src tank/a @d2:2\ndst tank/a @d1:1!h @d2:2", "", "prune target tank/a d1", "is held"},
		{"a cloned one", "", "src tank/a @d2:2\ndst tank/a @d1:1!c @d2:2", "", "prune target tank/a d1", "has clones"},
		{"one that the plan holds", "", usual, "hold target tank/a @d2 zfsrep\nprune target tank/a d1 after 1", "hold target tank/a @d1 zfsrep\nprune target tank/a d1 after 1", "is held"},
		{"somebody's hold", "", "src tank/a @d2:2\ndst tank/a @d1:1!h @d2:2", "release target tank/a @d1 zfsrep", "release target tank/a @d1 keep", "none of zfsrep's"},
		{"a hold that is not there", "", usual, "hold target tank/a @d1 zfsrep\nrelease target tank/a @d1 zfsrep after 1", "release target tank/a @d1 zfsrep", "is not held"},
		{"a destroy of what is not there", "", usual, "prune target tank/a d1", "prune target tank/a d9", "@d9 is not there"},
		{"a destroy twice", "", usual, "prune target tank/a d1", "prune target tank/a d1,d1", "twice"},
		{"a mark of what is not there", "", "src tank/a @d1:1\ndst tank/a @d1:1", "mark tank/a @d1 zfsrep_1", "mark tank/a @d9 zfsrep_1", "@d9 is not there"},
		{"a mark whose name is taken", "", "src tank/a @d1:1 #zfsrep_1:1\ndst tank/a @d1:1", "", "mark tank/a @d1 zfsrep_1", "#zfsrep_1 exists"},
		{"a mark that is not there", "", usual, "", "unmark tank/a zfsrep_1", "#zfsrep_1 is not there"},
		{"the origin of a clone that the plan makes", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c @d3:3\ndst tank/x @s:5\ndst tank/x/z @d1:1 @d3:3",
			"clone tank/x/a tank/x/z@d1:1 @d2:12", "clone tank/x/a tank/x/z@d1:1 @d2:12\nprune target tank/x/z d1", "has clones"},
		{"a renaming onto something", "", "src tank/a @d1:1\ndst tank/a @x:9\ndst tank/b @d1:1", "rename tank/a tank/a.old\nrename tank/b tank/a after 1", "rename tank/b tank/a", "tank/a exists"},
		{"a renaming into nowhere", `{"datasets": ["tank/n/a"]}`, "src tank/n/a @d1:1\ndst tank/b @d1:1", "create tank/n -o canmount=off\nrename tank/b tank/n/a after 1", "rename tank/b tank/n/a", "its parent tank/n does not exist"},
		{"a renaming of strangers", "", "src tank/a @d1:1\ndst tank/b @d1:1\ndst tank/b/db {mounted=yes}", "", "rename tank/b tank/a", "tank/b/db would be renamed"},
		{"a renaming away", "", "src tank/a @d1:1\ndst tank/a @d1:1", "", "rename tank/a tank/a.old", "has versions in common"},
		{"a volume is renamed without -u", "", "src tank/a {type=volume} @d1:1\ndst tank/b {type=volume} @d1:1", "rename tank/b tank/a volume", "rename tank/b tank/a", "for filesystems only"},
		{"properties above strangers", `{"datasets": [{"name": "tank/a", "recursive": false}]}`, usual + "\ndst tank/a/db {mounted=yes canmount=on}", "send tank/a @d2:2 @d3:3 -o readonly=on", "set tank/a readonly=on", "tank/a/db below it"},
		{"a property that the config does not want", `{"receive": {"properties": {"compression": "zstd"}}}`, usual, "set tank/a compression=zstd", "set tank/a compression=lz4", "compression=lz4 is not what job default wants"},
		{"a property of something else", "", usual, "set tank/a readonly=on", "set tank/a canmount=off", "is not what job default wants"},
		{"a replica that somebody made writable", "", "src tank/a @d1:1\ndst tank/a {readonly=off local=readonly} @d1:1", "", "set tank/a readonly=on", "may be in use since a failover"},
		{"one that nobody knows of", "", "src tank/a @d1:1\ndst tank/a {readonly=off} @d1:1", "", "set tank/a readonly=on", "may be in use since a failover"},
		{"a property of what is in use", `{"receive": {"properties": {"compression": "zstd"}}}`, "src tank/a @d1:1\ndst tank/a {readonly=off local=} @d1:1", "set tank/a readonly=on\nset tank/a compression=zstd after 1",
			"set tank/a readonly=on\nset tank/a compression=zstd", "must wait for action 1"},
		{"a property of an empty place", "", "src tank/a @d1:1\ndst tank/a", "", "set tank/a readonly=on", "holds no replica yet"},
		{"and with a transfer", `{"datasets": [{"name": "tank/a", "recursive": false}]}`, usual + "\ndst tank/a/db {mounted=yes canmount=on}", "", "send tank/a @d2:2 @d3:3 -o readonly=off", "tank/a/db below it"},
		{"a rollback above strangers", `{"datasets": [{"name": "tank/a", "recursive": false}]}`, "src tank/a @d1:1\ndst tank/a @d1:1 *\ndst tank/a/db {mounted=yes canmount=on}", "", "rollback tank/a @d1:1", "tank/a/db below it"},
	})
}

// What is not there, or cannot be changed, is noticed by every kind of step.
func TestWorkingOnNothing(t *testing.T) {
	const gone, readonly = "src tank/a @d1:1 #m:1 @d2:2", usual + "\nsrcpool tank {readonly=on}\ndstpool tank {readonly=on}"
	deep := "tank" + strings.Repeat("/x", 48)
	judge(t, []rule{
		{"dropping a receive", "", gone, "", "abort tank/a", "tank/a does not exist"},
		{"dropping it in a read-only pool", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 token(to=@d2:2 from=1)\ndstpool tank {readonly=on}", "", "abort tank/a", "is read-only"},
		{"rolling back", "", gone, "", "rollback tank/a @d1:1", "tank/a does not exist"},
		{"rolling back in a read-only pool", `{"onModified": "rollback"}`, readonly + "\ndst tank/a @d1:1 @d2:2 *", "", "rollback tank/a @d2:2", "is read-only"},
		{"rolling back to nothing", "", usual, "", "rollback tank/a #m:1", "is not the name of a snapshot"},
		{"setting a property", "", gone, "", "set tank/a readonly=on", "tank/a does not exist"},
		{"setting it in a read-only pool", "", readonly, "", "set tank/a readonly=on", "is read-only"},
		{"setting what a volume does not have", "", "src tank/a {type=volume} @d1:1\ndst tank/a {type=volume} @d1:1", "set tank/a readonly=on", "set tank/a canmount=off", "cannot be set on a volume"},
		{"holding", "", gone, "", "hold target tank/a @d1 zfsrep", "tank/a does not exist"},
		{"holding what is not there", "", usual, "", "hold target tank/a @d9 zfsrep", "@d9 is not there"},
		{"holding in a read-only pool", "", readonly, "", "hold target tank/a @d1 zfsrep", "is read-only"},
		{"pruning", "", gone, "", "prune target tank/a d1", "tank/a does not exist"},
		{"pruning in a read-only pool", "", readonly, "", "prune source tank/a d1", "is read-only"},
		{"marking", "", "dst tank/a @d1:1", "", "mark tank/a @d1 zfsrep_1", "tank/a does not exist"},
		{"marking in a read-only pool", "", readonly, "", "mark tank/a @d1 zfsrep_1", "is read-only"},
		{"marking in a pool that cannot", "", usual + "\nsrcpool tank {features=encryption}", "", "mark tank/a @d1 zfsrep_1", "has no bookmarks"},
		{"marking what has too long a name", `{"datasets": ["tank/` + strings.Repeat("x", 240) + `"]}`, "src tank/" + strings.Repeat("x", 240) + " @d1:1", "", "mark tank/" + strings.Repeat("x", 240) + " @d1 zfsrep_1_first", "longer than ZFS allows"},
		{"removing marks", "", "dst tank/a @d1:1", "", "unmark tank/a zfsrep_1", "tank/a does not exist"},
		{"removing them in a read-only pool", "", readonly + "\nsrc tank/a @d1:1 #zfsrep_1:1 @d2:2", "", "unmark tank/a zfsrep_1", "is read-only"},
		{"creating in a read-only pool", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndstpool tank {readonly=on}", "", "create tank/deep -o canmount=off", "is read-only"},
		{"receiving too deep", `{"remotePool": "` + deep + `"}`, first + "\ndst " + deep, "full tank/a @d1:1", "full tank/a @d1:1\nfull tank/a/b @d1:11 after 1", "longer than ZFS allows"},
		{"receiving the root of a pool that is not there", `{"datasets": ["tank"], "remotePool": "box"}`, "src tank @d1:1", "", "full tank @d1:1", "there is no pool box"},
		{"renaming", "", gone, "", "rename tank/b tank/a", "tank/b does not exist"},
		{"renaming a pool", `{"datasets": ["tank"], "remotePool": "box"}`, "src tank @d1:1\ndst box @x:9", "", "rename box tank/x", "a pool's root keeps its name"},
		{"renaming into itself", "", "src tank/a @d1:1\ndst tank/a @x:9", "", "rename tank/a tank/a/b", "would lie in itself"},
		{"renaming to what is no name", "", "src tank/a @d1:1\ndst tank/a @x:9", "rename tank/a tank/a.old", "rename tank/a tank/a//b", "is no name"},
		{"renaming in a read-only pool", "", "src tank/a @d1:1\ndst tank/b @d1:1\ndstpool tank {readonly=on}", "", "rename tank/b tank/a", "is read-only"},
		{"renaming what is being received", "", "src tank/a @d1:1\ndst tank/b @d1:1 token(to=@d2:2 from=1 busy=yes)", "", "rename tank/b tank/a", "still running"},
		{"a bookmark that is newer", "", "src tank/a @d1:1 @d2:2 #m:2 @d3:3\ndst tank/a @d2:2", "send tank/a #m:2 @d3:3", "send tank/a #m:2 @d1:1", "is not older"},
		{"an origin that is gone", `{"datasets": ["tank/x"]}`, "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d3:3\ndst tank/x @s:5\ndst tank/x/z @d1:1", "", "clone tank/x/a tank/x/z@d1:1 @d2:12", "tank/x/z@d1 is not there"},
		{"a replication takes no snapshots", "", usual, "", "default: take x tank/a", "takes no snapshots"},
	})
}

// A first transfer of a clone that was interrupted goes on onto its origin, or is dropped.
func TestInterruptedClone(t *testing.T) {
	const state = "src tank/x @s:5\nsrc tank/x/a {origin=tank/x/z@d1} @d2:12\nsrc tank/x/z @d1:1!c @d3:3\ndst tank/x @s:5\ndst tank/x/z @d1:1!c @d3:3\ndst tank/x/a {origin=tank/x/z@d1} token(ds=tank/x/a to=@d2:12 from=1)"
	judge(t, []rule{
		{"it goes on", `{"datasets": ["tank/x"]}`, state, "resume tank/x/a @d2:12", "resume tank/x/a @d2:12\nprune target tank/x/z d1", "has clones"},
		{"it is dropped", `{"datasets": ["tank/x"]}`, state, "abort tank/x/a\nclone tank/x/a tank/x/z@d1:1 @d2:12 after 1", "abort tank/x/a\nfull tank/x/a @d2:12", "on the same replica"},
		{"and its origin is free then", `{"datasets": ["tank/x"]}`, state, "abort tank/x/a\nfull tank/x/a @d2:12 after 1\nprune target tank/x/z d1", "prune target tank/x/z d1", "has clones"},
	})
}
