package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidegate/test/harness"
)

// shown is what a gateway shows: for each metric its labels, with the values
// that they have.
type shown map[string]map[string][]string

var (
	sample  = regexp.MustCompile(`(?m)^(tidegate_\w+)(?:\{(.*)\})? \S+$`)
	kind    = regexp.MustCompile(`(?m)^# TYPE (tidegate_\w+) histogram$`)
	label   = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
	metric  = regexp.MustCompile(`(tidegate_\w+)(\{[^}]*\})?`)
	matcher = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	grouped = regexp.MustCompile(`(?:by|without) \(([^)]*)\)`)
	span    = regexp.MustCompile("`([^`]*tidegate_[^`]*)`")
)

// scrape asks a gateway that has just started: every metric is there.
func scrape(t *testing.T) shown {
	t.Helper()
	text := harness.Demo(t).Metrics(t)
	all := shown{}
	for _, found := range sample.FindAllStringSubmatch(text, -1) {
		if all[found[1]] == nil {
			all[found[1]] = map[string][]string{}
		}
		for _, l := range label.FindAllStringSubmatch(found[2], -1) {
			all[found[1]][l[1]] = append(all[found[1]][l[1]], l[2])
		}
	}
	for _, found := range kind.FindAllStringSubmatch(text, -1) {
		all[found[1]] = all[found[1]+"_count"]
	}
	return all
}

// check says what is wrong with the names in a PromQL expression: a metric, a
// label or a label's value that no gateway has. Codes of errors are those of
// docs/errors.md, which others hold against the code.
func (s shown) check(expression, errors string) (wrong []string) {
	var groups []string
	for _, found := range grouped.FindAllStringSubmatch(expression, -1) {
		groups = append(groups, strings.Split(found[1], ", ")...)
	}
	for _, found := range metric.FindAllStringSubmatch(expression, -1) {
		labels, ok := s[found[1]]
		if !ok {
			wrong = append(wrong, "there is no "+found[1])
			continue
		}
		for _, name := range groups {
			if labels[name] == nil {
				wrong = append(wrong, found[1]+" has no label "+name)
			}
		}
		for _, m := range matcher.FindAllStringSubmatch(found[2], -1) {
			if labels[m[1]] == nil {
				wrong = append(wrong, found[1]+" has no label "+m[1])
				continue
			}
			values := []string{regexp.QuoteMeta(m[3])}
			if strings.HasSuffix(m[2], "~") {
				values = strings.Split(m[3], "|")
			}
			for _, value := range values {
				is := regexp.MustCompile("^(?:" + value + ")$").MatchString
				if !slices.ContainsFunc(labels[m[1]], is) && (m[1] != "code" || !strings.Contains(errors, "`"+value+"`")) {
					wrong = append(wrong, found[1]+`: `+m[1]+` is never "`+value+`"`)
				}
			}
		}
	}
	return wrong
}

// TestMetrics finds metrics, labels and values in the documentation that a
// running gateway does not have.
func TestMetrics(t *testing.T) {
	t.Parallel()
	all, pages := scrape(t), harness.Pages(t)
	errors, n := pages["docs/errors.md"], 0
	for page, text := range pages {
		for _, found := range span.FindAllStringSubmatch(text, -1) {
			n++
			for _, wrong := range all.check(found[1], errors) {
				t.Errorf("%s: %s", page, wrong)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d expressions were found: is the pattern still right?", n)
	}
	for expression, want := range map[string]string{
		"tidegate_call_total":                               "there is no",
		`tidegate_calls_total{state="1"}`:                   "no label state",
		`sum by (le) (tidegate_calls_total)`:                "no label le",
		`tidegate_streams_ended_total{reason=~"upstrem.*"}`: "is never",
		`tidegate_calls_total{code="no_such_code"}`:         "is never",
	} {
		if wrong := all.check(expression, errors); len(wrong) != 1 || !strings.Contains(wrong[0], want) {
			t.Errorf("%s: %q", expression, wrong)
		}
	}
}
