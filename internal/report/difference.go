package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compare"
)

// mostNames are listed of one dataset's snapshots, and of datasets of one kind; the JSON has them all.
const mostNames = 40

// Difference shows people what a change of the config changes. What is lost comes last, where it is read first.
func Difference(w io.Writer, d *compare.Difference, color bool, width int) {
	v := &differenceView{w: w, s: style{color}, width: textWidth(width)}
	paragraph(w, changes(d), v.width, 0, v.s.bold)
	v.flows("Begins to be replicated", d.Starts)
	v.flows("Is replicated no longer", d.Stops)
	v.moves(d.Moves)
	v.settings(d.Settings)
	v.losses("Would have been destroyed, and is kept", d.Spares)
	v.gone(d.Go)
	v.appear(d.Appear)
	v.orphans(d.Orphans)
	v.losses("Would be destroyed, and was kept before", d.Destroys)
	if len(d.Unreached) > 0 {
		v.title("Not compared")
		bullet(w, "-", "job "+strings.Join(d.Unreached, ", job "), v.width, 2)
	}
}

// changes is the difference in one line.
func changes(d *compare.Difference) string {
	if d.Empty() {
		return "Change: none in what is replicated, how, or in what is destroyed"
	}
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(len(d.Starts), "dataset begins to be replicated", "datasets begin to be replicated")
	add(len(d.Stops), "dataset is replicated no longer", "datasets are replicated no longer")
	add(len(d.Moves), "replica goes to another place", "replicas go to another place")
	add(len(d.Settings), "option changes", "options change")
	lost := 0
	for _, l := range d.Destroys {
		lost += len(l.Snapshots)
	}
	add(lost, "snapshot would be destroyed that was kept before", "snapshots would be destroyed that were kept before")
	add(len(d.Orphans), "replica becomes an orphan", "replicas become orphans")
	add(len(d.Appear), "dataset needs a decision that needed none", "datasets need a decision that needed none")
	if len(parts) == 0 {
		parts = append(parts, "less is destroyed, or in conflict")
	}
	return "Change: " + strings.Join(parts, "; ")
}

// differenceView prints one difference.
type differenceView struct {
	w     io.Writer
	s     style
	width int
}

func (v *differenceView) title(text string) { fmt.Fprintln(v.w, "\n"+v.s.bold(text)) }

func (v *differenceView) flows(title string, all []compare.Flow) {
	if len(all) == 0 {
		return
	}
	v.title(title)
	for _, f := range all[:min(len(all), mostNames)] {
		bullet(v.w, "-", fmt.Sprintf("%s → %s on %s (job %s)", f.Dataset, f.Target, f.Machine, f.Job), v.width, 2)
	}
	v.more(len(all))
}

func (v *differenceView) more(n int) {
	if n > mostNames {
		bullet(v.w, "-", fmt.Sprintf("and %d more", n-mostNames), v.width, 2)
	}
}

func (v *differenceView) moves(all []compare.Move) {
	if len(all) == 0 {
		return
	}
	v.title("Is replicated to another place")
	for _, m := range all[:min(len(all), mostNames)] {
		bullet(v.w, "-", fmt.Sprintf("%s: %s on %s, no longer %s on %s (job %s)",
			m.To.Dataset, m.To.Target, m.To.Machine, m.From.Target, m.From.Machine, m.To.Job), v.width, 2)
	}
	v.more(len(all))
}

func (v *differenceView) settings(all []compare.Setting) {
	if len(all) == 0 {
		return
	}
	v.title("Options")
	for _, s := range all {
		text := fmt.Sprintf("%s: %s → %s", s.Option, said(s.Before), said(s.After))
		if s.Job != "" {
			text = fmt.Sprintf("job %s, %s (%s)", s.Job, text, count(len(s.Datasets), "dataset"))
		}
		bullet(v.w, "-", text, v.width, 2)
	}
}

// said is an option's value without what it leaves open: a policy has seven rules, and few of them are used.
func said(value json.RawMessage) string {
	var members []string
	gjson.ParseBytes(value).ForEach(func(key, member gjson.Result) bool {
		if member.Type != gjson.Null && key.Exists() {
			members = append(members, key.Str+" = "+member.Raw)
		}
		return true
	})
	if len(members) == 0 || value[0] != '{' {
		return string(value)
	}
	return "{ " + strings.Join(members, ", ") + " }"
}

func (v *differenceView) losses(title string, all []compare.Loss) {
	if len(all) == 0 {
		return
	}
	v.title(title)
	for _, l := range all {
		var what []string
		if n := len(l.Snapshots); n > 0 {
			what = append(what, count(n, "snapshot")+": "+some(snapshotNames(l.Snapshots), mostNames))
		}
		if l.RolledBackTo != "" {
			what = append(what, "what was written after "+l.RolledBackTo)
		}
		if l.Partial {
			what = append(what, "what an interrupted transfer had brought")
		}
		bullet(v.w, "!", fmt.Sprintf("%s on %s, %s", l.Dataset, l.Machine, strings.Join(what, "; ")), v.width, 2)
		paragraph(v.w, l.Why, v.width, 4, v.s.dim)
	}
}

func snapshotNames(names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, "@"+n)
	}
	return all
}

func (v *differenceView) orphans(all []compare.Orphan) {
	if len(all) == 0 {
		return
	}
	v.title("Becomes an orphan (nothing is replicated into it any more)")
	for _, o := range all[:min(len(all), mostNames)] {
		fate := "it stays as it is"
		if o.Pruned {
			fate = "retention.target prunes it, down to its newest few"
		}
		bullet(v.w, "!", fmt.Sprintf("%s on %s, replica of %s up to %s: %s", o.Target, o.Machine, o.Dataset, o.Newest, fate), v.width, 2)
	}
	v.more(len(all))
}

func (v *differenceView) appear(all []plan.Conflict) {
	if len(all) == 0 {
		return
	}
	v.title("Needs a decision, and needed none before")
	for i := range all {
		conflict(v.w, &all[i], v.s, v.width)
	}
}

func (v *differenceView) gone(all []plan.Conflict) {
	if len(all) == 0 {
		return
	}
	v.title("Needs no decision any more")
	for _, c := range all {
		bullet(v.w, "-", fmt.Sprintf("%s: %s (job %s)", c.Dataset, c.Code, c.Job), v.width, 2)
	}
}
