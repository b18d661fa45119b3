package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidwall/gjson"
)

// wireAction is an action as plan.json has it: the fields of all kinds side by side.
type wireAction struct {
	ID                string            `json:"id"`
	Job               string            `json:"job"`
	Kind              Kind              `json:"kind"`
	Mode              Mode              `json:"mode,omitempty"`
	Side              Side              `json:"side,omitempty"`
	Dataset           string            `json:"dataset,omitempty"`
	Datasets          []string          `json:"datasets,omitempty"`
	Name              string            `json:"name,omitempty"`
	Target            string            `json:"target,omitempty"`
	From              *Ref              `json:"from,omitempty"`
	Origin            bool              `json:"origin,omitempty"`
	To                wireTo            `json:"to,omitzero"`
	Destroys          *[]string         `json:"destroys,omitempty"`
	DestroysBookmarks []string          `json:"destroysBookmarks,omitempty"`
	Snapshot          string            `json:"snapshot,omitempty"`
	Bookmark          string            `json:"bookmark,omitempty"`
	Tag               string            `json:"tag,omitempty"`
	Names             []string          `json:"names,omitempty"`
	Property          string            `json:"property,omitempty"`
	Value             string            `json:"value,omitempty"`
	Set               map[string]string `json:"set,omitempty"`
	Volume            bool              `json:"volume,omitempty"`
	Intermediates     *bool             `json:"intermediates,omitempty"`
	EstimatedBytes    *int64            `json:"estimatedBytes,string,omitempty"`
	Flags             *wireFlags        `json:"flags,omitempty"`
	Receive           *wireReceive      `json:"receive,omitempty"`
	Token             string            `json:"token,omitempty"`
	Why               string            `json:"why"`
	Needs             []string          `json:"needs"`
	Destructive       bool              `json:"destructive"`
	Expect            []Expect          `json:"expect"`
	Commands          []Command         `json:"commands"`
}

// wireTo is the end of a send or rollback, or the new name of a rename.
type wireTo struct {
	Ref
	NewName string
}

// MarshalJSON writes whichever it is.
func (t wireTo) MarshalJSON() ([]byte, error) {
	if t.NewName != "" {
		return marshal(t.NewName)
	}
	return marshal(t.Ref)
}

// UnmarshalJSON reads it.
func (t *wireTo) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &t.NewName)
	}
	return json.Unmarshal(b, &t.Ref)
}

// fromWire makes each kind's step. A kind that is missing here cannot be read back, which a test checks.
var fromWire = map[Kind]func(wireAction) Step{
	"create-dataset":    createDatasetFromWire,
	"send":              sendFromWire,
	"rollback":          rollbackFromWire,
	"abort-receive":     abortReceiveFromWire,
	"rename":            renameFromWire,
	"hold":              holdFromWire,
	"release":           releaseFromWire,
	"bookmark":          bookmarkFromWire,
	"snapshot":          snapshotFromWire,
	"destroy-snapshots": destroySnapshotsFromWire,
	"destroy-bookmarks": destroyBookmarksFromWire,
	"set-property":      setPropertyFromWire,
}

type wirePlan struct {
	FormatVersion int                   `json:"formatVersion"`
	ID            string                `json:"id,omitempty"`
	Created       *time.Time            `json:"created,omitempty"`
	Config        json.RawMessage       `json:"config,omitempty"`
	Jobs          map[string]Connection `json:"jobs"`
	Actions       []wireAction          `json:"actions"`
	Conflicts     []Conflict            `json:"conflicts"`
	Warnings      []Warning             `json:"warnings"`
	UpToDate      []string              `json:"upToDate"`
	Orphans       []Orphan              `json:"orphans"`
}

func (p *Plan) wire() wirePlan {
	w := wirePlan{FormatVersion: FormatVersion, Config: p.Config, Jobs: p.Jobs, Actions: []wireAction{}, Conflicts: orEmpty(p.Conflicts),
		Warnings: orEmpty(p.Warnings), UpToDate: orEmpty(p.UpToDate), Orphans: orEmpty(p.Orphans)}
	for i := range p.Actions {
		a := &p.Actions[i]
		x := wireAction{ID: a.ID, Job: a.Job, Kind: a.Do.Kind(), Why: a.Why, Needs: orEmpty(a.Needs),
			Destructive: a.Do.Destructive(), Expect: orEmpty(a.Expect), Commands: p.Commands(a)}
		a.Do.toWire(&x)
		w.Actions = append(w.Actions, x)
	}
	return w
}

// MarshalJSON writes the contract's form.
func (p *Plan) MarshalJSON() ([]byte, error) {
	w := p.wire()
	w.ID, w.Created = p.ID, &p.Created
	return marshal(w)
}

// UnmarshalJSON reads a saved plan, and refuses one that was changed after it was made or whose commands are not
// those of its steps: what runs is what was shown.
func (p *Plan) UnmarshalJSON(b []byte) error {
	if v := gjson.GetBytes(b, "formatVersion"); v.Int() != FormatVersion {
		return fmt.Errorf("the plan has format %q, this zfsrep reads format %d", v.String(), FormatVersion)
	}
	var w wirePlan
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	w.complete()
	read := Plan{ID: w.ID, Config: w.Config, Jobs: w.Jobs, Conflicts: w.Conflicts, Warnings: w.Warnings, UpToDate: w.UpToDate, Orphans: w.Orphans}
	if w.Created != nil {
		read.Created = *w.Created
	}
	for _, x := range w.Actions {
		if err := x.check(); err != nil {
			return err
		}
		read.Actions = append(read.Actions, Action{ID: x.ID, Job: x.Job, Do: fromWire[x.Kind](x), Why: x.Why, Needs: x.Needs, Expect: x.Expect})
	}
	if err := read.check(w.Actions); err != nil {
		return err
	}
	if read.ID != hash(b) {
		return fmt.Errorf("the plan does not match its id: it was changed after it was made; make it again with zfsrep plan --out")
	}
	*p = read
	return nil
}

// Seal gives the plan its ID.
func (p *Plan) Seal() {
	b, err := marshal(p.wire())
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	p.ID = hash(b)
}

// marshal is json.Marshal without the escaping of <, > and & that only HTML wants.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
