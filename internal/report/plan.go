// Package report shows what is planned, what happens and how things stand: to people, to machines as JSON, to the
// journal and the log file. It is the last step of the flow and the only package that prints.
//
// The rules of its words: plain English, lower case after the mark in front, no full stop. A problem says what
// happened, to which dataset, on which machine, and what to do.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/zfsrep/zfsrep/internal/host"
	"github.com/zfsrep/zfsrep/plan"
)

// PlanOptions say how much of a plan to show.
type PlanOptions struct {
	Commands bool // every command line, exactly as it will run
	Color    bool
}

// Plan shows a plan for people: what will happen, in which order, how much data, why, and what needs a decision.
func Plan(w io.Writer, p *plan.Plan, o PlanOptions) {
	s := style{o.Color}
	fmt.Fprintln(w, s.bold(headline(p)))
	for _, name := range jobNames(p) {
		fmt.Fprintf(w, "  job %s: this machine → %s\n", name, TargetName(p.Jobs[name]))
	}
	if len(p.Actions) > 0 {
		fmt.Fprintln(w, "\nIn this order:")
	}
	for i := range p.Actions {
		action(w, &p.Actions[i], o, s, len(fmt.Sprint(len(p.Actions))))
	}
	conflicts(w, p.Conflicts, s)
	if len(p.Warnings) > 0 {
		fmt.Fprintln(w, "\nGood to know:")
		for _, x := range p.Warnings {
			fmt.Fprintf(w, "  - %s\n", x.Message)
		}
	}
	if len(p.UpToDate) > 0 {
		fmt.Fprintf(w, "\nUp to date: %s\n", some(p.UpToDate, 8))
	}
}

// headline is the plan in one line.
func headline(p *plan.Plan) string {
	var parts []string
	sends, bytes, sized, destroys := 0, int64(0), true, 0
	for i := range p.Actions {
		switch d := p.Actions[i].Do.(type) {
		case plan.Send:
			sends++
			if d.Bytes != nil {
				bytes += *d.Bytes
			} else {
				sized = false
			}
		case plan.Rollback:
			destroys += len(d.Destroys)
		case plan.DestroySnapshots:
			destroys += len(d.Names)
		}
	}
	if len(p.Actions) == 0 {
		parts = append(parts, "nothing to do")
	} else {
		parts = append(parts, count(len(p.Actions), "action"))
	}
	if sends > 0 {
		size := ", " + humanize.IBytes(uint64(bytes)) + " to send"
		if !sized {
			size = ""
		}
		parts = append(parts, count(sends, "transfer")+size)
	}
	if destroys > 0 {
		parts = append(parts, count(destroys, "snapshot")+" to destroy")
	}
	if n := len(p.Conflicts); n > 0 {
		parts = append(parts, count(n, "dataset")+" in conflict")
	}
	return "Plan: " + strings.Join(parts, "; ")
}

func action(w io.Writer, a *plan.Action, o PlanOptions, s style, width int) {
	mark := " "
	if a.Do.Destructive() {
		mark = s.red("!")
	}
	title := a.Do.Title()
	if d, ok := a.Do.(plan.Send); ok {
		if d.Target != d.Dataset {
			title += " into " + d.Target
		}
		if d.Bytes != nil {
			title += ", about " + humanize.IBytes(uint64(*d.Bytes))
		}
	} else {
		title += " " + where(a)
	}
	fmt.Fprintf(w, "%s %*s  %s\n", mark, width, a.ID, title)
	indent := strings.Repeat(" ", width+4)
	fmt.Fprintln(w, s.dim(indent+a.Why))
	for _, line := range details(a) {
		fmt.Fprintln(w, indent+line)
	}
	if o.Commands {
		for i, c := range a.Commands {
			pipe := ""
			if i > 0 && len(a.Commands) == 2 && isSend(a) {
				pipe = "| "
			}
			fmt.Fprintf(w, "%s%s$ %s%s\n", indent, c.Side, pipe, host.Quote(c.Argv))
		}
	}
}

func isSend(a *plan.Action) bool { _, ok := a.Do.(plan.Send); return ok }

// where says on which machine an action happens.
func where(a *plan.Action) string {
	if len(a.Commands) > 0 && a.Commands[0].Side == plan.Target {
		return "on the target"
	}
	return "here"
}

// details lists by name what an action destroys.
func details(a *plan.Action) []string {
	switch d := a.Do.(type) {
	case plan.Rollback:
		if len(d.Destroys) > 0 {
			return []string{"destroys @" + some(d.Destroys, len(d.Destroys), ", @")}
		}
	case plan.DestroySnapshots:
		return []string{"@" + some(d.Names, len(d.Names), ", @")}
	}
	return nil
}

func conflicts(w io.Writer, all []plan.Conflict, s style) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+s.bold("Needs a decision")+" (nothing of these is touched, everything else goes on):")
	for _, c := range all {
		fmt.Fprintf(w, "%s %s  %s\n", s.red("!"), s.bold(c.Dataset), c.Code)
		fmt.Fprintf(w, "    %s\n    → %s\n", c.Message, c.Hint)
	}
}

// TargetName is how people call a job's target.
func TargetName(c plan.Connection) string {
	if c.RemoteHost == "" {
		return "another pool of this machine"
	}
	name := c.RemoteUser + "@" + c.RemoteHost
	if c.RemotePort != 22 {
		name += fmt.Sprintf(":%d", c.RemotePort)
	}
	return name
}

func jobNames(p *plan.Plan) []string {
	var names []string
	for name := range p.Jobs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// some joins the first few of many names.
func some(names []string, most int, sep ...string) string {
	between := ", "
	if len(sep) > 0 {
		between = sep[0]
	}
	if len(names) > most {
		return strings.Join(names[:most], between) + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, between)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
