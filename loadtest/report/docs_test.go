package report_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"tidegate/loadtest"
	"tidegate/loadtest/report"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands under a heading.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, after, ok := strings.Cut(page, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	before, _, _ := strings.Cut(after, "\n## ")
	return before
}

// TestDocsTables holds the tables of docs/loadtest.md against what there is.
func TestDocsTables(t *testing.T) {
	page := read(t, "docs/loadtest.md")
	var kinds []string
	for _, k := range report.Kinds {
		kinds = append(kinds, string(k))
	}
	for heading, names := range map[string][]string{
		"Profiles": loadtest.ProfileNames(), "Faults": loadtest.FaultNames(),
		"Transports": loadtest.Transports, "What is checked": kinds,
	} {
		text := section(t, page, heading)
		for _, name := range names {
			if !strings.Contains(text, "\n| `"+name+"` |") {
				t.Errorf("%s: %s is missing", heading, name)
			}
		}
		if rows := strings.Count(text, "\n| `"); rows != len(names) {
			t.Errorf("%s: %d rows, there are %d: %v", heading, rows, len(names), names)
		}
	}
}

// TestDocsFlags holds them against the command's source: nobody may import it.
func TestDocsFlags(t *testing.T) {
	text := section(t, read(t, "docs/loadtest.md"), "Flags")
	flags := regexp.MustCompile(`\.[A-Z][A-Za-z0-9]*Var\(&[^,]+, "([a-z-]+)"`).FindAllStringSubmatch(read(t, "cmd/gateway/loadtest.go"), -1)
	if len(flags) < 20 {
		t.Fatalf("only %d flags were found: is the expression still right?", len(flags))
	}
	there := map[string]bool{}
	for _, f := range flags {
		there[f[1]] = true
		if !regexp.MustCompile("`-" + f[1] + "[ `]").MatchString(text) {
			t.Errorf("the flag -%s is missing", f[1])
		}
	}
	for row := range strings.Lines(text) {
		names, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for _, f := range regexp.MustCompile("`-([a-z-]+)").FindAllStringSubmatch(names, -1) {
			if !there[f[1]] {
				t.Errorf("there is no flag -%s", f[1])
			}
		}
	}
}

// TestDocsFields: every field of the JSON report is explained.
func TestDocsFields(t *testing.T) {
	text := section(t, read(t, "docs/loadtest.md"), "The JSON report")
	seen := map[reflect.Type]bool{}
	var check func(reflect.Type)
	check = func(kind reflect.Type) {
		for kind.Kind() == reflect.Slice || kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if kind.Kind() != reflect.Struct || kind.PkgPath() != reflect.TypeFor[report.Report]().PkgPath() || seen[kind] {
			return
		}
		seen[kind] = true
		for i := range kind.NumField() {
			f := kind.Field(i)
			check(f.Type)
			if f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				t.Errorf("%s.%s has no name in JSON", kind.Name(), f.Name)
			} else if !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s: the field %s is missing", kind.Name(), name)
			}
		}
	}
	check(reflect.TypeFor[report.Report]())
	if len(seen) < 15 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
