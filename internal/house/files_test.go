package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "tidegate"
	root   = "../.."
)

// source is a Go file of the module.
type source struct {
	path    string // from the root, with slashes
	folder  string // the package's folder
	test    bool
	lines   int
	imports []string
}

// sources finds every Go file of the module, whatever system it is for.
// Folders that are modules of their own, or nobody's, are left out.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		s := source{
			path: path, folder: filepath.ToSlash(filepath.Dir(path)),
			test: strings.HasSuffix(path, "_test.go"), lines: strings.Count(string(text), "\n"),
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			s.imports = append(s.imports, name)
		}
		found = append(found, s)
	})
	if len(found) < 50 {
		t.Fatalf("only %d Go files were found: is %s still the root?", len(found), root)
	}
	return found
}

// walk calls f for each file of the module.
func walk(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, err = filepath.Rel(root, path)
		if err != nil || path == "." {
			return err
		}
		if !entry.IsDir() {
			f(filepath.ToSlash(path))
			return nil
		}
		name := entry.Name()
		if strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin" {
			return filepath.SkipDir
		}
		if _, err := os.Stat(filepath.Join(root, path, "go.mod")); err == nil {
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
