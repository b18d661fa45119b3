package report

import (
	"encoding/json"
	"io"
	"time"

	"github.com/zfsrep/zfsrep/exec"
	"github.com/zfsrep/zfsrep/plan"
)

// EventsVersion is the format of run --json. It changes when a reader of the old format would misunderstand; fields
// and events may be added without that.
const EventsVersion = 1

// Events tells machines how a run goes: one JSON object a line, each with version, time and event.
type Events struct {
	W   io.Writer
	Now func() time.Time

	told map[string]time.Time // by action, the last progress
}

// progressEvery is how often a transfer's progress becomes an event.
const progressEvery = time.Second

// event holds the fields of all kinds of events side by side.
type event struct {
	Version int       `json:"version"`
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`

	// unreached, and every event of an action
	Job    string    `json:"job,omitempty"`
	Action string    `json:"action,omitempty"`
	Kind   plan.Kind `json:"kind,omitempty"`
	// Dataset is the one that the action is about: of a send, the source's.
	Dataset string   `json:"dataset,omitempty"`
	Target  string   `json:"target,omitempty"`
	Title   string   `json:"title,omitempty"`
	Bytes   *int64   `json:"bytes,omitempty,string"`
	Seconds *float64 `json:"seconds,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Error   string   `json:"error,omitempty"`
	Advice  string   `json:"advice,omitempty"`
	Why     string   `json:"why,omitempty"`

	// planned
	Plan      string          `json:"plan,omitempty"`
	Actions   *int            `json:"actions,omitempty"`
	Estimated *int64          `json:"estimatedBytes,omitempty,string"`
	Conflicts []plan.Conflict `json:"conflicts,omitempty"`
	Warnings  []plan.Warning  `json:"warnings,omitempty"`
	UpToDate  []string        `json:"upToDate,omitempty"`

	// done
	Exit        *int     `json:"exit,omitempty"`
	Done        *int     `json:"done,omitempty"`
	Failed      *int     `json:"failed,omitempty"`
	Skipped     *int     `json:"skipped,omitempty"`
	Unreached   []string `json:"unreached,omitempty"`
	Interrupted bool     `json:"interrupted,omitempty"`
}

func (v *Events) print(e event) {
	e.Version, e.Time = EventsVersion, v.Now().UTC()
	enc := json.NewEncoder(v.W)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e) // nobody reads: the run goes on
}

// Unreached implements View.
func (v *Events) Unreached(job string, err error) {
	v.print(event{Event: "unreached", Job: job, Error: oneLine(err.Error()), Advice: advice(err)})
}

// Planned implements View.
func (v *Events) Planned(p *plan.Plan) {
	actions := len(p.Actions)
	e := event{Event: "planned", Plan: p.ID, Actions: &actions, Conflicts: p.Conflicts, Warnings: p.Warnings, UpToDate: p.UpToDate}
	var total amount
	for i := range p.Actions {
		if d, ok := p.Actions[i].Do.(plan.Send); ok {
			total.add(d.Bytes)
		}
	}
	if !total.missing {
		e.Estimated = &total.bytes
	}
	v.print(e)
}

// Event implements View.
func (v *Events) Event(x exec.Event) {
	switch x := x.(type) {
	case exec.Started:
		v.print(about("started", x.Action))
	case exec.Progress:
		now := v.Now()
		if v.told == nil {
			v.told = map[string]time.Time{}
		}
		if last, ok := v.told[x.Action.ID]; ok && now.Sub(last) < progressEvery {
			return
		}
		v.told[x.Action.ID] = now
		e := about("progress", x.Action)
		e.Bytes = &x.Bytes
		v.print(e)
	case exec.Finished:
		e := about("finished", x.Action)
		seconds := x.Took.Seconds()
		e.Seconds, e.Notes = &seconds, x.Notes
		if _, ok := x.Action.Do.(plan.Send); ok {
			e.Bytes = &x.Bytes
		}
		v.print(e)
	case exec.Failed:
		e := about("failed", x.Action)
		e.Error, e.Advice = oneLine(x.Err.Error()), advice(x.Err)
		if _, ok := x.Action.Do.(plan.Send); ok {
			e.Bytes = &x.Bytes
		}
		v.print(e)
	case exec.Skipped:
		e := about("skipped", x.Action)
		e.Why = x.Why
		v.print(e)
	}
}

func about(name string, a *plan.Action) event {
	_, dataset := subject(a)
	e := event{Event: name, Job: a.Job, Action: a.ID, Kind: a.Do.Kind(), Dataset: dataset, Title: a.Do.Title()}
	if s, ok := a.Do.(plan.Send); ok {
		e.Target = s.Target
	}
	return e
}

// Again implements View.
func (v *Events) Again(_ []exec.Failure, pause time.Duration) {
	seconds := pause.Seconds()
	v.told = nil // the next plan numbers its actions anew
	v.print(event{Event: "again", Seconds: &seconds})
}

// Done implements View.
func (v *Events) Done(s Summary) {
	failed, seconds := len(s.Result.Failures), s.Result.Ended.Sub(s.Result.Started).Seconds()
	v.print(event{Event: "done", Exit: &s.Exit, Done: &s.Result.Done, Failed: &failed, Skipped: &s.Result.Skipped, Bytes: &s.Result.Bytes,
		Seconds: &seconds, Unreached: s.Unreached, Interrupted: s.Result.Interrupted})
}
