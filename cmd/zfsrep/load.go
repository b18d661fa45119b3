package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/zfsrep/zfsrep/internal/config"
	"github.com/zfsrep/zfsrep/internal/report"
)

// identityVariable overrides every job's identityFile: systemd puts the key where LoadCredential says, a place that
// is known only when the service runs.
const identityVariable = "ZFSREP_IDENTITY_FILE"

// readConfig reads the config file.
func readConfig(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usageError{fmt.Errorf("cannot read the config: there is no file %s; --config says where it is", file)}
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("cannot read the config: %w", err)}
	}
	return data, nil
}

// load reads the config, prints what is wrong with it, and picks the jobs to work on.
func (p *program) load(c *cli.Context) (cfg *config.Config, jobs []config.Job, err error) {
	cfg, err = p.parse(c.String("config"))
	if err != nil {
		return nil, nil, err
	}
	jobs, err = selected(c, cfg)
	return cfg, jobs, err
}

// parse reads a config file and prints what is wrong with it.
func (p *program) parse(file string) (*config.Config, error) {
	data, err := readConfig(file)
	if err != nil {
		return nil, err
	}
	cfg, found := config.Parse(data)
	p.diagnose(file, found)
	if found.HasErrors() {
		return nil, found
	}
	if key := os.Getenv(identityVariable); key != "" {
		for i := range cfg.Jobs {
			cfg.Jobs[i].IdentityFile = key
		}
	}
	return cfg, nil
}

// diagnose shows what is wrong with a config, to people in paragraphs and to the journal in lines.
func (p *program) diagnose(file string, found config.Diagnostics) {
	if p.journal {
		report.LogDiagnostics(p.log, file, found)
		return
	}
	report.Diagnostics(p.stderr, file, found, report.Color(p.stderr))
}

// selected are the jobs to work on: those of --job, or all. The others stay in the config, because what they still
// need on the source must be known.
func selected(c *cli.Context, cfg *config.Config) ([]config.Job, error) {
	names := c.StringSlice("job")
	if len(names) == 0 {
		return cfg.Jobs, nil
	}
	var jobs []config.Job
	for _, j := range cfg.Jobs {
		if slices.Contains(names, j.Name) {
			jobs = append(jobs, j)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(cfg.Jobs, func(j config.Job) bool { return j.Name == name }) {
			var have []string
			for _, j := range cfg.Jobs {
				have = append(have, j.Name)
			}
			return nil, usageError{fmt.Errorf("the config has no job %q; it has %s", name, strings.Join(have, ", "))}
		}
	}
	return jobs, nil
}

// printJSON prints one indented JSON document.
func (p *program) printJSON(v any) error {
	e := json.NewEncoder(p.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
