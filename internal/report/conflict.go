package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/zfsrep/zfsrep/plan"
)

// conflicts shows what needs a decision: what is the case, what both sides have, and each way out.
func conflicts(w io.Writer, all []plan.Conflict, s style, width int) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintln(w, "\n"+s.bold("Needs a decision")+" (nothing of these is touched, everything else goes on)")
	for i := range all {
		conflict(w, &all[i], s, width)
	}
}

func conflict(w io.Writer, c *plan.Conflict, s style, width int) {
	title := c.Dataset
	if c.Target != "" && c.Target != c.Dataset {
		title += " → " + c.Target
	}
	fmt.Fprintf(w, "%s %s: %s\n", s.red("!"), s.bold(title), c.Code)
	paragraph(w, c.Message, width, 4, plain)
	for _, line := range evidence(c.Evidence) {
		paragraph(w, line, width, 4, s.dim)
	}
	for _, way := range c.WaysOut() {
		words := way.Words
		if way.Or {
			words = "or " + words
		}
		bullet(w, "→", words, width, 4)
		if way.Literal != "" {
			fmt.Fprintln(w, strings.Repeat(" ", 8)+way.Literal) // unbroken: it can be pasted
		}
	}
}

// version is a Ref as evidence has it, whether the plan was just made or read from a file.
type version struct {
	Name string `json:"name"`
	GUID string `json:"guid"`
}

// evidence puts what both sides have into words: their newest versions, newest first, and what they have in common.
func evidence(e map[string]any) []string {
	var lines []string
	here, there := versions(e["source"]), versions(e["target"])
	for _, side := range []struct {
		who         string
		have, other []version
	}{{"here", here, there}, {"on the target", there, here}} {
		if len(side.have) > 0 {
			lines = append(lines, fmt.Sprintf("newest %s: %s", side.who, versionNames(side.have, side.other)))
		}
	}
	if common := versions([]any{e["common"]}); len(common) == 1 && common[0].Name != "" {
		lines = append(lines, "newest in common: "+versionNames(common, nil))
	}
	var rest []string
	for _, k := range slices.Sorted(maps.Keys(e)) {
		switch k {
		case "source", "target", "common", "onlyOnTarget":
		default:
			rest = append(rest, fmt.Sprintf("%s = %v", k, e[k]))
		}
	}
	if len(rest) > 0 {
		lines = append(lines, "seen: "+strings.Join(rest, ", "))
	}
	return lines
}

func versions(v any) []version {
	var all []version
	data, err := json.Marshal(v)
	if err != nil || json.Unmarshal(data, &all) != nil {
		return nil
	}
	return all
}

// versionNames lists versions. One whose name another one bears on the other side is told apart by its GUID.
func versionNames(have, other []version) string {
	var words []string
	for _, v := range have {
		word := v.Name
		for _, o := range other {
			if o.Name == v.Name && o.GUID != v.GUID {
				word += " (guid " + v.GUID + ")"
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
