package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/zfsrep/zfsrep/internal/observe"
	"github.com/zfsrep/zfsrep/plan"
)

// bugReport is what the authors need to understand a dataset that zfsrep got wrong: with it they make the same plan. It
// holds names of datasets, snapshots and machines, and no keys: the plan knows only where the identity file lies.
type bugReport struct {
	Zfsrep    string             `json:"zfsrep"`
	Now       time.Time          `json:"now"`
	Conflicts []plan.Conflict    `json:"conflicts"`
	Plan      *plan.Plan         `json:"plan"`
	Inventory *observe.Inventory `json:"inventory"`
}

// reportBug writes into the folder what is needed to mend what zfsrep got wrong, when there is anything. The run itself
// goes on with all other datasets.
func (p *program) reportBug(made *plan.Plan, inv *observe.Inventory, dir string) {
	var bugs []plan.Conflict
	for _, c := range made.Conflicts {
		if c.Code == plan.Internal {
			bugs = append(bugs, c)
		}
	}
	if len(bugs) == 0 {
		return
	}
	data, err := json.MarshalIndent(bugReport{programVersion(), p.now().UTC(), bugs, made, inv}, "", "  ")
	file := filepath.Join(dir, "bug-"+p.now().UTC().Format("20060102T150405Z")+".json")
	if err == nil {
		err = writeFile(file, append(data, '\n'))
	}
	if err != nil {
		p.log.Warnf("cannot write down what zfsrep got wrong: %v; zfsrep observe and zfsrep plan --json print what its authors need", err)
		return
	}
	if err := dropOldReports(dir); err != nil {
		p.log.Debugf("old reports stay: %v", err)
	}
	p.log.Errorf("zfsrep made a mistake about %s; please send its authors %s, which holds the plan and what was observed", bugs[0].Dataset, file)
}

// dropOldReports keeps the newest few: the same bug comes again every night.
func dropOldReports(dir string) error {
	const most = 5
	files, err := filepath.Glob(filepath.Join(dir, "bug-*.json"))
	if err != nil || len(files) <= most {
		return err
	}
	slices.Sort(files)
	for _, old := range files[:len(files)-most] {
		if err := os.Remove(old); err != nil {
			return err
		}
	}
	return nil
}
