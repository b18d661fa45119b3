package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// reader walks the document and gathers every complaint. What is wrong leaves the default in place, so that reading
// can go on. A document is described by fields: a table from key to what reads its value.
type reader struct {
	text  *text
	found Diagnostics
}

// field reads one value.
type field func(node)

// fields are the keys that an object may have.
type fields map[string]field

// problem is what a check finds wrong with a value; the zero one is no problem.
type problem struct{ message, hint string }

// check judges a string.
type check func(string) problem

func (r *reader) fail(n node, message, hint string) { r.report(Error, n, message, hint) }
func (r *reader) warn(n node, message, hint string) { r.report(Warning, n, message, hint) }

func (r *reader) report(s Severity, n node, message, hint string) {
	line, column := r.text.position(n.at)
	r.found = append(r.found, Diagnostic{Severity: s, Path: n.path, Option: n.option, Line: line, Column: column, Message: message, Hint: hint})
}

// sorted are the complaints in the order of the document.
func (r *reader) sorted() Diagnostics {
	slices.SortStableFunc(r.found, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.found
}

// object reads the members of n and returns them, nil if n is no object.
func (r *reader) object(n node, known fields) map[string]node {
	if !n.IsObject() {
		r.wrongType(n, "an object", "")
		return nil
	}
	members := map[string]node{}
	n.ForEach(func(key, value gjson.Result) bool {
		m := n.member(key, value)
		read, ok := known[key.Str]
		if _, twice := members[key.Str]; twice {
			m.at = key.Index
			r.fail(m, "is given twice in the same object", "keep one of them")
		} else if members[key.Str] = m; ok {
			read(m)
		} else {
			r.unknownKey(n, m, key, known)
		}
		return true
	})
	return members
}

func (r *reader) unknownKey(n, m node, key gjson.Result, known fields) {
	m.option, m.at = n.option, key.Index
	keys := slices.Sorted(maps.Keys(known))
	hint := misplaced(n.path, key.Str)
	if near := nearest(key.Str, keys); hint == "" && near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	if hint == "" {
		hint = "known here: " + strings.Join(keys, ", ")
	}
	r.fail(m, "there is no such setting", hint)
}

// require complains about keys that n lacks.
func (r *reader) require(n node, members map[string]node, hints map[string]string) {
	if members == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(hints)) {
		if _, ok := members[key]; !ok {
			m := n.member(gjson.Result{Str: key}, gjson.Result{})
			m.at = n.at
			r.fail(m, "is missing", hints[key])
		}
	}
}

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
			r.wrongType(n, "a list", "")
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
		r.string(new(string), func(s string) problem {
			if slices.Contains(words, s) {
				*dst = T(s)
				return problem{}
			}
			p := problem{message: fmt.Sprintf("cannot be %s: it is one of %s", quote(s), strings.Join(words, ", "))}
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
			r.wrongType(n, "true or false", "")
			return
		}
		*dst = n.Type == gjson.True
	}
}

// integer reads a whole number from least to most; hint says why these.
func (r *reader) integer(dst *int, least, most int, hint string) field {
	return func(n node) {
		if n.Type != gjson.Number {
			r.wrongType(n, "a whole number", "")
			return
		}
		v, err := strconv.Atoi(n.Raw)
		switch {
		case err != nil && strings.ContainsAny(n.Raw, ".eE"):
			r.fail(n, fmt.Sprintf("must be a whole number, not %s", quoteNumber(n.Raw)), "")
		case err == nil && v >= least && v <= most:
			*dst = v
		case most == math.MaxInt32:
			r.fail(n, fmt.Sprintf("cannot be %s: at least %d", quoteNumber(n.Raw), least), hint)
		default:
			r.fail(n, fmt.Sprintf("cannot be %s: %d to %d", quoteNumber(n.Raw), least, most), hint)
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

// wrongType complains that n is not what was wanted, and guesses what to write instead.
func (r *reader) wrongType(n node, want, hint string) {
	switch {
	case hint != "":
	case n.Type == gjson.Null:
		hint = "leave it out to have the default"
	case n.Type == gjson.String && (n.Str == "true" || n.Str == "false") && want == "true or false",
		n.Type == gjson.String && gjson.Parse(n.Str).Type == gjson.Number && want == "a whole number":
		hint = fmt.Sprintf("write %s without quotes", n.Str)
	case n.Type == gjson.String && want == "a list":
		hint = fmt.Sprintf("write [%s]", quote(n.Str))
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
	case v.IsBool():
		return "true or false"
	default:
		return "null"
	}
}
