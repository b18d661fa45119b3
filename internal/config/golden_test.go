package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// inJob makes a whole config of the inside of a job. Line 1 of the inside is line 2 of the document.
func inJob(inside string) string {
	return `{"version": 1, "jobs": {"default": {` + "\n" + inside + "\n}}}\n"
}

// withNeeds is inJob for what lacks the settings that every job needs.
func withNeeds(inside string) string {
	return inJob(`"remotePool": "backup", "datasets": ["tank/a"], ` + inside)
}

// The files of testdata/golden hold configs and what is said about them: name.json is a whole config, name.job the
// inside of a job, and name.txt the exact diagnostics.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	old := parts.FindAllStringSubmatchIndex(string(data), -1)
	fresh, want := string(data[:old[0][0]]), map[string]string{}
	type part struct{ name, kind, body string }
	var docs []part
	for i, at := range old {
		end := len(data)
		if i+1 < len(old) {
			end = old[i+1][0]
		}
		p := part{string(data[at[2]:at[3]]), string(data[at[4]:at[5]]), string(data[at[1]:end])}
		if p.kind == "txt" {
			want[p.name] = p.body
		} else {
			docs = append(docs, p)
		}
	}
	for _, p := range docs {
		got := diagnose(t, p.kind, p.body)
		fresh += fmt.Sprintf("-- %s.%s --\n%s-- %s.txt --\n%s", p.name, p.kind, p.body, p.name, got)
		if diff := cmp.Diff(want[p.name], got); diff != "" && !*update {
			t.Errorf("%s: -want +got\n%s", p.name, diff)
		}
	}
	if *update && fresh != string(data) {
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var parts = regexp.MustCompile(`(?m)^-- ([a-z0-9-]+)\.(json|job|txt) --\n`)

func diagnose(t *testing.T, kind, doc string) string {
	if kind == "job" {
		doc = inJob(strings.TrimSpace(doc))
	}
	c, found := Parse([]byte(doc))
	if (c == nil) != found.HasErrors() {
		t.Errorf("config %v beside\n%s", c, found)
	}
	if len(found) == 0 {
		return ""
	}
	return found.String() + "\n"
}
