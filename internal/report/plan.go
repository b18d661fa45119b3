// Package report shows what is planned, what happens and how things stand: to people, to machines as JSON, to the
// journal and the log file. It is the last step of the flow and the only package that prints.
//
// The rules of its words: plain English, lower case after the mark in front, no full stop. A problem says what
// happened, to which dataset, on which machine, and what to do. What is the same for many datasets is said once.
package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// PlanOptions say how much of a plan to show, and where.
type PlanOptions struct {
	Commands bool // every command line, exactly as it will run
	Color    bool
	Width    int // columns of the terminal; 0: no terminal
}

// Plan shows a plan for people: what will happen, in which order, how much data, why, and what needs a decision.
func Plan(w io.Writer, p *plan.Plan, o PlanOptions) {
	v := &planView{w: w, plan: p, o: o, s: style{o.Color}, width: textWidth(o.Width), said: map[string]bool{}}
	paragraph(w, headline(p), v.width, 0, v.s.bold)
	groups := grouped(p)
	for _, name := range slices.Sorted(maps.Keys(p.Jobs)) {
		v.job(name, groups)
	}
	conflicts(w, p.Conflicts, v.s, v.width)
	v.warnings()
	v.orphans()
	if n := len(p.UpToDate); n > 0 {
		fmt.Fprintln(w)
		paragraph(w, fmt.Sprintf("Up to date: %s (%s)", count(n, "dataset"), some(p.UpToDate, 8)), v.width, 0, plain)
	}
}

// headline is the plan in one line.
func headline(p *plan.Plan) string {
	var parts []string
	sends, total, sources := 0, amount{}, map[string]bool{}
	creates, rollbacks, destroys := 0, 0, 0
	for i := range p.Actions {
		switch d := p.Actions[i].Do.(type) {
		case plan.Send:
			sends++
			total.add(d.Bytes)
			sources[p.Actions[i].Job+" "+d.Dataset] = true
		case plan.CreateDataset:
			creates++
		case plan.Rollback:
			rollbacks++
			destroys += len(d.Destroys)
		case plan.DestroySnapshots:
			destroys += len(d.Names)
		}
	}
	if sends > 0 {
		about := "about " + total.String()
		if total.missing {
			about = total.String()
		}
		parts = append(parts, fmt.Sprintf("%s to send (%s, %s)", count(len(sources), "dataset"), count(sends, "transfer"), about))
	}
	for _, x := range []struct {
		n    int
		noun string
		verb string
	}{{creates, "parent", " to create"}, {rollbacks, "replica", " to roll back"}, {destroys, "snapshot", " to destroy"}} {
		if x.n > 0 {
			parts = append(parts, count(x.n, x.noun)+x.verb)
		}
	}
	switch {
	case len(p.Actions) == 0:
		parts = append(parts, "nothing to do")
	case len(parts) == 0:
		parts = append(parts, count(len(p.Actions), "small action")+", nothing to send")
	}
	switch n := len(p.Conflicts); {
	case n == 1:
		parts = append(parts, "1 needs a decision")
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d need a decision", n))
	}
	return "Plan: " + strings.Join(parts, "; ")
}

// planView prints one plan.
type planView struct {
	w     io.Writer
	plan  *plan.Plan
	o     PlanOptions
	s     style
	width int
	label int             // columns of the numbers
	said  map[string]bool // reasons that have been given
}

// job shows the actions of one job: datasets that are treated alike together, the others one by one.
func (v *planView) job(name string, all []*group) {
	var groups []*group
	samePlaces := true
	for _, g := range all {
		if g.job == name {
			groups = append(groups, g)
			samePlaces = samePlaces && !strings.Contains(g.title, " → ")
		}
	}
	c := v.plan.Jobs[name]
	fmt.Fprintf(v.w, "job %s: this machine → %s", name, TargetName(c))
	if len(groups) == 0 {
		fmt.Fprintln(v.w)
		return
	}
	if samePlaces && c.RemoteHost != "" {
		fmt.Fprint(v.w, ", under the same names")
	}
	order := "in the order of the numbers"
	if c.Parallel > 1 {
		order += fmt.Sprintf(", up to %d at a time", c.Parallel)
	}
	fmt.Fprintf(v.w, "\n%s\n", v.s.dim(order))
	blocks := v.blocks(groups)
	v.label = 0
	for _, b := range blocks {
		v.label = max(v.label, labelWidth(b))
	}
	for _, b := range blocks {
		fmt.Fprintln(v.w)
		if len(b) == 1 {
			v.single(b[0])
		} else {
			v.alike(b)
		}
	}
}

