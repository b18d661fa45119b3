package compile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

var (
	named  = regexp.MustCompile(`(?i)situations? (\d+(?:(?:, | and )\d+)*)`)
	number = regexp.MustCompile(`\d+`)
	row    = regexp.MustCompile(`(?m)^\| (\d+) \|`)
)

// Every situation of the semantics table has an example or test that names its number, or a line in docs/situations.md.
func TestSituations(t *testing.T) {
	seen := map[int]bool{}
	for _, pattern := range []string{"testdata/golden/*.txt", "testdata/scenarios/*.toml", "*_test.go", "../verify/*_test.go", "../../internal/proof/*_test.go", "../../exec/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, m := range named.FindAllStringSubmatch(read(t, file), -1) {
				for _, n := range number.FindAllString(m[1], -1) {
					k, _ := strconv.Atoi(n)
					seen[k] = true
				}
			}
		}
	}
	for _, m := range row.FindAllStringSubmatch(read(t, "../../docs/situations.md"), -1) {
		k, _ := strconv.Atoi(m[1])
		seen[k] = true
	}
	for k := 1; k <= 58; k++ {
		if !seen[k] {
			t.Errorf("situation %d is neither in a test nor in docs/situations.md", k)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
