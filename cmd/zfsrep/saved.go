package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/plan"
	"github.com/zfsrep/zfsrep/plan/compile"
)

// readPlan reads a saved plan.
func readPlan(file string) (*plan.Plan, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{fmt.Errorf("cannot read the plan: %w", err)}
	}
	var saved plan.Plan
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, usageError{fmt.Errorf("cannot read the plan %s: %w", file, err)}
	}
	return &saved, nil
}

// planConfig is the config that a saved plan was made from, and its jobs that the plan is for.
func planConfig(file string, saved *plan.Plan) (*config.Config, []config.Job, error) {
	if len(saved.Config) == 0 {
		return nil, nil, usageError{fmt.Errorf("the plan %s does not say what it was made from, so it cannot be held against the machines as they are now: make it again with zfsrep plan --out", file)}
	}
	cfg, found := config.Parse(saved.Config)
	if found.HasErrors() {
		return nil, nil, usageError{fmt.Errorf("the plan %s was made from a config that this zfsrep does not take: make it again with zfsrep plan --out (%w)", file, found)}
	}
	var jobs []config.Job
	for i := range cfg.Jobs {
		j := &cfg.Jobs[i]
		if c, ok := saved.Jobs[j.Name]; ok {
			if !sameJSON(c, compile.ConnectionOf(j)) {
				return nil, nil, usageError{fmt.Errorf("the plan %s reaches the target of job %s in another way than its config says: it was changed after it was made", file, j.Name)}
			}
			jobs = append(jobs, *j)
		}
	}
	if len(jobs) != len(saved.Jobs) {
		return nil, nil, usageError{fmt.Errorf("the plan %s has jobs that its config has not: it was changed after it was made", file)}
	}
	return cfg, jobs, nil
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// staleError says what changed since a plan was made, in one sentence.
type staleError struct {
	file  string
	age   string
	since []string
}

func (e staleError) Error() string {
	return fmt.Sprintf("nothing was touched: %s was made %s; since then %s; zfsrep plan --out makes a new one", e.file, e.age, strings.Join(e.since, ", "))
}

// age is how long ago the plan was made, in words.
func age(made, now time.Time) string {
	if d := now.Sub(made); d >= 0 && d < time.Minute {
		return "just now"
	}
	return humanize.RelTime(made, now, "ago", "from now")
}
