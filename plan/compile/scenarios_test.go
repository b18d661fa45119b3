package compile_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/plantest"
)

// scenario is one rule of the contract: a state, and what the plan must and must not do.
type scenario struct {
	name, state, now, final, finalSource string
	job, conflicts                       map[string]any
	includes, excludes                   []string
	most                                 int
	empty                                bool
}

// The scenarios are held against the program from outside, too, by a judge that shares no code with it (.ci/scenarios).
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		for _, s := range scenarios(t, read(t, file)) {
			t.Run(s.name, s.judge)
		}
	}
}

func (s scenario) judge(t *testing.T) {
	job := map[string]any{"privilege": "sudo"}
	for k, v := range s.job {
		job[k] = v
	}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cfg, now := plantest.Config(t, string(text)), plantest.Tonight
	if s.now != "" {
		if now, err = time.Parse(time.RFC3339, s.now); err != nil {
			t.Fatal(err)
		}
	}
	inv := plantest.Inventory(t, cfg, s.state)
	p, err := compile.Compile(cfg, inv, now, check)
	if err != nil {
		t.Fatal(err)
	}
	s.judgeConflicts(t, p)
	var lines, commands []string
	for i := range p.Actions {
		a := &p.Actions[i]
		lines = append(lines, normal(*a))
		for _, c := range p.Commands(a) {
			commands = append(commands, strings.Join(c.Argv, " "))
		}
	}
	s.judgeLines(t, append(lines, commands...))
	if s.empty && slices.ContainsFunc(lines, func(l string) bool { return !strings.Contains(l, "bookmark") }) {
		t.Errorf("the plan is not empty: %q", lines)
	}
	if s.most > 0 && len(lines) > s.most {
		t.Errorf("more than %d actions: %q", s.most, lines)
	}
	s.judgeFinal(t, inv, p, s.final, plan.Target)
	s.judgeFinal(t, inv, p, s.finalSource, plan.Source)
}

func (s scenario) judgeConflicts(t *testing.T, p *plan.Plan) {
	for _, c := range p.Conflicts {
		switch want := s.conflicts[c.Dataset].(type) {
		case string:
			if want != string(c.Code) {
				t.Errorf("%s has the conflict %s, want %s", c.Dataset, c.Code, want)
			}
		case []any:
			if !slices.Contains(want, any(string(c.Code))) {
				t.Errorf("%s has the conflict %s, want one of %v", c.Dataset, c.Code, want)
			}
		default:
			t.Errorf("%s has the conflict %s: %s", c.Dataset, c.Code, c.Message)
		}
	}
	if len(p.Conflicts) != len(s.conflicts) {
		t.Errorf("%d conflicts, want %d", len(p.Conflicts), len(s.conflicts))
	}
}

func (s scenario) judgeLines(t *testing.T, all []string) {
	at := 0
	for _, pattern := range s.includes {
		r := regexp.MustCompile(pattern)
		i := slices.IndexFunc(all[min(at, len(all)):], r.MatchString)
		if i < 0 && !slices.ContainsFunc(all, r.MatchString) || i < 0 && at < len(all) {
			t.Errorf("nothing (any more) matches %q: %q", pattern, all)
			continue
		}
		at += max(i, 0)
	}
	for _, pattern := range s.excludes {
		if i := slices.IndexFunc(all, regexp.MustCompile(pattern).MatchString); i >= 0 {
			t.Errorf("%q must not occur: %q", pattern, all[i])
		}
	}
}

func (s scenario) judgeFinal(t *testing.T, inv *observe.Inventory, p *plan.Plan, want string, side plan.Side) {
	if want == "" {
		return
	}
	got := finals(inv, p, side)
	expected := map[string][]string{}
	for line := range strings.Lines(want) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		expected[words[1]] = nil
		for _, item := range words[2:] {
			expected[words[1]] = append(expected[words[1]], plantest.Version.FindStringSubmatch(item)[3])
		}
	}
	for name, snaps := range got {
		if _, asked := expected[name]; len(snaps) == 0 && !asked {
			delete(got, name)
		}
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("the %s ends otherwise (-want +got):\n%s", side, diff)
	}
}

