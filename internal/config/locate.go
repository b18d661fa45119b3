package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// optionRoot is where the NixOS module's options live. Those of the job named default stand right below it.
const (
	optionRoot = "services.zfs-replication"
	defaultJob = "default"
)

// node is a value of the document together with its place.
type node struct {
	gjson.Result
	path   string // for people: jobs.default.datasets[2].name
	option string // the NixOS option that holds it, itself or what it is part of
	inside bool   // inside an option's value, where no option has a name of its own
	at     int    // byte offset that a complaint points to
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// quoteKey writes a key as it stands in a path: bare, or in quotes where a dot or the like would mislead.
func quoteKey(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return shorten(key, 255)
}

// member is the value of n under key.
func (n node) member(key, value gjson.Result) node {
	name := quoteKey(key.Str)
	m := node{Result: value, path: name, option: n.option, inside: n.inside, at: value.Index}
	if n.path != "" {
		m.path = n.path + "." + name
	}
	switch {
	case n.inside:
	case n.path == "" && key.Str == "version":
		m.option = "" // of the file only
	case n.path == "jobs" && key.Str == defaultJob:
		m.option = optionRoot
	default:
		m.option += "." + name
	}
	return m
}

// element is the i-th value of the list n.
func (n node) element(i int, value gjson.Result) node {
	return node{Result: value, path: fmt.Sprintf("%s[%d]", n.path, i), option: n.option, inside: true, at: value.Index}
}

// text finds lines and columns.
type text struct {
	content string
	starts  []int // offsets of the lines

	asked, column int // the last answer: files out of Nix are one long line
}

func newText(content string) *text {
	t := &text{content: content, starts: []int{0}}
	for i := range len(content) {
		if content[i] == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// position turns a byte offset into line and column, both from 1.
func (t *text) position(offset int) (line, column int) {
	offset = min(max(offset, 0), len(t.content))
	line, _ = slices.BinarySearch(t.starts, offset+1)
	from, column := t.starts[line-1], 1
	if from < t.asked && t.asked <= offset {
		from, column = t.asked, t.column
	}
	column += utf8.RuneCountInString(t.content[from:offset])
	t.asked, t.column = offset, column
	return line, column
}

// quote shows a value inside a message: short, on one line, and never the content of a key file.
func quote(s string) string {
	return shorten(s, 80)
}

func shorten(s string, most int) string {
	if strings.Contains(s, keyMaterial) {
		return "(a private key)"
	}
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}
