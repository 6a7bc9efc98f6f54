package harness

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

// Fence is a fenced block of a page.
type Fence struct {
	Page     string // its name, as Pages has it
	Line     int    // of its beginning
	Language string // "" where the page says none
	Text     string
}

// Pages are README.md, CONTRIBUTING.md and docs/*.md, by their paths from the
// root, with slashes.
func Pages(t testing.TB) map[string]string {
	t.Helper()
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	folder := os.DirFS(root)
	names, err := fs.Glob(folder, "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, name := range append(names, "README.md", "CONTRIBUTING.md") {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		pages[name] = string(text)
	}
	return pages
}

// Fences are those of the pages.
func Fences(t testing.TB) (fences []Fence) {
	t.Helper()
	for name, text := range Pages(t) {
		fences = append(fences, fencesOf(name, text)...)
	}
	return fences
}

// fencesOf are a page's, in their order.
func fencesOf(page, text string) (fences []Fence) {
	var open *Fence
	n := 0
	for line := range strings.Lines(text) {
		n++
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case !fence && open != nil:
			open.Text += line
		case fence && open == nil:
			open = &Fence{Page: page, Line: n, Language: strings.TrimSpace(language)}
		case fence:
			fences = append(fences, *open)
			open = nil
		}
	}
	return fences
}
