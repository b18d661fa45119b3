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
	"github.com/zfsrep/zfsrep/plan/verify"
)

// TestMutants spoils plans at random. What the verifier lets pass must still run, in any order that the needs allow, and
// lose nothing; and a plan that was not spoilt must pass.
func TestMutants(t *testing.T) {
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
		for _, c := range made.Conflicts {
			if c.Code == plan.Internal && !strings.Contains(c.Message, "may hold something") {
				w.fail("the plan is refused as it is: %s", show(made))
			}
		}
		m := &mutation{world: w, inv: inv, plan: copied(made)}
		for range 1 + w.pick(2) {
			m.spoil()
		}
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

// mutation is a plan that is being spoilt.
type mutation struct {
	*world
	inv  *observe.Inventory
	plan *plan.Plan
	did  []string
}

// copied is a plan whose preconditions are gone: the verifier alone must notice what is wrong.
func copied(p *plan.Plan) *plan.Plan {
	c := *p
	c.Actions = slices.Clone(p.Actions)
	for i := range c.Actions {
		c.Actions[i].Needs = slices.Clone(c.Actions[i].Needs)
		c.Actions[i].Expect = nil
	}
	return &c
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
		if len(a.Needs) > 0 {
			k := m.pick(len(a.Needs))
			a.Needs = slices.Delete(a.Needs, k, k+1)
			did = "less tied " + did
		}
	case 3:
		j := m.pick(n)
		did = "exchanged with " + m.plan.Actions[j].ID + " " + did
		m.plan.Actions[i], m.plan.Actions[j] = m.plan.Actions[j], m.plan.Actions[i]
		a.Needs, m.plan.Actions[j].Needs = nil, nil
	default:
		a.Do = m.other(a.Do)
		did += " became " + a.Do.Title()
	}
	m.did = append(m.did, did)
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
	s, some := one(m.world, snaps)
	b, bookmarked := one(m.world, marks)
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
	v, some := one(m.world, snaps)
	b, bookmarked := one(m.world, marks)
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