// blocks puts groups of one shape together. With command lines every dataset stands for itself.
func (v *planView) blocks(groups []*group) [][]*group {
	var blocks [][]*group
	index := map[string]int{}
	for _, g := range groups {
		shape := g.shape()
		if i, ok := index[shape]; ok && !v.o.Commands {
			blocks[i] = append(blocks[i], g)
			continue
		}
		index[shape] = len(blocks)
		blocks = append(blocks, []*group{g})
	}
	return blocks
}

func labelWidth(block []*group) int {
	widest := 0
	for _, g := range block {
		if len(block) > 1 {
			widest = max(widest, columns(ranges(g.numbers())))
			continue
		}
		for i := range g.items {
			widest = max(widest, columns(ranges(g.items[i].numbers())))
		}
	}
	return widest
}

// single shows one dataset, each of its actions with its number.
func (v *planView) single(g *group) {
	total := ""
	if g.sends > 1 {
		total = g.amount.String()
	}
	fmt.Fprintln(v.w, v.s.bold(aligned(g.title, total, v.width)))
	for i := range g.items {
		it := &g.items[i]
		v.item(it, ranges(it.numbers()))
		if v.o.Commands {
			v.commands(it)
		}
	}
}

// alike shows several datasets with which the same is done: what, once, and then their names.
func (v *planView) alike(block []*group) {
	var total amount
	sends, danger := 0, false
	for _, g := range block {
		total.join(g.amount)
		sends += g.sends
		for _, it := range g.items {
			danger = danger || it.danger
		}
	}
	sum := ""
	if sends > len(block) {
		sum = total.String()
	}
	fmt.Fprintln(v.w, v.s.bold(aligned(count(len(block), "dataset")+", each the same way:", sum, v.width)))
	for i := range block[0].items {
		it := block[0].items[i]
		if it.amount != nil {
			it.amount = &amount{}
			for _, g := range block {
				it.amount.join(*g.items[i].amount)
			}
		}
		v.item(&it, "")
	}
	for _, g := range block {
		amount := ""
		if g.sends > 0 {
			amount = g.amount.String()
		}
		v.row(danger, ranges(g.numbers()), g.title, amount)
	}
}

// item shows one line of a group, who dies of it, and why it is done unless that has been said.
func (v *planView) item(it *item, label string) {
	amount := ""
	if it.amount != nil {
		amount = it.amount.String()
	}
	v.row(it.danger, label, it.phrase, amount)
	indent := v.label + 6 // behind the mark, the number and two spaces, two more
	if len(it.victims) > 0 {
		paragraph(v.w, "@"+strings.Join(it.victims, ", @"), v.width, indent, v.s.red)
	}
	if len(it.datasets) > 0 {
		paragraph(v.w, strings.Join(it.datasets, ", "), v.width, indent, plain)
	}
	if !v.said[it.why] {
		v.said[it.why] = true
		paragraph(v.w, it.why, v.width, indent, v.s.dim)
	}
}

// row is a mark, a number, words and a size.
func (v *planView) row(danger bool, label, text, amount string) {
	mark := " "
	if danger {
		mark = v.s.red("!")
	}
	fmt.Fprintf(v.w, "%s %*s  %s\n", mark, v.label, label, aligned(text, amount, v.width-v.label-4))
}

func (v *planView) warnings() {
	if len(v.plan.Warnings) == 0 {
		return
	}
	fmt.Fprintln(v.w, "\n"+v.s.bold("Good to know"))
	for _, x := range v.plan.Warnings {
		bullet(v.w, "-", x.Message, v.width, 2)
	}
}
