package plantest

import (
	"fmt"
	"strings"
)

// Example is one case of a golden file: a config, what was observed, and the plan for it.
type Example struct {
	Name                string
	Config, State, Plan string
}

// Examples reads a golden file: words for its reader, then cases of the sections "-- case NAME --", "-- config --" (what
// differs from the usual job), "-- state --" and "-- plan --".
func Examples(text string) (preface string, cases []Example) {
	into := &preface
	for line := range strings.Lines(text) {
		head, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		head, ok2 := strings.CutSuffix(head, " --")
		switch {
		case !ok || !ok2:
			*into += line
		case strings.HasPrefix(head, "case "):
			cases = append(cases, Example{Name: strings.TrimPrefix(head, "case ")})
			into = new(string)
		case head == "config":
			into = &cases[len(cases)-1].Config
		case head == "state":
			into = &cases[len(cases)-1].State
		case head == "plan":
			into = &cases[len(cases)-1].Plan
		}
	}
	for i := range cases {
		cases[i].Plan = strings.TrimRight(cases[i].Plan, "\n") + "\n"
	}
	return preface, cases
}

// Golden writes one.
func Golden(preface string, cases []Example) string {
	var b strings.Builder
	b.WriteString(preface)
	for i, c := range cases {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "-- case %s --\n", c.Name)
		if c.Config != "" {
			fmt.Fprintf(&b, "-- config --\n%s", c.Config)
		}
		fmt.Fprintf(&b, "-- state --\n%s-- plan --\n%s", c.State, c.Plan)
	}
	return b.String()
}
