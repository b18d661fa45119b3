package compare

import (
	"encoding/json"
	"slices"

	"github.com/tidwall/gjson"
)

// Setting is an option that changes. Which datasets there are and where they land is told by the flows.
type Setting struct {
	Job      string          `json:"job"`    // "": of all jobs
	Option   string          `json:"option"` // as in the config: "retention.target"
	Before   json.RawMessage `json:"before"`
	After    json.RawMessage `json:"after"`
	Datasets []string        `json:"datasets"` // of this job, in both configs
}

// groups are options that are told one by one; all others are told as a whole.
var groups = []string{"send", "receive", "limits", "timeouts", "retention", "snapshots", "autoSnapshot"}

// elsewhere are members of a config or a job that are no option's value, or that others tell of.
var elsewhere = []string{"version", "jobs", "datasets", "log"}

// settings finds the options that changed: those of all jobs, and those of jobs that both configs have and that were
// looked at.
func (d *Difference) settings(before, after *Side) {
	d.differ("", before.Config, after.Config, []string{})
	for i := range after.Config.Jobs {
		is := &after.Config.Jobs[i]
		was := before.job(is.Name)
		_, seen := after.Inventory.Jobs[is.Name]
		if was == nil || !seen {
			continue
		}
		d.differ(is.Name, was, is, inBoth(before, after, is.Name))
	}
}

// differ notes every option that two jobs, or two configs, have set to different values.
func (d *Difference) differ(job string, before, after json.Marshaler, datasets []string) {
	was, _ := json.Marshal(before) // plain data: cannot fail
	is, _ := json.Marshal(after)
	var walk func(prefix string, before, after gjson.Result)
	walk = func(prefix string, before, after gjson.Result) {
		after.ForEach(func(key, b gjson.Result) bool {
			a, name := before.Get(gjson.Escape(key.Str)), prefix+key.Str
			switch {
			case a.Raw == b.Raw, slices.Contains(elsewhere, name):
			case slices.Contains(groups, name):
				walk(name+".", a, b)
			default:
				d.Settings = append(d.Settings, Setting{job, name, json.RawMessage(a.Raw), json.RawMessage(b.Raw), datasets})
			}
			return true
		})
	}
	walk("", gjson.ParseBytes(was), gjson.ParseBytes(is))
}

// inBoth are the datasets that the job replicates by both configs.
func inBoth(before, after *Side, job string) []string {
	was := map[string]bool{}
	for _, r := range before.Replicas {
		was[r.Dataset] = was[r.Dataset] || r.Job == job
	}
	both := []string{}
	for _, r := range after.Replicas {
		if r.Job == job && was[r.Dataset] {
			both = append(both, r.Dataset)
		}
	}
	slices.Sort(both)
	return both
}
