package telemetry

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidegate/stream"
)

// What calls may come to has its series before the first call has.
func TestCallsFromTheStart(t *testing.T) {
	tel := New(options())
	there := gather(t, tel, "tidegate_calls_total")
	for _, api := range []stream.API{stream.ChatCompletions, stream.Embeddings} {
		for _, a := range byProvider {
			wants(t, tel, []wanted{{"tidegate_calls_total", fmt.Sprintf("%s %s local %d", api, tel.codes.admit(a.code), a.status), 0}})
		}
		for _, a := range byGateway {
			wants(t, tel, []wanted{{"tidegate_calls_total", fmt.Sprintf("%s %s other %d", api, a.code, a.status), 0}})
		}
	}
	if want := 2 * (len(byProvider) + len(byGateway)); len(there) != want {
		t.Errorf("%d series, want %d", len(there), want)
	}
	tel.Ended(report(func(r *stream.Report) { r.Provider, r.Model, r.Status, r.Code = "", "", 503, "overloaded" }))
	wants(t, tel, []wanted{{"tidegate_calls_total", "chat.completions overloaded other 503", 1}})
	if n := len(gather(t, tel, "tidegate_calls_total")); n != len(there) {
		t.Errorf("%d series after a call that was foreseen, %d before", n, len(there))
	}
}

// The codes have the status that docs/errors.md gives them, and those that
// docs/operate.md has an alert for are among them.
func TestCallsInDocs(t *testing.T) {
	page := func(name string) string {
		text, err := os.ReadFile("../../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	errors := page("errors.md")
	var known []string
	for _, a := range slices.Concat(byProvider, byGateway) {
		known = append(known, a.code)
		if a.code != "" && !strings.Contains(errors, fmt.Sprintf("\n| `%s` | %d |", a.code, a.status)) {
			t.Errorf("docs/errors.md has no %s of status %d", a.code, a.status)
		}
	}
	alert := regexp.MustCompile(`tidegate_calls_total\{code=~"([^"]+)"`).FindStringSubmatch(page("operate.md"))
	if alert == nil {
		t.Fatal("docs/operate.md has no alert for calls")
	}
	for code := range strings.SplitSeq(alert[1], "|") {
		if !slices.Contains(known, code) {
			t.Errorf("docs/operate.md has an alert for %s, whose first call it does not see", code)
		}
	}
}
