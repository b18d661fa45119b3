package report

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/sirupsen/logrus"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/plan"
)

// Run tells a run as it happens: lines to the log, and on a terminal a line of progress that is written over.
type Run struct {
	Log      *logrus.Logger
	Terminal io.Writer // nil: no progress
	Now      func() time.Time

	drawn bool
	began map[string]time.Time
}

// Planned tells what the run is about to do.
func (r *Run) Planned(p *plan.Plan) {
	r.Log.Info(headline(p))
	for _, c := range p.Conflicts {
		r.Log.Warnf("%s needs a decision (%s): %s; %s", c.Dataset, c.Code, c.Message, c.Hint)
	}
	for _, w := range p.Warnings {
		r.Log.Warn(w.Message)
	}
}

// Event takes the executor's events.
func (r *Run) Event(e exec.Event) {
	if r.began == nil {
		r.began = map[string]time.Time{}
	}
	switch e := e.(type) {
	case exec.Started:
		r.began[e.Action.ID] = r.Now()
		r.Log.Debugf("begins: %s", e.Action.Do.Title())
	case exec.Progress:
		r.progress(e)
	case exec.Finished:
		r.clear()
		r.Log.Info(finished(e))
		for _, note := range e.Notes {
			r.Log.Warnf("%s: %s", e.Action.Do.Title(), note)
		}
	case exec.Failed:
		r.clear()
		r.Log.Errorf("cannot %s: %v", e.Action.Do.Title(), e.Err)
	case exec.Skipped:
		r.clear()
		r.Log.Warnf("not done: %s (%s)", e.Action.Do.Title(), e.Why)
	}
}

func finished(e exec.Finished) string {
	title := e.Action.Do.Title()
	if _, ok := e.Action.Do.(plan.Send); !ok {
		return title + " " + where(e.Action)
	}
	text := fmt.Sprintf("%s: %s in %s", title, humanize.IBytes(uint64(e.Bytes)), roughly(e.Took))
	if s := e.Took.Seconds(); s >= 1 {
		text += fmt.Sprintf(", %s/s", humanize.IBytes(uint64(float64(e.Bytes)/s)))
	}
	return text
}

// progress draws one line over itself.
func (r *Run) progress(e exec.Progress) {
	if r.Terminal == nil {
		return
	}
	text := fmt.Sprintf("%s: %s", e.Action.Do.Title(), humanize.IBytes(uint64(e.Bytes)))
	if d, ok := e.Action.Do.(plan.Send); ok && d.Bytes != nil && *d.Bytes > 0 {
		text += fmt.Sprintf(" of about %s", humanize.IBytes(uint64(*d.Bytes)))
	}
	if s := r.Now().Sub(r.began[e.Action.ID]).Seconds(); s >= 1 {
		text += fmt.Sprintf(", %s/s", humanize.IBytes(uint64(float64(e.Bytes)/s)))
	}
	fmt.Fprintf(r.Terminal, "\r\x1b[K  %s", text)
	r.drawn = true
}

func (r *Run) clear() {
	if r.drawn {
		fmt.Fprint(r.Terminal, "\r\x1b[K")
		r.drawn = false
	}
}

// Done tells how the run ended.
func (r *Run) Done(res exec.Result, conflicts int) {
	r.clear()
	text := fmt.Sprintf("%s done, %s sent in %s", count(res.Done, "action"), humanize.IBytes(uint64(res.Bytes)), roughly(res.Ended.Sub(res.Started)))
	if n := len(res.Failures); n > 0 {
		text += fmt.Sprintf("; %d failed", n)
	}
	if res.Skipped > 0 {
		text += fmt.Sprintf("; %d not tried", res.Skipped)
	}
	if conflicts > 0 {
		text += fmt.Sprintf("; %s in conflict", count(conflicts, "dataset"))
	}
	if res.Interrupted {
		text += "; interrupted"
	}
	if res.OK() {
		r.Log.Info("success: " + text)
	} else {
		r.Log.Error("failed: " + text)
	}
}

// roughly is a duration as people say it.
func roughly(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
