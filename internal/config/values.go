package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// The readers of values, whatever they mean: each makes a field for an object's table. A value of the wrong kind is
// never bent into shape.

// nullable reads null as "as if it were not given".
func nullable(read field) field {
	return func(n node) {
		if n.Type != gjson.Null {
			read(n)
		}
	}
}

// list reads a list, one element after the other.
func (r *reader) list(element field) field {
	return func(n node) {
		if !n.IsArray() {
			r.wrongType(n, wantList, "")
			return
		}
		i := 0
		n.ForEach(func(_, value gjson.Result) bool {
			element(n.element(i, value))
			i++
			return true
		})
	}
}

// strings reads a list of strings in place of the default.
func (r *reader) strings(dst *[]string, checks ...check) field {
	return func(n node) {
		*dst = nil
		r.list(func(e node) {
			var s string
			r.string(&s, checks...)(e)
			if s != "" {
				*dst = append(*dst, s)
			}
		})(n)
	}
}

// string reads a string that passes the checks.
func (r *reader) string(dst *string, checks ...check) field {
	return func(n node) {
		if n.Type != gjson.String {
			r.wrongType(n, "a string", "")
			return
		}
		for _, c := range checks {
			if p := c(n.Str); p.message != "" {
				r.fail(n, p.message, p.hint)
				return
			}
		}
		*dst = n.Str
	}
}

// enum reads one of a few words.
func enum[T ~string](r *reader, dst *T, allowed ...T) field {
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	return func(n node) {
		if n.Type != gjson.String {
			r.wrongType(n, choice(words), "")
			return
		}
		r.string(new(string), func(s string) problem {
			if slices.Contains(words, s) {
				*dst = T(s)
				return problem{}
			}
			p := problem{message: fmt.Sprintf("must be %s, not %s", choice(words), quote(s))}
			if near := nearest(s, words); near != "" {
				p.hint = fmt.Sprintf("did you mean %q?", near)
			}
			return p
		})(n)
	}
}

func (r *reader) bool(dst *bool) field {
	return func(n node) {
		if n.Type != gjson.True && n.Type != gjson.False {
			r.wrongType(n, wantBool, "")
			return
		}
		*dst = n.Type == gjson.True
	}
}

// unbounded is a most that nobody will miss more of.
const unbounded = math.MaxInt32

// integer reads a whole number from least to most; hint says why these.
func (r *reader) integer(dst *int, least, most int, hint string) field {
	return func(n node) {
		if n.Type != gjson.Number {
			r.wrongType(n, wantInteger, "")
			return
		}
		v, err := strconv.Atoi(n.Raw) // Num is a float
		switch {
		case err != nil && strings.ContainsAny(n.Raw, ".eE"):
			r.fail(n, fmt.Sprintf("must be a whole number, not %s", quoteNumber(n.Raw)), "")
		case err == nil && v >= least && v <= most:
			*dst = v
		case most == unbounded && (err == nil && v < least || n.Raw[0] == '-'):
			r.fail(n, fmt.Sprintf("must be at least %d, not %s", least, quoteNumber(n.Raw)), hint)
		default:
			r.fail(n, fmt.Sprintf("must be from %d to %d, not %s", least, most, quoteNumber(n.Raw)), hint)
		}
	}
}

func quoteNumber(raw string) string {
	if len(raw) > 24 {
		return raw[:24] + "..."
	}
	return raw
}

// duration reads a span of time.
func (r *reader) duration(dst *time.Duration) field {
	return func(n node) {
		if n.Type != gjson.String {
			hint := durationHint
			if n.Type == gjson.Number {
				hint = "a number says no unit; " + hint
			}
			r.wrongType(n, "a string with a unit", hint)
			return
		}
		d, err := ParseDuration(n.Str)
		if err != nil {
			r.fail(n, err.Error(), durationHint)
			return
		}
		*dst = d
	}
}

// What wrongType has a hint for.
const (
	wantList    = "a list"
	wantBool    = "true or false"
	wantInteger = "a whole number"
)

func isInteger(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// wrongType complains that n is not what was wanted, and guesses what to write instead.
func (r *reader) wrongType(n node, want, hint string) {
	switch {
	case hint != "":
	case n.Type == gjson.Null && n.path != "" && !strings.HasSuffix(n.path, "]"):
		hint = "leave it out to have the default"
	case n.Type == gjson.String && want == wantList:
		hint = fmt.Sprintf("write [%s]", quote(n.Str))
	case n.Type == gjson.String && (want == wantBool && (n.Str == "true" || n.Str == "false") || want == wantInteger && isInteger(n.Str)):
		hint = fmt.Sprintf("write %s without quotes", n.Str)
	}
	r.fail(n, fmt.Sprintf("must be %s, not %s", want, describe(n.Result)), hint)
}

func describe(v gjson.Result) string {
	switch {
	case v.IsObject():
		return "an object"
	case v.IsArray():
		return "a list"
	case v.Type == gjson.String:
		return "a string"
	case v.Type == gjson.Number:
		return "a number"
	default:
		return v.Raw // true, false or null
	}
}

// choice lists words for a sentence: "a", "b" or "c".
func choice(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	last := len(quoted) - 1
	if last == 0 {
		return quoted[0]
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
