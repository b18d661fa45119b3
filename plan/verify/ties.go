package verify

import (
	"slices"

	"github.com/zfsrep/zfsrep/plan"
)

// ties are the actions so far that later ones on a dataset may have to wait for.
type ties struct {
	last  *action   // the last that changed it as a replica
	maker *action   // the one that made it, if the plan makes it
	sent  []*action // what is sent from it: the last for each replica
	eased *action   // the last that let go of a hold
}

// tied says that the action waits for another one, directly or through others. Nobody has to wait for nothing.
func (a *action) tied(b *action) bool {
	if b == nil || slices.Contains(a.needs, b) {
		return true
	}
	if !a.walked {
		a.walked = true
		for todo := slices.Clone(a.needs); len(todo) > 0; {
			n := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if n.before != a.index+1 {
				n.before = a.index + 1
				todo = append(todo, n.needs...)
			}
		}
	}
	return b.before == a.index+1
}

// after is the fault of an action that does not wait for what it builds on.
func (a *action) after(b *action, what string) *fault {
	if a.tied(b) {
		return nil
	}
	return wrong("it must wait for action %s, %s", b.ID, what)
}

// waits judges that what must not be swapped is tied: all that happens to one replica; the making of a dataset and what
// lies below it; sending from a dataset and destroying there.
func (r *replay) waits(a *action) *fault {
	if a.on == nil {
		return nil
	}
	if _, send := a.Do.(plan.Send); send || onTarget(a.Do) {
		if f := a.after(a.on.ties.last, "which is on the same replica"); f != nil {
			return f
		}
		if f := a.afterMakers(a.on.up()); f != nil {
			return f
		}
	}
	switch s := a.Do.(type) {
	case plan.Rollback, plan.DestroySnapshots, plan.Release:
		return a.afterSends(a.on, func(*action) bool { return true })
	case plan.DestroyBookmarks:
		return a.afterSends(a.on, func(b *action) bool { return b.job == a.job || startsFrom(b, s.Names) })
	case plan.Rename:
		return r.waitsAround(a, s)
	}
	return nil
}

// afterMakers judges that the action waits for what makes the dataset, or one above it. Who makes it has waited for
// who makes those above.
func (a *action) afterMakers(d *dataset) *fault {
	for ; d != nil; d = d.up() {
		if m := d.ties.maker; m != nil {
			return a.after(m, "which makes "+d.name)
		}
	}
	return nil
}

// afterSends judges that the action waits for such transfers from the dataset.
func (a *action) afterSends(d *dataset, such func(*action) bool) *fault {
	for _, b := range d.ties.sent {
		if such(b) && !a.tied(b) {
			return a.after(b, "which sends from "+d.name)
		}
	}
	return nil
}

// startsFrom says that a transfer starts from one of the bookmarks.
func startsFrom(a *action, bookmarks []string) bool {
	s := a.Do.(plan.Send)
	return s.From != nil && s.From.Bookmark() && slices.Contains(bookmarks, s.From.Name[1:])
}

// waitsAround judges a renaming: it takes along everything below, and makes its new name.
func (r *replay) waitsAround(a *action, s plan.Rename) *fault {
	to := a.on.on.at(s.To)
	for _, d := range append(a.on.on.below(a.on.name), a.on, to) {
		if f := a.after(d.ties.last, "which is on a replica that it moves"); f != nil {
			return f
		}
		if f := a.afterSends(d, func(*action) bool { return true }); f != nil {
			return f
		}
	}
	return a.afterMakers(to.up())
}

// note remembers an action for those that may have to wait for it.
func (r *replay) note(a *action) {
	if a.on == nil {
		return
	}
	t := &a.on.ties
	switch s := a.Do.(type) {
	case plan.Send:
		if s.Mode == plan.Full || s.Origin {
			t.maker = a
		}
		t.last = a
		sent := &a.src.ties.sent
		*sent = append(slices.DeleteFunc(*sent, func(b *action) bool { return b.on == a.on }), a)
		return
	case plan.CreateDataset:
		t.maker = a
	case plan.Rename:
		to := a.on.on.at(s.To)
		for _, d := range append(a.on.on.below(s.To), to) {
			d.ties.last = a
		}
		to.ties.maker = a
	case plan.Release:
		t.eased = a
	}
	if onTarget(a.Do) {
		t.last = a
	}
}
