package telemetry

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// documented reads docs/metrics.md's table: type and labels by name.
func documented(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !strings.HasPrefix(cells[1], " `tidegate_") {
			continue
		}
		name := strings.Trim(cells[1], " `")
		if _, ok := table[name]; ok {
			t.Errorf("%s stands there twice", name)
		}
		if strings.TrimSpace(cells[4]) == "" {
			t.Errorf("%s has no meaning", name)
		}
		labels := strings.FieldsFunc(cells[3], func(c rune) bool { return c == ',' || c == ' ' })
		slices.Sort(labels)
		table[name] = strings.TrimSpace(cells[2]) + " " + strings.Join(labels, " ")
	}
	return table
}

func TestDocs(t *testing.T) {
	tel := New(options())
	families, err := tel.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	table := documented(t)
	for _, family := range families {
		name := family.GetName()
		if !strings.HasPrefix(name, "tidegate_") {
			continue
		}
		var labels []string
		for _, l := range family.GetMetric()[0].GetLabel() {
			labels = append(labels, l.GetName())
		}
		is := strings.ToLower(family.GetType().String()) + " " + strings.Join(labels, " ")
		if said, ok := table[name]; !ok {
			t.Errorf("docs/metrics.md lacks %s", name)
		} else if said != is {
			t.Errorf("docs/metrics.md says of %s: %q; it is %q", name, said, is)
		}
		delete(table, name)
	}
	for name := range table {
		t.Errorf("docs/metrics.md has %s, which does not exist", name)
	}
}
