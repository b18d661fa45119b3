package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// Parse reads a config file. The config is nil if there is an error among the diagnostics; they tell every mistake
// there is, in the order of the document.
func Parse(data []byte) (*Config, Diagnostics) {
	r := &reader{text: newText(string(data))}
	c := r.document()
	found := r.sorted()
	if found.HasErrors() {
		return nil, found
	}
	return c, found
}

func (r *reader) document() *Config {
	if !r.validSyntax() {
		return nil
	}
	root := node{Result: gjson.Parse(r.text.content), option: optionRoot}
	root.at = root.Index
	if !r.madeForUs(root) {
		return nil
	}
	c := Defaults()
	var drafts []*draft
	members := r.object(root, fields{
		"version":      func(node) {}, // see madeForUs
		"jobs":         r.jobs(&drafts),
		"log":          r.log(&c.Log),
		"autoSnapshot": r.autoSnapshot(&c.AutoSnapshot),
	}, needs{
		"version": fmt.Sprintf(`add "version": %d, so that later programs know how to read it`, Version),
		"jobs":    `add "jobs": {"default": {"remotePool": ..., "datasets": [...]}}`,
	})
	r.judgeOverlaps(drafts)
	if !r.found.HasErrors() {
		r.judgeAutoSnapshot(members["autoSnapshot"], c.AutoSnapshot, drafts)
	}
	for _, d := range drafts {
		c.Jobs = append(c.Jobs, *d.Job)
	}
	slices.SortFunc(c.Jobs, func(a, b Job) int { return strings.Compare(a.Name, b.Name) })
	return &c
}

// validSyntax says that the document is JSON; everything after relies on that.
func (r *reader) validSyntax() bool {
	content := r.text.content
	for i, c := range content {
		if _, size := utf8.DecodeRuneInString(content[i:]); c == utf8.RuneError && size == 1 {
			r.fail(node{at: i}, "is not UTF-8 text", "save the file as UTF-8")
			return false
		}
	}
	var raw json.RawMessage
	err := json.Unmarshal([]byte(content), &raw)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at := int(syntax.Offset) - 1
		if strings.HasPrefix(err.Error(), "unexpected end") {
			at = len(content)
		}
		r.fail(node{at: at}, "is not JSON: "+err.Error(), syntaxHint(content, at))
		return false
	case err != nil || !gjson.Valid(content):
		r.fail(node{}, "is not JSON", "")
		return false
	}
	return true
}

func syntaxHint(content string, at int) string {
	before := strings.TrimRight(content[:min(max(at, 0), len(content))], " \t\r\n")
	rest := content[len(before):]
	switch {
	case strings.TrimSpace(content) == "":
		return "the file is empty"
	case strings.HasPrefix(content, "\ufeff"):
		return "the file begins with a byte order mark: save it as UTF-8 without one"
	case strings.HasPrefix(strings.TrimSpace(rest), "//") || strings.HasPrefix(strings.TrimSpace(rest), "#"):
		return "JSON has no comments"
	case strings.HasPrefix(content[min(at, len(content)):], "'"):
		return "strings and keys stand in double quotes"
	case strings.HasSuffix(before, ","):
		return "JSON allows no comma after the last one"
	case at >= len(content):
		return "a closing bracket or quote is missing"
	}
	return ""
}

// madeForUs looks at the version before anything else, so that a file for a later program is not blamed for what
// this one does not know.
func (r *reader) madeForUs(root node) bool {
	if !root.IsObject() {
		return true // the walk says so
	}
	value := gjson.Get(r.text.content, "version") // a fixed path is safe
	v := root.member(gjson.Result{Str: "version"}, value)
	switch {
	case value.Type == gjson.Null: // missing, the walk says so
	case value.Type != gjson.Number:
		r.wrongType(v, "a whole number", fmt.Sprintf("write %d", Version))
	case value.Num > Version:
		r.fail(v, fmt.Sprintf("is %s: made for a newer zfsrep, this one reads version %d", quoteNumber(value.Raw), Version),
			fmt.Sprintf("upgrade zfsrep on this machine, or write the file for version %d", Version))
		return false
	case value.Raw != "1":
		r.fail(v, fmt.Sprintf("must be %d, not %s", Version, quoteNumber(value.Raw)), "")
	}
	return true
}

// jobs reads the jobs by name.
func (r *reader) jobs(drafts *[]*draft) field {
	return func(n node) {
		if !n.IsObject() {
			r.wrongType(n, "an object", "write the jobs by name: {\"default\": {...}}")
			return
		}
		seen := map[string]bool{}
		n.ForEach(func(key, value gjson.Result) bool {
			m := n.member(key, value)
			named := m
			named.at = key.Index
			if seen[key.Str] {
				r.fail(named, "is given twice", "give one of the two jobs another name")
				return true
			}
			seen[key.Str] = true
			if p := checkJobName(key.Str); p.message != "" {
				r.fail(named, p.message, p.hint)
			}
			*drafts = append(*drafts, r.job(m, key.Str))
			return true
		})
		if len(seen) == 0 {
			r.fail(n, "has no job", `add one: {"default": {"remotePool": ..., "datasets": [...]}}`)
		}
	}
}

// levels are the names that logrus knows.
var levels = []string{"panic", "fatal", "error", "warn", "warning", "info", "debug", "trace"}

func (r *reader) log(dst *Log) field {
	return func(n node) {
		r.object(n, fields{
			"file":  nullable(r.string(&dst.File, checkAbsolute)),
			"level": enum(r, &dst.Level, levels...),
		}, nil)
	}
}

func (r *reader) autoSnapshot(dst *AutoSnapshot) field {
	return func(n node) {
		r.object(n, fields{
			"enable": r.bool(&dst.Enable),
			"prefix": r.string(&dst.Prefix, checkPrefix),
			"keep":   r.duration(&dst.Keep),
		}, nil)
	}
}

// judgeAutoSnapshot warns about jobs that would leave out the snapshots taken here.
func (r *reader) judgeAutoSnapshot(n node, auto AutoSnapshot, drafts []*draft) {
	if !auto.Enable {
		return
	}
	name := auto.Prefix + "2025-11-26"
	for _, d := range drafts {
		if !d.Snapshots.Matches(name) {
			r.warn(n, fmt.Sprintf("takes snapshots such as %s that job %s does not replicate", name, d.Name),
				"let the job's snapshots.include match them, or choose another prefix")
		}
	}
}

var jobName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// mostJobName leaves room for the rest of a unit's name, whose limit is 255.
const mostJobName = 200

func checkJobName(s string) problem {
	if !jobName.MatchString(s) || len(s) > mostJobName {
		return problem{
			"is no name for a job: it becomes part of a systemd unit's name",
			"use up to 200 letters, digits, underscores, dots and dashes, beginning with a letter or digit",
		}
	}
	return problem{}
}
