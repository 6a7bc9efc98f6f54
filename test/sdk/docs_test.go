package sdk

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of docs/sdks.md")

const page = "../../docs/sdks.md"

// TestDocs holds the tables of docs/sdks.md against what the tests here do,
// and its versions against the lock files.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, table := range map[string]string{"sdks": kitTable(t), "ways": styleTable(), "scenarios": scenarioTable()} {
		want = fill(t, want, name, table)
	}
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("docs/sdks.md is not up to date: go test -C test/sdk -run TestDocs -update .")
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fill replaces what stands between a table's marks.
func fill(t *testing.T, text, name, table string) string {
	t.Helper()
	begin, end := "<!-- "+name+": made by test/sdk -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the table %q", page, name)
	}
	return before + begin + "\n" + table + "\n" + end + after
}

func kitTable(t *testing.T) string {
	b := new(strings.Builder)
	b.WriteString("| SDK | version | how it is pointed at a gateway on HOST |\n|---|---|---|\n")
	for _, k := range kits {
		var versions []string
		for _, name := range k.packages {
			v := version(t, name)
			if len(k.packages) > 1 {
				v = name + " " + v
			}
			versions = append(versions, v)
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", k.name, strings.Join(versions, ", "), k.baseURL)
	}
	return b.String()
}

// version is a package's in the lock file.
func version(t *testing.T, name string) string {
	t.Helper()
	if strings.Contains(name, ".") { // a Go module's path
		text, err := os.ReadFile("go.mod")
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(name) + ` v(\S+)`).FindSubmatch(text)
		if found == nil {
			t.Fatalf("go.mod lacks %s", name)
		}
		return string(found[1])
	}
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	v := lock.Packages["node_modules/"+name].Version
	if v == "" {
		t.Fatalf("package-lock.json lacks %s", name)
	}
	return v
}

func styleTable() string {
	b := new(strings.Builder)
	b.WriteString("| SDK | call | refused | cut, error or silence in the middle | reasoning | a clean end in the middle, **without a gateway** |\n|---|---|---|---|---|---|\n")
	for _, k := range kits {
		for _, st := range k.styles {
			direct := "**taken for whole**"
			switch {
			case st.once:
				direct = ""
			case st.notices:
				direct = "error"
			}
			thoughts := st.thoughts
			if thoughts == "" {
				thoughts = "yes"
			}
			breaks := slices.DeleteFunc(slices.Clone(k.breaks), func(name string) bool { return name == terminated })
			shows := func(o outcome, classes []string) string {
				if st.silent[o] != "" {
					return st.silent[o]
				}
				return "`" + strings.Join(classes, "`, `") + "`"
			}
			middle := shows(brokenOff, breaks)
			if st.once {
				middle = "an error"
			}
			fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s |\n", k.name, st.name, shows(refusal, []string{k.refuses}), middle, thoughts, direct)
		}
	}
	return b.String()
}

func scenarioTable() string {
	b := new(strings.Builder)
	b.WriteString("| what happens | what has to come of it |\n|---|---|\n")
	says := map[outcome]string{
		wholeAnswer: "the answer, all of it, with its usage",
		refusal:     "an error, and nothing of an answer",
		brokenOff:   "an error, after no more than what came",
	}
	for _, s := range scenarios {
		what := says[s.want]
		if s.status != 0 {
			what += fmt.Sprintf("; status %d", s.status)
		}
		fmt.Fprintf(b, "| %s | %s |\n", s.name, what)
	}
	return b.String()
}
