package proof

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/internal/zfs"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
	"github.com/zfsrep/zfsrep/plan/verify"
)

// TestMutants spoils plans at random. What the verifier lets pass must still run, in any order that the needs allow, and
// lose nothing.
func TestMutants(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	checking(t, max(n, soak(t)))
	passed, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		for range rapid.IntRange(0, 6).Draw(t, "events") {
			w.event()
		}
		w.goodNight()
		for range rapid.IntRange(0, 8).Draw(t, "events") {
			w.event()
		}
		before := w.remember()
		made, inv, err := w.plan(context.Background())
		if err != nil {
			w.fail("cannot plan: %v", err)
		}
		m := mutate(w.pick, inv, made)
		switch {
		case len(m.did) == 0:
			return
		case verify.Plan(w.cfg, inv, m.plan) != nil:
			refused++
			return
		}
		passed++
		r := w.execute(context.Background(), m.plan)
		if !r.OK() {
			w.fail("a spoilt plan passed and failed (%s):\n%s%sit was\n%s", m.did, failures(r), show(m.plan), show(made))
		}
		w.judge(before, fmt.Sprintf("a spoilt plan passed (%s):\n%s", m.did, show(m.plan)))
	})
	t.Logf("%d passed, %d refused", passed, refused)
}

// TestMutantScenes does the same with several jobs that meet on machines. What the verifier lets pass, another judge must
// let pass, too.
func TestMutantScenes(t *testing.T) {
	checking(t, scenes(t))
	passed, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := newScene(t)
		made, err := compile.Compile(s.cfg, s.inv, s.now, verify.Plan)
		if err != nil {
			t.Fatalf("cannot plan: %v", err)
		}
		m := mutate(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }, s.inv, made)
		switch {
		case len(m.did) == 0:
			return
		case verify.Plan(s.cfg, s.inv, m.plan) != nil:
			refused++
			return
		}
		passed++
		m.plan.Seal()
		for _, wrong := range sentence(s.cfg, s.inv, m.plan) {
			if strings.HasPrefix(wrong, "internal:") {
				continue // the plan had that before it was spoilt
			}
			t.Fatalf("a spoilt plan passed (%s): %s\n%s\n%sit was\n%s", m.did, wrong, s, show(m.plan), show(made))
		}
	})
	t.Logf("%d passed, %d refused", passed, refused)
}

// mutation is a plan that is being spoilt.
type mutation struct {
	pick func(n int) int
	inv  *observe.Inventory
	plan *plan.Plan
	did  []string
}

// mutate spoils a plan once or twice. Its preconditions are gone: the verifier alone must notice what is wrong.
func mutate(pick func(n int) int, inv *observe.Inventory, made *plan.Plan) *mutation {
	p := *made
	p.Actions = slices.Clone(p.Actions)
	for i := range p.Actions {
		p.Actions[i].Needs = slices.Clone(p.Actions[i].Needs)
		p.Actions[i].Expect = nil
	}
	m := &mutation{pick: pick, inv: inv, plan: &p}
	for range 1 + pick(2) {
		m.spoil()
	}
	return m
}

func (m *mutation) spoil() {
	n := len(m.plan.Actions)
	if n == 0 {
		return
	}
	i := m.pick(n)
	a := &m.plan.Actions[i]
	id, did := a.ID, a.ID+" "+a.Do.Title()
	switch m.pick(6) {
	case 0:
		did = "without " + did
		m.plan.Actions = slices.Delete(m.plan.Actions, i, i+1)
		for k := range m.plan.Actions {
			b := &m.plan.Actions[k]
			b.Needs = slices.DeleteFunc(b.Needs, func(need string) bool { return need == id })
		}
	case 1:
		did = "untied " + did
		a.Needs = nil
	case 2:
		did = "less tied " + did
		if len(a.Needs) > 0 {
			k := m.pick(len(a.Needs))
			a.Needs = slices.Delete(a.Needs, k, k+1)
		}
	case 3:
		b := &m.plan.Actions[m.pick(n)]
		did = "exchanged with " + b.ID + " " + did
		*a, *b = *b, *a
		a.Needs, b.Needs = nil, nil
	default:
		a.Do = m.other(a.Do)
		did += " became " + a.Do.Title()
	}
	m.did = append(m.did, did)
}

func among[T any](m *mutation, all []T) (v T, ok bool) {
	if len(all) == 0 {
		return v, false
	}
	return all[m.pick(len(all))], true
}

// versionsOf are those of a dataset as it was seen.
func (m *mutation) versionsOf(side plan.Side, dataset string) (snaps []zfs.Snapshot, marks []zfs.Bookmark) {
	for _, name := range slices.Sorted(maps.Keys(m.inv.Jobs)) {
		look := m.inv.Jobs[name].Source
		if side == plan.Target {
			look = m.inv.Jobs[name].Target
		}
		if d := look.Datasets[dataset]; d != nil {
			return d.Snapshots, d.Bookmarks
		}
	}
	return nil, nil
}

// other is a step like the one given, about something else.
func (m *mutation) other(do plan.Step) plan.Step {
	side, name := do.Subject()
	snaps, marks := m.versionsOf(side, name)
	s, some := among(m, snaps)
	b, bookmarked := among(m, marks)
	switch d := do.(type) {
	case plan.DestroySnapshots:
		if d.Names = slices.Clone(d.Names); some && !slices.Contains(d.Names, s.Name) {
			d.Names = append(d.Names, s.Name)
		}
		return d
	case plan.DestroyBookmarks:
		if d.Names = slices.Clone(d.Names); bookmarked && !slices.Contains(d.Names, b.Name) {
			d.Names = append(d.Names, b.Name)
		}
		return d
	case plan.Bookmark:
		if some {
			d.Snapshot = s.Name
		}
		return d
	case plan.Rollback:
		if some && m.pick(2) == 0 {
			d.To = plan.SnapshotRef(s.Version)
		} else {
			d.Destroys = d.Destroys[:m.pick(len(d.Destroys)+1)]
		}
		return d
	case plan.Send:
		return m.otherSend(d)
	}
	return do
}

func (m *mutation) otherSend(s plan.Send) plan.Step {
	snaps, marks := m.versionsOf(plan.Source, s.Dataset)
	v, some := among(m, snaps)
	b, bookmarked := among(m, marks)
	switch k := m.pick(8); {
	case k == 0 && some:
		s.To = plan.SnapshotRef(v.Version)
	case k == 1 && some && s.From != nil:
		from := plan.SnapshotRef(v.Version)
		s.From = &from
	case k == 2 && bookmarked && s.From != nil:
		from := plan.BookmarkRef(b.Version)
		s.From = &from
	case k == 3:
		s.Intermediates = !s.Intermediates
	case k == 4:
		s.Receive.Force = !s.Receive.Force
	case k == 5:
		s.Flags.Raw = !s.Flags.Raw
	case k == 6 && s.Mode == plan.Full && some:
		from := plan.SnapshotRef(v.Version)
		s.Mode, s.From = plan.Incremental, &from
	case k == 7 && s.Mode == plan.Incremental:
		s.Mode, s.From, s.Intermediates, s.Origin = plan.Full, nil, false, false
	}
	return s
}
