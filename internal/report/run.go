package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/plan"
)

// Run tells people how a run goes: lines to the log, and on a terminal a line of progress that is written over.
type Run struct {
	Log      *logrus.Logger
	Progress *Progress
	Now      func() time.Time

	plan    *plan.Plan
	skipped []exec.Skipped
}

// Unreached implements View.
func (r *Run) Unreached(job string, err error) { r.Log.Errorf("job %s: %s", job, Explain(err)) }

// Planned implements View.
func (r *Run) Planned(p *plan.Plan) {
	r.plan = p
	r.Log.Info(headline(p))
	for _, c := range p.Conflicts {
		r.Log.Warnf("%s needs a decision (%s): %s; %s", c.Dataset, c.Code, oneLine(c.Message), oneLine(c.Hint))
	}
	for _, w := range p.Warnings {
		r.Log.Warn(oneLine(w.Message))
	}
}

// Event implements View.
func (r *Run) Event(e exec.Event) {
	r.Progress.event(e, r.plan)
	switch e := e.(type) {
	case exec.Started:
		r.Log.Debugf("%s begins: %s (%s)", r.number(e.Action), e.Action.Do.Title(), e.Action.Why)
	case exec.Finished:
		r.finished(e)
	case exec.Failed:
		r.Log.Errorf("%s cannot %s: %s", r.number(e.Action), e.Action.Do.Title(), Explain(e.Err))
	case exec.Skipped:
		r.skipped = append(r.skipped, e) // told in one go at the end
	}
}

// number says which action of how many this is.
func (r *Run) number(a *plan.Action) string { return fmt.Sprintf("%s/%d", a.ID, len(r.plan.Actions)) }

func (r *Run) finished(e exec.Finished) {
	level, text := logrus.InfoLevel, e.Action.Do.Title()
	switch e.Action.Do.(type) {
	case plan.Send:
		text += fmt.Sprintf(": %s in %s", size(e.Bytes), roughly(e.Took))
		if speed := rate(e.Bytes, e.Took); speed != "" {
			text += ", " + speed
		}
	case plan.Bookmark, plan.DestroyBookmarks:
		level = logrus.DebugLevel // bookkeeping
		text += " " + where(e.Action)
	default:
		text += " " + where(e.Action)
	}
	r.Log.Logf(level, "%s %s", r.number(e.Action), text)
	for _, victim := range victims(e.Action.Do) {
		r.Log.Infof("%s destroyed %s %s", r.number(e.Action), victim, where(e.Action))
	}
	for _, note := range e.Notes {
		r.Log.Warnf("%s %s: zfs says: %s", r.number(e.Action), e.Action.Do.Title(), oneLine(note))
	}
}

// victims are the snapshots that a step destroys, in full: the log keeps what is gone.
func victims(s plan.Step) []string {
	var dataset string
	var names []string
	switch d := s.(type) {
	case plan.Rollback:
		dataset, names = d.Dataset, d.Destroys
	case plan.DestroySnapshots:
		dataset, names = d.Dataset, d.Names
	}
	var all []string
	for _, n := range names {
		all = append(all, dataset+"@"+n)
	}
	return all
}

// Again implements View.
func (r *Run) Again(_ []exec.Failure, pause time.Duration) {
	r.Progress.clear()
	r.skipped = nil
	when := "at once"
	if pause > 0 {
		when = "in " + roughly(pause)
	}
	r.Log.Warnf("something changed on the way, or a connection broke: looking and planning again %s", when)
}

// Done implements View.
func (r *Run) Done(s Summary) {
	r.Progress.clear()
	r.tellSkipped()
	text := done(s)
	if s.Exit == 0 {
		r.Log.Info("success: " + text)
		return
	}
	r.Log.Error("failed: " + text)
}

// tellSkipped says what was not tried, once for each reason. An action that waits for a skipped one has its reason.
func (r *Run) tellSkipped() {
	type rest struct {
		datasets []string
		actions  int
	}
	first := map[string]string{} // by dataset
	byWhy := map[string]*rest{}
	var order []string
	for _, e := range r.skipped {
		_, dataset := subject(e.Action)
		why, known := first[dataset]
		if !known {
			why = e.Why
			first[dataset] = why
		}
		if byWhy[why] == nil {
			byWhy[why] = &rest{}
			order = append(order, why)
		}
		byWhy[why].actions++
		if !known {
			byWhy[why].datasets = append(byWhy[why].datasets, dataset)
		}
	}
	for _, why := range order {
		x := byWhy[why]
		r.Log.Warnf("not tried: %s of %s, because %s", count(x.actions, "action"), some(x.datasets, 8), why)
	}
}

// done is how a run ended, in one line.
func done(s Summary) string {
	var bad []string
	if n := len(s.Unreached); n > 0 {
		bad = append(bad, "nothing could be done for job "+strings.Join(s.Unreached, ", "))
	}
	if s.Result.Interrupted {
		bad = append(bad, "interrupted, the next run goes on from there")
	}
	if n := len(s.Result.Failures); n > 0 {
		bad = append(bad, count(n, "action")+" failed")
	}
	if n := s.Result.Skipped; n > 0 {
		bad = append(bad, count(n, "action")+" not tried")
	}
	if n := len(s.Plan.Conflicts); n > 0 {
		var names []string
		for _, c := range s.Plan.Conflicts {
			names = append(names, c.Dataset)
		}
		bad = append(bad, fmt.Sprintf("%s in conflict (%s)", count(n, "dataset"), some(names, 3)))
	}
	good := fmt.Sprintf("%s done, %s sent in %s", count(s.Result.Done, "action"), size(s.Result.Bytes), roughly(s.Result.Ended.Sub(s.Result.Started)))
	if len(s.Plan.Actions) == 0 {
		good = "nothing to do"
		if n := len(s.Plan.UpToDate); n > 0 {
			good += ", " + count(n, "dataset") + " up to date"
		}
		if len(s.Unreached) > 0 && len(s.Plan.UpToDate) == 0 && len(s.Plan.Conflicts) == 0 {
			return strings.Join(bad, "; ") + "; the next run tries again"
		}
	}
	return strings.Join(append(bad, good), "; ")
}
