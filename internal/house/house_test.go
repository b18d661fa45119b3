package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/zfsrep/zfsrep/"

// arrows is the table of docs/architecture.md: what each package may import of ours. A package that is not in it is
// not allowed to exist.
var arrows = map[string][]string{
	"internal/zfs":           {},
	"internal/host":          {},
	"internal/host/hosttest": {"internal/host"},
	"internal/retention":     {"internal/zfs"},
	"internal/config":        {"internal/zfs", "internal/retention"},
	"internal/observe":       {"internal/config", "internal/host", "internal/zfs"},
	"plan":                   {"internal/zfs"},
	"plan/compile":           {"plan", "internal/config", "internal/observe", "internal/zfs", "internal/retention"},
	"plan/verify":            {"plan", "internal/config", "internal/observe", "internal/zfs"},
	"plan/compare":           {"plan", "internal/config", "internal/observe", "internal/zfs"},
	"plan/plantest":          {"internal/config", "internal/observe", "internal/zfs"},
	"exec":                   {"plan", "internal/host", "internal/zfs"},
	"internal/report":        {"exec", "plan", "plan/compare", "internal/config", "internal/host", "internal/zfs"},
	"internal/zfssim":        {"internal/host", "internal/zfs"},
	"internal/house":         {},
	"internal/proof":         {},
	"cmd/zfsrep":             {"*"},
	"cmd/zfsrep-demo":        {"exec", "plan", "plan/compile", "plan/verify", "plan/compile", "plan/verify", "internal/config", "internal/host", "internal/observe", "internal/report", "internal/zfssim"},
}

// soleImporters may import what nobody else may.
var soleImporters = map[string]string{
	"os/exec":                      "internal/host",
	"golang.org/x/crypto/ssh":      "internal/host",
	"github.com/urfave/cli/v2":     "cmd/zfsrep",
	"github.com/sirupsen/logrus":   "cmd/zfsrep internal/report",
	"github.com/skeema/knownhosts": "internal/host",
}

// forbidden are calls that only some packages may make: a pure planner has no clock, only views print.
var forbidden = map[string]string{
	"time.Now":    "cmd/zfsrep cmd/zfsrep-demo internal/host internal/zfssim",
	"os.Exit":     "cmd/zfsrep cmd/zfsrep-demo",
	"fmt.Print":   "",
	"fmt.Println": "",
	"fmt.Printf":  "",
}

const (
	maxFile     = 300 // lines
	maxFunction = 60
)

type source struct {
	path, pkg string // relative to the root; pkg is its folder
	file      *ast.File
	fset      *token.FileSet
}

// sources parses every Go file that is not a test.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata" || d.Name() == "vendor") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		rel, _ := filepath.Rel(root, path)
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		all = append(all, source{rel, filepath.ToSlash(filepath.Dir(rel)), f, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d source files: is the walk broken?", len(all))
	}
	return all
}

func TestArrows(t *testing.T) {
	for _, s := range sources(t) {
		may, known := arrows[s.pkg]
		if !known {
			t.Errorf("%s: package %s is not in the table of docs/architecture.md", s.path, s.pkg)
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(path, module); ok && !contains(may, ours) && !contains(may, "*") && !inTestHelper(s.pkg, ours) {
				t.Errorf("%s imports %s, which %s may not", s.path, ours, s.pkg)
			}
			for guarded, owners := range soleImporters {
				if (path == guarded || strings.HasPrefix(path, guarded+"/")) && !ownedBy(owners, s.pkg) {
					t.Errorf("%s imports %s, which only %s may", s.path, path, owners)
				}
			}
		}
	}
}

// What runs as root holds no simulator and no other helper of tests, however far down.
func TestProductionIsClean(t *testing.T) {
	imports := map[string][]string{}
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(path, module); ok {
				imports[s.pkg] = append(imports[s.pkg], ours)
			}
		}
	}
	for _, helper := range []string{"internal/zfssim", "internal/host/hosttest", "internal/proof"} {
		if way := wayTo(helper, imports, "cmd/zfsrep", map[string]bool{}); way != nil {
			t.Errorf("the production program holds %s: %s", helper, strings.Join(way, " imports "))
		}
	}
	if wayTo("internal/zfs", imports, "cmd/zfsrep", map[string]bool{}) == nil || wayTo("internal/zfssim", imports, "cmd/zfsrep-demo", map[string]bool{}) == nil {
		t.Error("the way to what certainly is imported is not found: is the walk broken?")
	}
}

// wayTo is the chain of imports that leads from one package to another, nil if none does.
func wayTo(goal string, imports map[string][]string, from string, seen map[string]bool) []string {
	if from == goal {
		return []string{goal}
	}
	seen[from] = true
	for _, next := range imports[from] {
		if seen[next] {
			continue
		}
		if way := wayTo(goal, imports, next, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// inTestHelper allows the ssh server for tests its own libraries.
func inTestHelper(pkg, _ string) bool { return pkg == "internal/host/hosttest" }

func ownedBy(owners, pkg string) bool {
	for _, o := range strings.Fields(owners) {
		if pkg == o || strings.HasPrefix(pkg, o+"/") {
			return true
		}
	}
	return false
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func TestForbiddenCalls(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil {
				name := x.Name + "." + sel.Sel.Name
				if owners, guarded := forbidden[name]; guarded && !ownedBy(owners, s.pkg) {
					t.Errorf("%s uses %s, which only %q may", s.fset.Position(n.Pos()), name, owners)
				}
			}
			return true
		})
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if n := s.fset.File(s.file.Pos()).LineCount(); n > maxFile {
			t.Errorf("%s has %d lines, more than %d: does it still do one thing?", s.path, n, maxFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines, more than %d", s.path, f.Name.Name, n, maxFunction)
			}
		}
	}
}

func TestDocumentation(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) && s.pkg != "cmd/zfsrep" {
					t.Errorf("%s: %s is exported and not documented", s.fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: %s is exported and not documented", s.fset.Position(ts.Pos()), ts.Name.Name)
					}
				}
			}
		}
	}
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", pkg)
		}
	}
}

// exportedReceiver says that a method belongs to an exported type, or is no method. Methods that only implement the
// interfaces of the standard library speak for themselves.
func exportedReceiver(d *ast.FuncDecl) bool {
	switch d.Name.Name {
	case "String", "Error", "Unwrap":
		return false
	}
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}
