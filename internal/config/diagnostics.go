package config

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a complaint stops the program.
type Severity string

const (
	Error   Severity = "error"   // nothing runs with this config
	Warning Severity = "warning" // runs, but probably not as meant
)

// Diagnostic is one complaint about a config: where, what, and a way to mend it. Messages follow the house rules:
// lower case, no full stop; they read on after the path.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Path     string   `json:"path"`             // in the document: jobs.default.datasets[2].name; empty for all of it
	Option   string   `json:"option,omitempty"` // the NixOS option that holds it
	Line     int      `json:"line"`             // from 1
	Column   int      `json:"column"`           // from 1, in characters
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}

// String is the complaint as people read it, over several lines if there is a hint.
func (d Diagnostic) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at line %d, column %d: ", d.Severity, d.Line, d.Column)
	if d.Path != "" {
		b.WriteString(d.Path + ": ")
	}
	b.WriteString(d.Message)
	if d.Option != "" {
		b.WriteString("\n  option: " + d.Option)
	}
	if d.Hint != "" {
		b.WriteString("\n  hint: " + d.Hint)
	}
	return b.String()
}

// Diagnostics are all complaints about one config, in the order of the document.
type Diagnostics []Diagnostic

// HasErrors says that the config must not be used.
func (ds Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return d.Severity == Error })
}

// String is one complaint after the other.
func (ds Diagnostics) String() string {
	all := make([]string, len(ds))
	for i, d := range ds {
		all[i] = d.String()
	}
	return strings.Join(all, "\n")
}

// Error makes the complaints an error, for callers that found [Diagnostics.HasErrors].
func (ds Diagnostics) Error() string { return ds.String() }