// finals are the GUIDs of the snapshots of every dataset of one side once the plan has run, by dataset.
func finals(inv *observe.Inventory, p *plan.Plan, side plan.Side) map[string][]string {
	sides := inv.Jobs["default"]
	observed := map[plan.Side]map[string]*observe.Dataset{plan.Source: sides.Source.Datasets, plan.Target: sides.Target.Datasets}
	all := map[string][]zfs.Snapshot{}
	for name, d := range observed[side] {
		all[name] = slices.Clone(d.Snapshots)
	}
	for i := range p.Actions {
		switch d := p.Actions[i].Do.(type) {
		case plan.Send:
			if src := sides.Source.Datasets[d.Dataset].Snapshots; side == plan.Target {
				at := func(g zfs.GUID) int { return slices.IndexFunc(src, func(s zfs.Snapshot) bool { return s.GUID == g }) }
				first := at(d.To.GUID)
				if d.Intermediates {
					first = at(d.From.GUID) + 1
				}
				all[d.Target] = append(all[d.Target], src[first:at(d.To.GUID)+1]...)
			}
		case plan.CreateDataset:
			all[d.Dataset] = nil
		case plan.Rollback:
			all[d.Dataset] = slices.DeleteFunc(all[d.Dataset], func(s zfs.Snapshot) bool { return slices.Contains(d.Destroys, s.Name) })
		case plan.DestroySnapshots:
			if d.Side == side {
				all[d.Dataset] = slices.DeleteFunc(all[d.Dataset], func(s zfs.Snapshot) bool { return slices.Contains(d.Names, s.Name) })
			}
		}
	}
	guids := map[string][]string{}
	for name, snaps := range all {
		guids[name] = nil
		for _, s := range snaps {
			guids[name] = append(guids[name], s.GUID.String())
		}
	}
	return guids
}

// normal is an action in one line, as the scenarios' patterns know it.
func normal(a plan.Action) string {
	list := func(names []string) string { return "['" + strings.Join(names, "', '") + "']" }
	switch d := a.Do.(type) {
	case plan.Send:
		switch {
		case d.Mode == plan.Full:
			return fmt.Sprintf("send full %s %s > %s", d.Dataset, d.To.Name, d.Target)
		case d.Mode == plan.Resume:
			return fmt.Sprintf("send resume %s -> %s > %s", d.Dataset, d.To.Name, d.Target)
		case d.Intermediates:
			return fmt.Sprintf("send incremental %s %s .... %s > %s", d.Dataset, d.From.Name, d.To.Name, d.Target)
		}
		return fmt.Sprintf("send incremental %s %s .. %s > %s", d.Dataset, d.From.Name, d.To.Name, d.Target)
	case plan.CreateDataset:
		return fmt.Sprintf("create-dataset %s %s", d.Side, d.Dataset)
	case plan.Rollback:
		names := strings.Replace(list(d.Destroys), "['']", "[]", 1)
		return fmt.Sprintf("rollback %s %s %s destroys=%s", d.Side, d.Dataset, d.To.Name, names)
	case plan.AbortReceive:
		return fmt.Sprintf("abort-receive %s %s", d.Side, d.Dataset)
	case plan.Bookmark:
		return fmt.Sprintf("bookmark %s %s %s %s", d.Side, d.Dataset, d.Snapshot, d.Bookmark)
	case plan.DestroySnapshots:
		return fmt.Sprintf("destroy-snapshots %s %s %s", d.Side, d.Dataset, list(d.Names))
	case plan.DestroyBookmarks:
		return fmt.Sprintf("destroy-bookmarks %s %s %s", d.Side, d.Dataset, list(d.Names))
	}
	return string(a.Do.Kind())
}

var (
	entry  = regexp.MustCompile(`(?ms)^(name|state|now|job|exit|conflicts|final|final_src|includes|excludes|max_actions|empty) = ("""\n.*?"""|[^\n]*)`)
	key    = regexp.MustCompile(`([{,]\s*)([\w]+|"[^"]*") =`)
	single = regexp.MustCompile(`'([^']*)'`)
)

// scenarios reads the few forms of TOML that the files use.
func scenarios(t *testing.T, text string) []scenario {
	t.Helper()
	var all []scenario
	for _, part := range strings.Split(text, "[[scenario]]")[1:] {
		var s scenario
		for _, m := range entry.FindAllStringSubmatch(part, -1) {
			into := map[string]any{"name": &s.name, "state": &s.state, "now": &s.now, "job": &s.job, "conflicts": &s.conflicts, "final": &s.final,
				"final_src": &s.finalSource, "includes": &s.includes, "excludes": &s.excludes, "max_actions": &s.most, "empty": &s.empty}[m[1]]
			if into == nil {
				continue
			}
			if err := json.Unmarshal([]byte(toJSON(m[2])), into); err != nil {
				t.Fatalf("%s: %s = %s: %v", s.name, m[1], m[2], err)
			}
		}
		all = append(all, s)
	}
	return all
}

func toJSON(v string) string {
	if inner, ok := strings.CutPrefix(v, `"""`); ok {
		b, _ := json.Marshal(strings.TrimSuffix(inner, `"""`))
		return string(b)
	}
	v = single.ReplaceAllStringFunc(v, func(q string) string {
		b, _ := json.Marshal(q[1 : len(q)-1])
		return string(b)
	})
	return key.ReplaceAllStringFunc(v, func(k string) string {
		m := key.FindStringSubmatch(k)
		return m[1] + `"` + strings.Trim(m[2], `"`) + `":`
	})
}
