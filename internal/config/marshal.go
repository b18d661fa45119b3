package config

import (
	"encoding/json"

	"github.com/zfsrep/zfsrep/internal/retention"
)

// MarshalJSON writes the config with every option, so that [Parse] gives it back.
func (c Config) MarshalJSON() ([]byte, error) {
	jobs := map[string]Job{}
	for _, j := range c.Jobs {
		jobs[j.Name] = j
	}
	return json.Marshal(struct {
		Version      int            `json:"version"`
		Jobs         map[string]Job `json:"jobs"`
		Log          Log            `json:"log"`
		AutoSnapshot AutoSnapshot   `json:"autoSnapshot"`
	}{Version, jobs, c.Log, c.AutoSnapshot})
}

// MarshalJSON writes the job as it stands under its name in jobs.
func (j Job) MarshalJSON() ([]byte, error) {
	type limits struct {
		Bandwidth *int64 `json:"bandwidth"`
		Parallel  int    `json:"parallel"`
		Destroy   *int   `json:"destroy"`
	}
	type timeouts struct {
		Connect string `json:"connect"`
		Stall   string `json:"stall"`
	}
	return json.Marshal(struct {
		RemoteHost    *string    `json:"remoteHost"`
		RemotePort    int        `json:"remotePort"`
		RemoteUser    string     `json:"remoteUser"`
		RemotePool    string     `json:"remotePool"`
		Datasets      []Dataset  `json:"datasets"`
		IdentityFile  *string    `json:"identityFile"`
		HostKeys      []string   `json:"hostKeys"`
		Privilege     Privilege  `json:"privilege"`
		Snapshots     Filter     `json:"snapshots"`
		Initial       Initial    `json:"initial"`
		Intermediates bool       `json:"intermediates"`
		Send          Send       `json:"send"`
		Receive       Receive    `json:"receive"`
		OnModified    OnModified `json:"onModified"`
		OnDiverged    OnDiverged `json:"onDiverged"`
		Bookmarks     bool       `json:"bookmarks"`
		Retention     Retention  `json:"retention"`
		Limits        limits     `json:"limits"`
		Timeouts      timeouts   `json:"timeouts"`
	}{
		orNull(j.RemoteHost), j.RemotePort, j.RemoteUser, j.RemotePool, listed(j.Datasets), orNull(j.IdentityFile),
		listed(j.HostKeys), j.Privilege, j.Snapshots, j.Initial, j.Intermediates, j.Send, j.Receive, j.OnModified,
		j.OnDiverged, j.Bookmarks, j.Retention,
		limits{orNull(j.Limits.Bandwidth), j.Limits.Parallel, j.Limits.Destroy},
		timeouts{FormatDuration(j.Timeouts.Connect), FormatDuration(j.Timeouts.Stall)},
	})
}

// MarshalJSON writes the entry as an object, also where a name would do.
func (d Dataset) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name      string   `json:"name"`
		Recursive bool     `json:"recursive"`
		Exclude   []string `json:"exclude"`
		Target    *string  `json:"target"`
	}{d.Name, d.Recursive, listed(d.Exclude), orNull(d.Target)})
}

// MarshalJSON writes both lists.
func (f Filter) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Include []string `json:"include"`
		Exclude []string `json:"exclude"`
	}{listed(f.Include), listed(f.Exclude)})
}

// MarshalJSON writes every flag.
func (s Send) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Raw         Raw  `json:"raw"`
		Compressed  bool `json:"compressed"`
		LargeBlocks bool `json:"largeBlocks"`
		Embedded    bool `json:"embedded"`
		Properties  bool `json:"properties"`
	}(s))
}

// MarshalJSON writes the properties as an object, also if there is none.
func (r Receive) MarshalJSON() ([]byte, error) {
	properties := r.Properties
	if properties == nil {
		properties = map[string]string{}
	}
	return json.Marshal(struct {
		Properties map[string]string `json:"properties"`
		Readonly   bool              `json:"readonly"`
	}{properties, r.Readonly})
}

// MarshalJSON writes both policies, null where nothing is pruned.
func (r Retention) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Source *policyJSON `json:"source"`
		Target *policyJSON `json:"target"`
	}{toPolicyJSON(r.Source), toPolicyJSON(r.Target)})
}

type policyJSON struct {
	Match   []string `json:"match"`
	Last    *int     `json:"last"`
	Within  *string  `json:"within"`
	Hourly  *int     `json:"hourly"`
	Daily   *int     `json:"daily"`
	Weekly  *int     `json:"weekly"`
	Monthly *int     `json:"monthly"`
	Yearly  *int     `json:"yearly"`
}

func toPolicyJSON(p *retention.Policy) *policyJSON {
	if p == nil {
		return nil
	}
	var within *string
	if p.Within > 0 {
		within = orNull(FormatDuration(p.Within))
	}
	return &policyJSON{
		listed(p.Match), orNull(p.Last), within, orNull(p.Hourly), orNull(p.Daily), orNull(p.Weekly), orNull(p.Monthly), orNull(p.Yearly),
	}
}

// MarshalJSON writes both settings.
func (l Log) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		File  *string `json:"file"`
		Level string  `json:"level"`
	}{orNull(l.File), l.Level})
}

// MarshalJSON writes all three settings.
func (a AutoSnapshot) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Enable bool   `json:"enable"`
		Prefix string `json:"prefix"`
		Keep   string `json:"keep"`
	}{a.Enable, a.Prefix, FormatDuration(a.Keep)})
}

// orNull is nil for what "not given" is in a Config.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// listed is never nil: in JSON an empty list is [], not null.
func listed[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}
