package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// needs are keys that have to be given, each with a way to do so. null is not giving them.
type needs map[string]string

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
func (r *reader) object(n node, known fields, needed needs) map[string]node {
	if !n.IsObject() {
		r.wrongType(n, "an object", "")
		return nil
	}
	members, guessed := map[string]node{}, map[string]bool{}
	n.ForEach(func(key, value gjson.Result) bool {
		m := n.member(key, value)
		_, needsValue := needed[key.Str]
		read, ok := known[key.Str]
		_, twice := members[key.Str]
		switch {
		case twice:
			r.twice(m, key)
			return true
		case !ok:
			guessed[r.unknownKey(n, m, key, known)] = true
		case !needsValue || value.Type != gjson.Null:
			read(m)
		}
		members[key.Str] = m
		return true
	})
	for _, key := range slices.Sorted(maps.Keys(needed)) {
		if m, given := members[key]; given && m.Type == gjson.Null {
			r.fail(m, "is missing", needed[key])
		} else if !given && !guessed[key] {
			m := n.member(gjson.Result{Str: key}, gjson.Result{})
			m.at = n.at
			r.fail(m, "is missing", needed[key])
		}
	}
	return members
}

func (r *reader) twice(m node, key gjson.Result) {
	m.at = key.Index
	r.fail(m, "is given twice in the same object", "keep one of them")
}

// unknownKey complains about a key and returns the one that is meant, if it can be guessed.
func (r *reader) unknownKey(n, m node, key gjson.Result, known fields) string {
	m.option, m.at = n.option, key.Index
	keys := slices.Sorted(maps.Keys(known))
	near, hint := nearest(key.Str, keys), misplaced(n.path, key.Str)
	switch {
	case hint != "":
		near = ""
	case near != "":
		hint = fmt.Sprintf("did you mean %s?", near)
	default:
		hint = "known here: " + strings.Join(keys, ", ")
	}
	r.fail(m, "there is no such setting", hint)
	return near
}
