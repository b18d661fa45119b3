package report

import (
	"strconv"
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// group is what a plan does about one dataset and its replica.
type group struct {
	job    string
	title  string // "tank/a", or "tank/a → backup/a"
	items  []item
	sends  int
	amount amount
}

// item is one line of a group: an action, or a few that belong together.
type item struct {
	phrase   string
	why      string
	victims  []string // snapshots that are destroyed
	datasets []string // of a snapshot of several
	danger   bool
	amount   *amount // of a send
	actions  []*plan.Action
}

// amount is a sum of estimates, some of which may be missing.
type amount struct {
	bytes   int64
	missing bool
}

func (a *amount) add(b *int64) {
	if b == nil {
		a.missing = true
		return
	}
	a.bytes += *b
}

func (a *amount) join(b amount) {
	a.bytes += b.bytes
	a.missing = a.missing || b.missing
}

func (a amount) String() string {
	switch {
	case a.missing && a.bytes == 0:
		return "size unknown"
	case a.missing:
		return "over " + size(a.bytes)
	}
	return size(a.bytes)
}

// place names one side of a dataset in a job.
type place struct {
	job  string
	side plan.Side
	name string
}

// grouped sorts a plan's actions by dataset, in the order of their first actions. What is done to a source and to its
// replica belongs together as far as the plan's sends tell which is whose.
func grouped(p *plan.Plan) []*group {
	paired := map[place]plan.Send{}
	for i := range p.Actions {
		a := &p.Actions[i]
		if s, ok := a.Do.(plan.Send); ok {
			paired[place{a.Job, plan.Source, s.Dataset}] = s
			paired[place{a.Job, plan.Target, s.Target}] = s
		}
	}
	var all []*group
	byTitle := map[[2]string]*group{}
	for i := range p.Actions {
		a := &p.Actions[i]
		title := groupTitle(a, paired)
		g := byTitle[[2]string{a.Job, title}]
		if g == nil {
			g = &group{job: a.Job, title: title}
			byTitle[[2]string{a.Job, title}] = g
			all = append(all, g)
		}
		g.add(a)
	}
	return all
}

func groupTitle(a *plan.Action, paired map[place]plan.Send) string {
	side, name := subject(a)
	switch a.Do.(type) {
	case plan.CreateDataset:
		return "parents " + where(a)
	case plan.Snapshot:
		return "snapshots " + where(a)
	}
	if s, ok := paired[place{a.Job, side, name}]; ok {
		if s.Target == s.Dataset {
			return s.Dataset
		}
		return s.Dataset + " → " + s.Target
	}
	return name + " " + where(a)
}

// subject is the dataset that an action is about.
func subject(a *plan.Action) (plan.Side, string) {
	switch d := a.Do.(type) {
	case plan.Send:
		return plan.Source, d.Dataset
	case plan.CreateDataset:
		return d.Side, d.Dataset
	case plan.Rollback:
		return d.Side, d.Dataset
	case plan.AbortReceive:
		return d.Side, d.Dataset
	case plan.Rename:
		return d.Side, d.Dataset
	case plan.Hold:
		return d.Side, d.Dataset
	case plan.Release:
		return d.Side, d.Dataset
	case plan.Bookmark:
		return d.Side, d.Dataset
	case plan.DestroySnapshots:
		return d.Side, d.Dataset
	case plan.DestroyBookmarks:
		return d.Side, d.Dataset
	case plan.SetProperty:
		return d.Side, d.Dataset
	case plan.Snapshot:
		return d.Side, strings.Join(d.Datasets, ", ")
	}
	return plan.Source, ""
}

// where says on which machine an action happens.
func where(a *plan.Action) string {
	side, _ := subject(a)
	if _, ok := a.Do.(plan.Send); !ok && side == plan.Target {
		return "on the target"
	}
	return "here"
}

// add puts an action into the group. A bookmark and the ones that it replaces share a line.
func (g *group) add(a *plan.Action) {
	it := item{phrase: phrase(a), why: a.Why, danger: a.Do.Destructive(), actions: []*plan.Action{a}}
	switch d := a.Do.(type) {
	case plan.Send:
		g.sends++
		g.amount.add(d.Bytes)
		it.amount = &amount{}
		it.amount.add(d.Bytes)
	case plan.Rollback:
		it.victims = d.Destroys
	case plan.DestroySnapshots:
		it.victims = d.Names
	case plan.Snapshot:
		it.datasets = d.Datasets
	case plan.DestroyBookmarks:
		if k := len(g.items) - 1; k >= 0 {
			last := &g.items[k]
			if _, ok := last.actions[len(last.actions)-1].Do.(plan.Bookmark); ok {
				last.phrase += ", drop the " + older(len(d.Names)) + " it replaces"
				last.actions = append(last.actions, a)
				return
			}
		}
	}
	g.items = append(g.items, it)
}

func older(n int) string {
	if n == 1 {
		return "one"
	}
	return strconv.Itoa(n)
}

// phrase is an action in few words, without the dataset that its group names.
func phrase(a *plan.Action) string {
	at := where(a)
	switch d := a.Do.(type) {
	case plan.Send:
		return sendPhrase(d)
	case plan.CreateDataset:
		return "create " + d.Dataset
	case plan.Rollback:
		if n := len(d.Destroys); n > 0 {
			return "roll back to " + d.To.Name + ", destroying " + count(n, "snapshot") + " " + at
		}
		return "roll back to " + d.To.Name + " " + at
	case plan.AbortReceive:
		return "drop the interrupted receive " + at
	case plan.Rename:
		return "rename to " + d.To + " " + at
	case plan.Hold:
		return "hold @" + d.Snapshot + " " + at
	case plan.Release:
		return "release @" + d.Snapshot + " " + at
	case plan.Bookmark:
		return "bookmark @" + d.Snapshot + " " + at
	case plan.DestroySnapshots:
		return "destroy " + count(len(d.Names), "snapshot") + " " + at
	case plan.DestroyBookmarks:
		return "drop " + count(len(d.Names), "older bookmark") + " " + at
	case plan.SetProperty:
		return "set " + d.Property + "=" + d.Value + " " + at
	}
	return a.Do.Title()
}

func sendPhrase(s plan.Send) string {
	switch {
	case s.Mode == plan.Resume:
		return "resume sending " + s.To.Name
	case s.Mode == plan.Full || s.From == nil:
		return "send " + s.To.Name + " in full"
	case s.Intermediates:
		return "send " + s.From.Name + " … " + s.To.Name
	}
	return "send " + s.From.Name + " → " + s.To.Name
}

// numbers are the IDs of the item's actions.
func (it *item) numbers() []int {
	var all []int
	for _, a := range it.actions {
		n, _ := strconv.Atoi(a.ID)
		all = append(all, n)
	}
	return all
}

func (g *group) numbers() []int {
	var all []int
	for i := range g.items {
		all = append(all, g.items[i].numbers()...)
	}
	return all
}

// shape is what a group does, without its name and sizes: groups of one shape are shown together.
func (g *group) shape() string {
	var b strings.Builder
	for _, it := range g.items {
		b.WriteString(it.phrase + "\x00" + it.why + "\x00" + strings.Join(it.victims, ",") + "\x01")
	}
	return b.String()
}
