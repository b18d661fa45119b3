package plan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/zfsrep/zfsrep/plan"
)

// steps is one of each kind.
var steps = []plan.Step{
	plan.CreateDataset{Side: plan.Target, Dataset: "tank/a"},
	plan.Send{Mode: plan.Full, Dataset: "tank/a", Target: "tank/b", To: plan.Ref{Name: "@1", GUID: 1<<64 - 1}},
	plan.Send{Mode: plan.Incremental, Dataset: "tank/a", Target: "tank/b", From: &plan.Ref{Name: "#1", GUID: 1}, To: plan.Ref{Name: "@2", GUID: 2}, Intermediates: true, Bytes: new(int64)},
	plan.Rollback{Side: plan.Target, Dataset: "tank/a", To: plan.Ref{Name: "@1", GUID: 1}, Destroys: []string{"x"}, Bookmarks: []string{"y"}},
	plan.AbortReceive{Side: plan.Target, Dataset: "tank/a"},
	plan.Rename{Side: plan.Target, Dataset: "tank/a", To: "tank/b"},
	plan.Hold{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Tag: "t"},
	plan.Release{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Tag: "t"},
	plan.Bookmark{Side: plan.Source, Dataset: "tank/a", Snapshot: "1", Bookmark: "b"},
	plan.Snapshot{Side: plan.Source, Datasets: []string{"tank/a", "tank/b"}, Name: "1"},
	plan.DestroySnapshots{Side: plan.Target, Dataset: "tank/a", Names: []string{"1", "2"}},
	plan.DestroyBookmarks{Side: plan.Source, Dataset: "tank/a", Names: []string{"1"}},
	plan.SetProperty{Side: plan.Target, Dataset: "tank/a", Property: "readonly", Value: "on"},
}

// Every kind of action is read back as it was written, byte for byte.
func TestKindsRoundTrip(t *testing.T) {
	for _, s := range steps {
		a := plan.Action{ID: "1", Job: "j", Do: s, Why: "<because> & so", Needs: []string{}, Expect: []plan.Expect{
			{Side: plan.Target, Name: "tank/a b@1", Property: "guid", Value: "1"}, {Side: plan.Source, Name: "tank/a b"}}, Commands: []plan.Command{}}
		first, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var read plan.Action
		if err := json.Unmarshal(first, &read); err != nil {
			t.Fatalf("%s: %v", first, err)
		}
		if second, _ := json.Marshal(read); !bytes.Equal(first, second) {
			t.Errorf("%s is read as %s", first, second)
		}
		if read.Do.Kind() != s.Kind() || read.Do.Title() == "" || read.Do.Destructive() != s.Destructive() {
			t.Errorf("%s is read as another step", s.Kind())
		}
	}
}

// A saved plan with conflicts is read back: apply would refuse it otherwise as changed.
func TestConflictsRoundTrip(t *testing.T) {
	cfg := configOf(t, `{"datasets": ["tank/a", "tank/b"], "onDiverged": "rollback"}`)
	made, err := plan.Compile(cfg, inventoryOf(t, cfg, "src tank/a @d1:1 @d2:2\ndst tank/a @d9:9\nsrc tank/b @d1:11 @d2:12\ndst tank/b @d1:11 @mine:50!h"), tonight)
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Conflicts) != 2 {
		t.Fatalf("%d conflicts", len(made.Conflicts))
	}
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var read plan.Plan
	if err := json.Unmarshal(text, &read); err != nil {
		t.Errorf("cannot read it back: %v", err)
	}
	changed := strings.Replace(string(text), "no-common-snapshot", "target-diverged", 1)
	if err := json.Unmarshal([]byte(changed), &read); err == nil || !strings.Contains(err.Error(), "changed after it was made") {
		t.Errorf("a changed plan gives %v", err)
	}
}

// Whatever a file holds, reading it as a plan does not panic, and what is read can be written.
func FuzzReadPlan(f *testing.F) {
	cfg := configOf(f, "")
	made, err := plan.Compile(cfg, inventoryOf(f, cfg, "src tank/a @d1:1 @d2:2\ndst tank/a @d1:1 *"), tonight)
	if err != nil {
		f.Fatal(err)
	}
	text, _ := json.Marshal(made)
	f.Add(text)
	for _, s := range steps {
		text, _ := json.Marshal(plan.Action{ID: "1", Do: s})
		f.Add(text)
	}
	f.Add([]byte(`{"formatVersion":1,"actions":[{"kind":"rename","to":{"name":1}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var p plan.Plan
		if json.Unmarshal(text, &p) == nil {
			if _, err := json.Marshal(&p); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
		var a plan.Action
		if json.Unmarshal(text, &a) == nil {
			if _, err := json.Marshal(a); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
			_ = a.Do.Title()
		}
	})
}
