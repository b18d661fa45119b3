package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
)

// steps is one of each kind.
var steps = []plan.Step{
	plan.CreateDataset{Side: plan.Target, Dataset: "tank/a", Set: map[string]string{"zfsrep:place": "tank/a", "canmount": "off"}},
	plan.Send{Mode: plan.Full, Dataset: "tank/a", Target: "tank/b", To: plan.Ref{Name: "@1", GUID: 1<<64 - 1}},
	plan.Send{Mode: plan.Incremental, Dataset: "tank/a", Target: "tank/b", From: &plan.Ref{Name: "#1", GUID: 1}, To: plan.Ref{Name: "@2", GUID: 2}, Intermediates: true, Bytes: new(int64)},
	plan.Send{Mode: plan.Full, Dataset: "tank/a", Target: "tank/b", To: plan.Ref{Name: "@1", GUID: 1}, Flags: zfs.SendFlags{Raw: true, Properties: true},
		Receive: zfs.ReceiveOptions{Force: true, Set: map[string]string{"readonly": "on"}, Exclude: []string{"encryption"}}},
	plan.Send{Mode: plan.Resume, Dataset: "tank/a", Target: "tank/b", To: plan.Ref{Name: "@1", GUID: 1}, Token: "1-abc-def"},
	plan.Rollback{Side: plan.Target, Dataset: "tank/a", To: plan.Ref{Name: "@1", GUID: 1}, Destroys: []string{"x"}, Bookmarks: []string{"y"}},
	plan.AbortReceive{Side: plan.Target, Dataset: "tank/a"},
	plan.Rename{Side: plan.Target, Dataset: "tank/a", To: "tank/b"},
	plan.Rename{Side: plan.Target, Dataset: "tank/v", To: "tank/w", Volume: true},
	plan.Hold{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Tag: "t"},
	plan.Release{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Tag: "t"},
	plan.Bookmark{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Bookmark: "b"},
	plan.Snapshot{Side: plan.Source, Datasets: []string{"tank/a", "tank/b"}, Name: "1"},
	plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"1", "2"}},
	plan.DestroyBookmarks{Side: plan.Source, Dataset: "tank/a", Names: []string{"1"}},
	plan.SetProperty{Side: plan.Target, Dataset: "tank/a", Property: "readonly", Value: "on"},
}

// all is a plan of one action of each kind.
func all() *plan.Plan {
	p := &plan.Plan{Jobs: map[string]plan.Connection{"j": {RemoteHost: "box", Sudo: true}}}
	for i, s := range steps {
		p.Actions = append(p.Actions, plan.Action{ID: fmt.Sprint(i + 1), Job: "j", Do: s, Why: "<because> & so", Needs: []string{},
			Expect: []plan.Expect{{Side: plan.Target, Name: "tank/a b@1", Property: "guid", Value: "1"}, {Side: plan.Source, Name: "tank/a b"}}})
	}
	p.Conflicts = []plan.Conflict{{Job: "j", Dataset: "tank/c", Target: "tank/c", Code: plan.Blocked, Message: "<is held>", Evidence: map[string]any{"holds": 1}, Hint: "zfs holds"}}
	p.Orphans = []plan.Orphan{{Job: "j", Dataset: "tank/d", Target: "tank/e", Newest: plan.Latest{Name: "@1", Creation: time.Unix(1e9, 0).UTC()}, Snapshots: 3, Used: new(int64)},
		{Job: "j", Dataset: "tank/f", Target: "tank/g"}}
	p.Seal()
	return p
}

// Every kind of action is read back as it was written, byte for byte, however the file is printed.
func TestRoundTrip(t *testing.T) {
	p := all()
	first, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{first, indented} {
		var read plan.Plan
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if second, _ := json.Marshal(&read); !bytes.Equal(first, second) || !cmp.Equal(read.Orphans, p.Orphans) {
			t.Errorf("%s\nis read as\n%s", first, second)
		}
		for i, s := range steps {
			if do := read.Actions[i].Do; do.Title() == "" || do.Destructive() != s.Destructive() || !cmp.Equal(do, s) {
				t.Errorf("%s is read as another step: %s", s.Kind(), cmp.Diff(s, do))
			}
			if !cmp.Equal(read.Commands(&read.Actions[i]), p.Commands(&p.Actions[i])) {
				t.Errorf("%s is read with other commands", s.Kind())
			}
		}
	}
}

