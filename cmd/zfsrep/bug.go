package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// bugReport is what the authors need to understand a plan that breaks an invariant. It holds names of datasets,
// snapshots and machines, and no keys: the plan knows only where the identity file lies.
type bugReport struct {
	Zfsrep    string             `json:"zfsrep"`
	Now       time.Time          `json:"now"`
	Action    string             `json:"action"`
	Rule      string             `json:"rule"`
	Plan      *plan.Plan         `json:"plan"`
	Inventory *observe.Inventory `json:"inventory"`
}

// reportBug writes down what is needed to mend a bug of the planner: into the folder, or if there is none or it cannot
// be written, on standard error. Other errors pass.
func (p *program) reportBug(err error, inv *observe.Inventory, dir string) error {
	var bug *plan.InvariantError
	if !errors.As(err, &bug) {
		return err
	}
	data, jsonErr := json.MarshalIndent(bugReport{programVersion(), p.now().UTC(), bug.Action, bug.Rule, bug.Plan, inv}, "", "  ")
	if jsonErr != nil {
		return errors.Join(err, jsonErr)
	}
	if dir != "" {
		file := filepath.Join(dir, "bug-"+p.now().UTC().Format("20060102T150405Z")+".json")
		if writeErr := writeFile(file, append(data, '\n')); writeErr == nil {
			return fmt.Errorf("%w; please send the authors %s, which holds the plan and what was observed", err, file)
		}
	}
	_, _ = io.WriteString(p.stderr, string(data)+"\n")
	return fmt.Errorf("%w; please send the authors the JSON above, which holds the plan and what was observed", err)
}
