package verify_test

import (
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan/plantest"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// What has changed since a plan was made is said in a few words, if it is in the plan's way, and only then.
func TestStale(t *testing.T) {
	const (
		night = "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1"
		send  = "send tank/a @d1:1 @d2:2"
	)
	for _, c := range []struct{ name, config, before, plan, after, want string }{
		{"nothing", "", night, send, night, ""},
		{"a snapshot more here", "", night, send, "src tank/a @d1:1 @d2:2 @d3:3\ndst tank/a @d1:1", ""},
		{"a snapshot more there", "", night, send, night + " @x:50", "tank/a got @x on box@box.test"},
		{"it was sent already", "", night, send, night + " @d2:2", "tank/a got @d2 on box@box.test"},
		{"the base is gone there", "", night, send, "src tank/a @d1:1 @d2:2\ndst tank/a @d0:5", "tank/a@d1 is gone from box@box.test"},
		{"the replica is gone", "", night, send, "src tank/a @d1:1 @d2:2", "tank/a@d1 is gone from box@box.test"},
		{"the base is gone here", "", night, send, "src tank/a @d2:2\ndst tank/a @d1:1", "tank/a@d1 is gone from this machine"},
		{"the end is gone", "", night, send, "src tank/a @d1:1\ndst tank/a @d1:1", "tank/a@d2 is gone from this machine"},
		{"the end is another", "", night, send, "src tank/a @d1:1 @d2:3\ndst tank/a @d1:1", "tank/a@d2 is another snapshot on this machine"},
		{"the source is gone", "", night, send, "dst tank/a @d1:1", "tank/a is gone from this machine"},
		{"it was written to", "", night, send, night + " *", "tank/a was written to on box@box.test"},
		{"a transfer was interrupted", "", night, send, night + " token(to=@d2:2 from=1)", "a transfer into tank/a was interrupted on box@box.test"},
		{"it has been finished", "", night + " token(to=@d2:2 from=1)", "resume tank/a @d1:1 @d2:2", night + " @d2:2", "the interrupted transfer into tank/a is gone from box@box.test"},
		{"it is another one", "", night + " token(to=@d2:2 from=1)", "resume tank/a @d1:1 @d2:2", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 token(to=@d3:3 from=1)", "the interrupted transfer into tank/a is another one on box@box.test"},
		{"the place is taken", "", "src tank/a @d1:1", "full tank/a @d1:1", "src tank/a @d1:1\ndst tank/a", "tank/a exists on box@box.test"},
		{"a parent is there", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1", "create tank/deep -o canmount=off\nfull tank/a @d1:1 after 1", "src tank/a @d1:1\ndst tank/deep", "tank/deep exists on box@box.test"},
		{"a parent is gone", `{"remotePool": "tank/deep"}`, "src tank/a @d1:1\ndst tank/deep", "full tank/a @d1:1", "src tank/a @d1:1", "tank/deep is gone from box@box.test"},
		{"a hold", "", night + " @d2:2", "prune target tank/a d1", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1!h @d2:2", "tank/a@d1 is held on box@box.test"},
		{"a clone", "", night + " @d2:2", "prune source tank/a d1", "src tank/a @d1:1!c @d2:2\ndst tank/a @d1:1 @d2:2", "tank/a@d1 has a clone on this machine"},
		{"a mark", "", night, "mark tank/a @d1 zfsrep_1", "src tank/a @d1:1 #zfsrep_1:1 @d2:2\ndst tank/a @d1:1", "tank/a#zfsrep_1 exists on this machine"},
		{"more to roll back", `{"onDiverged": "rollback"}`, night + " @x:50", "rollback tank/a @d1:1 destroys x", night + " @x:50 @y:51", "tank/a got @y on box@box.test"},
		{"less to roll back", `{"onDiverged": "rollback"}`, night + " @x:50", "rollback tank/a @d1:1 destroys x", night, "snapshots of tank/a are gone from box@box.test"},
		{"something to lose", "", "src tank/a @d1:1\ndst tank/a", "full tank/a @d1:1 -F", "src tank/a @d1:1\ndst tank/a {usedbydataset=9000000}", "tank/a holds something on box@box.test"},
		{"somebody moved in below", `{"datasets": [{"name": "tank/a", "recursive": false}]}`, "src tank/a @d1:1\ndst tank/a", "full tank/a @d1:1 -F", "src tank/a @d1:1\ndst tank/a\ndst tank/a/db {mounted=yes}", "tank/a/db is on box@box.test"},
		{"no pool", "", night, send, "src tank/a @d1:1 @d2:2\ndstpool tank {missing}", "the pool tank is gone from box@box.test"},
		{"a suspended pool", "", night, send, night + "\ndstpool tank {health=SUSPENDED}", "the pool tank became SUSPENDED on box@box.test"},
		{"an expectation", "", night, send + " expect target tank/a guid=5", night, "tank/a is another dataset on box@box.test"},
		{"what is then no more in common", "", "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 @d2:2", "prune source tank/a d1", night, "tank/a: tank/a and tank/a of job default would lose the newest version they have in common"},
		{"another port", `{"remotePort": 2222}`, night, send, night + " *", "tank/a was written to on box@box.test:2222"},
		{"this machine", `{"remoteHost": null, "remotePool": "backup"}`, "src tank/a @d1:1 @d2:2\ndst backup/a @d1:1", send, "src tank/a @d1:1 @d2:2\ndst backup/a @d1:1 *", "backup/a was written to on this machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := configOf(t, c.config)
			p := planOf(t, cfg, c.plan)
			if since := verify.Stale(cfg, plantest.Inventory(t, cfg, c.before), p); since != nil && c.name != "an expectation" {
				t.Errorf("nothing has changed, and it says %q", since)
			}
			since := verify.Stale(cfg, plantest.Inventory(t, cfg, c.after), p)
			if got := strings.Join(since, "; "); got != c.want {
				t.Errorf("it says %q, want %q", got, c.want)
			}
		})
	}
}

func TestStaleIsShort(t *testing.T) {
	cfg := plantest.Config(t, `{"datasets": ["tank/a", "tank/b", "tank/c", "tank/d", "tank/e"]}`)
	p := planOf(t, cfg, "full tank/a @d1:1\nfull tank/b @d1:2\nfull tank/c @d1:3\nfull tank/d @d1:4\nfull tank/e @d1:5")
	since := verify.Stale(cfg, plantest.Inventory(t, cfg, "src tank/a @d1:1"), p)
	if want := "tank/b is gone from this machine, tank/c is gone from this machine, tank/d is gone from this machine, and 1 more"; strings.Join(since, ", ") != want {
		t.Errorf("it says %q", since)
	}
	inv := plantest.Inventory(t, cfg, "")
	delete(inv.Jobs, "default")
	if since := verify.Stale(cfg, inv, p); len(since) != 1 || since[0] != "box@box.test could not be looked at" {
		t.Errorf("it says %q", since)
	}
}
