package proof

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/zfsrep/zfsrep/plan/plantest"
)

// What ways out say about the config is written into it.

var (
	settingText = regexp.MustCompile(`^set ([\w.]+) = (.+?)(?: for (.+))?$`)
	replace     = regexp.MustCompile(`^replace "([^"]*)" in datasets by (.*)$`)
	exclude     = regexp.MustCompile(`^add "([^"]*)" to exclude of "([^"]*)"(?:, and (.*) to datasets)?$`)
	take        = regexp.MustCompile(`^take (.+?) out of datasets(, or mend its name)?$`)
)

// write changes the config.
func (p *play) write(name, text string) {
	p.t.Helper()
	job := p.job(name)
	entries, ok := job["datasets"].([]any)
	if !ok {
		entries = []any{"tank/a"}
	}
	if m := settingText.FindStringSubmatch(text); m != nil && m[3] == "" {
		at, key := job, m[1]
		if section, rest, nested := strings.Cut(m[1], "."); nested {
			inner, _ := job[section].(map[string]any)
			if inner == nil {
				inner = map[string]any{}
			}
			job[section] = inner
			at, key = inner, rest
		}
		at[key] = p.json(m[2])
	} else {
		job["datasets"] = p.entries(entries, text)
	}
	changed, err := json.Marshal(p.jobs)
	if err != nil {
		p.t.Fatal(err)
	}
	p.cfg = plantest.Config(p.t, string(changed))
}

// entries are the datasets once they are changed as the text says.
func (p *play) entries(all []any, text string) []any {
	p.t.Helper()
	var out []any
	var name, more string
	var change func(map[string]any) bool
	if m := settingText.FindStringSubmatch(text); m != nil {
		name = m[3]
		change = func(e map[string]any) bool { e["target"] = p.json(m[2]); return true }
	} else if m := replace.FindStringSubmatch(text); m != nil {
		name, more = m[1], m[2]
		change = func(map[string]any) bool { return false }
	} else if m := exclude.FindStringSubmatch(text); m != nil {
		name, more = m[2], m[3]
		change = func(e map[string]any) bool {
			globs, _ := e["exclude"].([]any)
			e["exclude"] = append(globs, m[1])
			return true
		}
	} else if m := take.FindStringSubmatch(text); m != nil {
		name = m[1]
		change = func(map[string]any) bool { return false }
	} else {
		p.t.Fatalf("nobody could write this into a config: %s", text)
	}
	found := false
	for _, e := range all {
		object, ok := e.(map[string]any)
		if !ok {
			object = map[string]any{"name": e}
		}
		if object["name"] == name {
			if found = true; !change(object) {
				continue
			}
		}
		out = append(out, object)
	}
	if !found {
		p.t.Fatalf("%q is no entry of %v: %s", name, all, text)
	}
	return append(out, p.json("["+more+"]").([]any)...)
}

func (p *play) json(text string) any {
	p.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		p.t.Fatalf("%s: %v", text, err)
	}
	return v
}
