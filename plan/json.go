package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tidwall/gjson"
)

// wireAction is an action as plan.json has it: the fields of all kinds side by side.
type wireAction struct {
	ID                string    `json:"id"`
	Job               string    `json:"job"`
	Kind              Kind      `json:"kind"`
	Mode              Mode      `json:"mode,omitempty"`
	Side              Side      `json:"side,omitempty"`
	Dataset           string    `json:"dataset,omitempty"`
	Datasets          []string  `json:"datasets,omitempty"`
	Name              string    `json:"name,omitempty"`
	Target            string    `json:"target,omitempty"`
	From              *Ref      `json:"from,omitempty"`
	Origin            bool      `json:"origin,omitempty"`
	To                any       `json:"to,omitempty"` // Ref, or the new name of a rename
	Destroys          *[]string `json:"destroys,omitempty"`
	DestroysBookmarks []string  `json:"destroysBookmarks,omitempty"`
	Snapshot          string    `json:"snapshot,omitempty"`
	Bookmark          string    `json:"bookmark,omitempty"`
	Tag               string    `json:"tag,omitempty"`
	Names             []string  `json:"names,omitempty"`
	Property          string    `json:"property,omitempty"`
	Value             string    `json:"value,omitempty"`
	Intermediates     *bool     `json:"intermediates,omitempty"`
	EstimatedBytes    *int64    `json:"estimatedBytes,string,omitempty"`
	Why               string    `json:"why"`
	Needs             []string  `json:"needs"`
	Destructive       bool      `json:"destructive"`
	Expect            []Expect  `json:"expect"`
	Commands          []Command `json:"commands"`
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

// MarshalJSON writes the contract's form.
func (a Action) MarshalJSON() ([]byte, error) {
	w := wireAction{ID: a.ID, Job: a.Job, Kind: a.Do.Kind(), Why: a.Why, Needs: orEmpty(a.Needs),
		Destructive: a.Do.Destructive(), Expect: orEmpty(a.Expect), Commands: orEmpty(a.Commands)}
	a.Do.toWire(&w)
	return marshal(w)
}

// UnmarshalJSON reads it.
func (a *Action) UnmarshalJSON(b []byte) error {
	var w wireAction
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	make, ok := fromWire[w.Kind]
	if !ok {
		return fmt.Errorf("action %s has the kind %q, which this zfsrep does not know", w.ID, w.Kind)
	}
	switch to := gjson.GetBytes(b, "to"); {
	case to.IsObject():
		var r Ref
		if err := json.Unmarshal([]byte(to.Raw), &r); err != nil {
			return err
		}
		w.To = r
	case to.Exists():
		w.To = to.String()
	}
	*a = Action{ID: w.ID, Job: w.Job, Do: make(w), Why: w.Why, Needs: w.Needs, Expect: w.Expect, Commands: w.Commands}
	if s, ok := a.Do.(Send); ok && (s.Mode == Incremental && s.From == nil || s.Mode != Full && s.Mode != Incremental && s.Mode != Resume) {
		return fmt.Errorf("action %s is a send of the mode %q that does not say from where", w.ID, w.Mode)
	}
	return nil
}

type wirePlan struct {
	FormatVersion int                   `json:"formatVersion"`
	ID            string                `json:"id,omitempty"`
	Created       *time.Time            `json:"created,omitempty"`
	Jobs          map[string]Connection `json:"jobs"`
	Actions       []Action              `json:"actions"`
	Conflicts     []Conflict            `json:"conflicts"`
	Warnings      []Warning             `json:"warnings"`
	UpToDate      []string              `json:"upToDate"`
}

func (p *Plan) wire() wirePlan {
	return wirePlan{FormatVersion: FormatVersion, Jobs: p.Jobs, Actions: orEmpty(p.Actions), Conflicts: orEmpty(p.Conflicts),
		Warnings: orEmpty(p.Warnings), UpToDate: orEmpty(p.UpToDate)}
}

// MarshalJSON writes the contract's form.
func (p *Plan) MarshalJSON() ([]byte, error) {
	w := p.wire()
	w.ID, w.Created = p.ID, &p.Created
	return marshal(w)
}

// UnmarshalJSON reads a saved plan and refuses one that was changed after it was made: what runs is what was shown.
func (p *Plan) UnmarshalJSON(b []byte) error {
	if v := gjson.GetBytes(b, "formatVersion"); v.Int() != FormatVersion {
		return fmt.Errorf("the plan has format %q, this zfsrep reads format %d", v.String(), FormatVersion)
	}
	var w wirePlan
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*p = Plan{ID: w.ID, Jobs: w.Jobs, Actions: w.Actions, Conflicts: w.Conflicts, Warnings: w.Warnings, UpToDate: w.UpToDate}
	if w.Created != nil {
		p.Created = *w.Created
	}
	seen := map[string]bool{}
	for _, a := range p.Actions {
		for _, id := range a.Needs {
			if !seen[id] {
				return fmt.Errorf("action %s needs action %s, which does not come before it", a.ID, id)
			}
		}
		if seen[a.ID] {
			return fmt.Errorf("two actions have the id %s", a.ID)
		}
		seen[a.ID] = true
	}
	if want := p.hash(); p.ID != want {
		return fmt.Errorf("the plan does not match its id: it was changed after it was made; make it again with zfsrep plan --out")
	}
	return nil
}

// hash is the plan's ID.
func (p *Plan) hash() string {
	b, err := marshal(p.wire())
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
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
