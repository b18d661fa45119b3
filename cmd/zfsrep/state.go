package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
)

var stateDirFlag = &cli.StringFlag{Name: "state-dir", Value: "/var/lib/zfsrep", EnvVars: []string{"ZFSREP_STATE_DIR", "STATE_DIRECTORY"},
	Usage: "where run leaves its result for status: `DIR`"}

func parseLevel(s string) (logrus.Level, error) { return logrus.ParseLevel(s) }

// remember keeps how the run ended, for zfsrep status. That it cannot be kept is no failure of the run.
func (p *program) remember(c *cli.Context, jobs []config.Job, r ran) {
	code := exitOK
	var told outcome
	if err := r.exit(); errors.As(err, &told) {
		code = int(told)
	} else if err != nil {
		code = exitFailed
	}
	for _, j := range jobs {
		last := report.LastRun{Started: r.result.Started, Ended: r.result.Ended, Exit: code, Failures: []string{}, Conflicts: []string{}}
		if err := r.failed[j.Name]; err != nil {
			last.Failures = append(last.Failures, withHint(err))
		}
		for _, f := range r.result.Failures {
			if f.Action.Job == j.Name {
				last.Failures = append(last.Failures, f.Action.Do.Title()+": "+f.Err.Error())
			}
		}
		for _, x := range r.plan.Conflicts {
			if x.Job == j.Name {
				last.Conflicts = append(last.Conflicts, x.Dataset+": "+string(x.Code))
			}
		}
		last.Done, last.Bytes = r.result.Done, r.result.Bytes
		data, err := json.MarshalIndent(last, "", "  ")
		if err == nil {
			err = writeFile(lastRunFile(c, j.Name), append(data, '\n'))
		}
		if err != nil {
			p.log.Warnf("cannot keep the result for zfsrep status: %v", err)
		}
	}
}

func lastRunFile(c *cli.Context, job string) string {
	return filepath.Join(c.String("state-dir"), "last-"+job+".json")
}

// lastRun is how the job's last run ended, nil if it has not run.
func lastRun(c *cli.Context, job string) (*report.LastRun, error) {
	data, err := os.ReadFile(lastRunFile(c, job))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var last report.LastRun
	if err := json.Unmarshal(data, &last); err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", lastRunFile(c, job), err)
	}
	return &last, nil
}

// writeFile replaces a file as a whole: a reader, or a crash, sees the old one or the new one.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