// changed is a saved plan with a text replaced; its ID is made to fit, as somebody would who wants it to pass.
func changed(t *testing.T, old, new string) error {
	t.Helper()
	text, err := json.Marshal(all())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("the plan does not hold %s", old)
	}
	text = bytes.Replace(text, []byte(old), []byte(new), 1)
	text = bytes.Replace(text, []byte(all().ID), []byte(plan.Hash(text)), 1)
	var p plan.Plan
	return json.Unmarshal(text, &p)
}

// What runs is what the step says: no command of a file is believed.
func TestForgedPlans(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"another program":         {`["zfs","hold","t","tank/a@1"]`, `["sh","-c","true"]`, "its commands are not those of that"},
		"an option more":          {`["sudo","-n","zfs","receive","-s","-u","-F"`, `["sudo","-n","zfs","receive","-s","-u","-F","-o","mountpoint=/root"`, "its commands are not those of that"},
		"no sudo":                 {`"sudo":true`, `"sudo":false`, ""},
		"a name with an option":   {`"kind":"hold","side":"source","dataset":"tank/a"`, `"kind":"hold","side":"source","dataset":"-r"`, "begins with a letter"},
		"a name with a newline":   {`"bookmark":"b"`, `"bookmark":"b\n"`, "contains"},
		"a tag that is an option": {`"tag":"t"`, `"tag":"-r"`, "is not a word"},
		"a property's name":       {`"property":"readonly"`, `"property":"-x"`, "is not a word"},
		"a token":                 {`"token":"1-abc-def"`, `"token":"-n"`, "is not a word"},
		"an unknown kind":         {`"kind":"hold"`, `"kind":"shell"`, "does not know"},
		"a side":                  {`"kind":"abort-receive","side":"target"`, `"kind":"abort-receive","side":"elsewhere"`, "takes source or target"},
	} {
		err := changed(t, c.old, c.new)
		if err == nil && c.want != "" || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s gives %v, want %q", name, err, c.want)
		}
	}
	text, _ := json.Marshal(all())
	var p plan.Plan
	if err := json.Unmarshal(bytes.Replace(text, []byte("zfs holds"), []byte("zfs hold"), 1), &p); err == nil || !strings.Contains(err.Error(), "changed after it was made") {
		t.Errorf("a changed plan gives %v", err)
	}
}

// A plan that was saved before steps said everything is still read: what they lack is in their commands.
func TestOldPlans(t *testing.T) {
	text, err := os.ReadFile("testdata/format1-first.json")
	if err != nil {
		t.Fatal(err)
	}
	var p plan.Plan
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	sends := 0
	for i := range p.Actions {
		if s, ok := p.Actions[i].Do.(plan.Send); ok && s.Flags.Compressed && (s.Mode != plan.Full || s.Receive.Set["readonly"] == "on") {
			sends++
		}
	}
	if sends == 0 || !p.Jobs["default"].Sudo {
		t.Errorf("%d sends with their flags; %+v", sends, p.Jobs)
	}
	forged := bytes.Replace(text, []byte(`"canmount=noauto"`), []byte(`"mountpoint=/root/.ssh"`), 1)
	if err := json.Unmarshal(forged, &p); err == nil {
		t.Error("a forged one is read, too")
	}
}

// Whatever a file holds, reading it as a plan does not panic, and what is read can be written.
func FuzzReadPlan(f *testing.F) {
	text, _ := json.Marshal(all())
	f.Add(text)
	f.Add([]byte(`{"formatVersion":1,"actions":[{"kind":"rename","to":{"name":1}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p plan.Plan
		if json.Unmarshal(text, &p) == nil {
			if _, err := json.Marshal(&p); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
	})
}
