package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var fence = regexp.MustCompile("(?s)```json\n(.*?)```")

// Every config that the documentation shows is one that zfsrep takes.
func TestDocumentedExamples(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, from := range []string{"README.md", "docs"} {
		err := filepath.WalkDir(filepath.Join(root, from), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
				return nil // not every tree has them
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, block := range fence.FindAllStringSubmatch(string(data), -1) {
				doc := strings.ReplaceAll(block[1], "ssh-ed25519 AAAA...", hostKey)
				if !strings.Contains(doc, `"remotePool"`) || strings.Contains(doc, "...") {
					continue
				}
				if _, found := Parse([]byte(doc)); found.HasErrors() {
					t.Errorf("%s:\n%s\n%s", path, found, block[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
