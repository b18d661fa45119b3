package plan

import (
	"regexp"
	"strings"
)

// WayOut is one of the things that a person may do about a conflict.
type WayOut struct {
	Or      bool   // instead of what was said before it, not after that
	Words   string // for people; they end with where the literal part belongs
	Machine string // where Literal is to be pasted: "this machine", or "user@host"
	Job     string // or the job whose options it changes
	Literal string // a line for a shell, or a setting; "" if there is only to be waited
}

var literally = regexp.MustCompile(`^(.*?\b(?:on (this machine|\S+@\S+)|in job ([^ :]+)):) (.*)$`)

// WaysOut takes the hint apart.
func (c *Conflict) WaysOut() []WayOut {
	var ways []WayOut
	for _, text := range splitWays(c.Hint) {
		w := WayOut{Words: text}
		w.Words, w.Or = strings.CutPrefix(text, "or ")
		if m := literally.FindStringSubmatch(w.Words); m != nil {
			w.Words, w.Machine, w.Job, w.Literal = m[1], m[2], m[3], m[4]
		}
		ways = append(ways, w)
	}
	return ways
}

// splitWays splits a hint into its choices and steps. What is in parentheses stays together.
func splitWays(hint string) []string {
	var ways []string
	depth, start := 0, 0
	for i := 0; i+1 < len(hint); i++ {
		switch {
		case hint[i] == '(':
			depth++
		case hint[i] == ')':
			depth--
		case depth == 0 && hint[i] == ';' && hint[i+1] == ' ':
			ways = append(ways, hint[start:i])
			start = i + 2
		}
	}
	return append(ways, hint[start:])
}
