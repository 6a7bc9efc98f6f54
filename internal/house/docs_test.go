package house

import (
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidegate/internal/config"
	"tidegate/stream"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)

// TestLinks finds links to files and headings that are not there.
func TestLinks(t *testing.T) {
	walk(t, func(page string) {
		if !strings.HasSuffix(page, ".md") {
			return
		}
		for _, found := range link.FindAllStringSubmatch(read(t, page), -1) {
			target := found[1] + found[2]
			if strings.Contains(target, "://") {
				continue
			}
			file, heading, _ := strings.Cut(target, "#")
			name := page
			if file != "" {
				name = path.Join(path.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, name)); err != nil {
				t.Errorf("%s links to %s, which is not there", page, target)
				continue
			}
			if heading != "" && !slices.Contains(headings(read(t, name)), heading) {
				t.Errorf("%s links to %s: there is no such heading", page, target)
			}
		}
	})
}

// TestIndex finds pages that the documentation's index does not link to.
func TestIndex(t *testing.T) {
	index := read(t, "docs/README.md")
	walk(t, func(page string) {
		if name, ok := strings.CutPrefix(page, "docs/"); ok && strings.HasSuffix(name, ".md") && name != "README.md" {
			if !strings.Contains(index, "]("+name+")") {
				t.Errorf("docs/README.md does not link to %s", name)
			}
		}
	})
}

var notInAnchor = regexp.MustCompile(`[^a-z0-9 _-]`)

// headings are the anchors of a page's headings, as code hosts make them.
func headings(text string) []string {
	var anchors []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		anchors = append(anchors, strings.ReplaceAll(notInAnchor.ReplaceAllString(title, ""), " ", "-"))
	}
	return anchors
}

// codes finds where the code says an error's code: in a literal, or as an
// argument of what makes failures.
var codes = regexp.MustCompile(`(?:[cC]ode: |[cC]ode = |badRequest\(|closing\([A-Za-z0-9.]+, )"([a-z0-9_]+)"`)

// TestErrorCodes holds docs/errors.md against the code.
func TestErrorCodes(t *testing.T) {
	said := map[string]string{}
	for _, s := range sources(t) {
		if s.test || !within(s.folder, "downstream") && !within(s.folder, "upstream") {
			continue
		}
		for _, found := range codes.FindAllStringSubmatch(read(t, s.path), -1) {
			said[found[1]] = s.path
		}
	}
	if len(said) < 15 {
		t.Fatalf("only %d codes were found in the code: is the expression still right?", len(said))
	}
	page := read(t, "docs/errors.md")
	for code, where := range said {
		if !strings.Contains(page, "`"+code+"`") {
			t.Errorf("docs/errors.md lacks the code %s of %s", code, where)
		}
	}
	for _, found := range regexp.MustCompile("(?m)^\\| `([a-z0-9_.]+)` \\|").FindAllStringSubmatch(page, -1) {
		reason, _, _ := strings.Cut(found[1], ".")
		if said[found[1]] == "" && !slices.Contains(stream.Reasons, stream.Reason(reason)) {
			t.Errorf("docs/errors.md has the code %s, which the code never says", found[1])
		}
	}
}

// TestReasons holds docs/contract.md against stream/end.go.
func TestReasons(t *testing.T) {
	page := read(t, "docs/contract.md")
	for _, reason := range stream.Reasons {
		if !strings.Contains(page, "| `"+string(reason)+"` |") {
			t.Errorf("docs/contract.md lacks the reason %s", reason)
		}
	}
	for _, found := range regexp.MustCompile(`Cause\s+= "([a-z_]+)"`).FindAllStringSubmatch(read(t, "stream/end.go"), -1) {
		if !strings.Contains(page, "`"+found[1]+"`") {
			t.Errorf("docs/contract.md lacks the cause %s", found[1])
		}
	}
}

// TestLimits holds docs/limits.md against the configuration: every number in
// it bounds something.
func TestLimits(t *testing.T) {
	page := read(t, "docs/limits.md")
	for _, section := range []struct {
		prefix string
		fields any
	}{
		{"", config.Config{}},
		{"providers.*.", config.Provider{}},
		{"providers.*.timeouts.", config.Timeouts{}},
		{"providers.*.breaker.", config.Breaker{}},
		{"failover.", config.Failover{}},
		{"stream.", config.Stream{}},
		{"limits.", config.Limits{}},
	} {
		kind := reflect.TypeOf(section.fields)
		for i := range kind.NumField() {
			switch field := kind.Field(i); field.Type.Kind() {
			case reflect.Int, reflect.Int64:
				if name := section.prefix + field.Tag.Get("yaml"); !strings.Contains(page, "`"+name+"`") {
					t.Errorf("docs/limits.md lacks %s", name)
				}
			}
		}
	}
}
