package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidegate/test/harness"
)

// weather is what a metric does for twenty minutes, a value each, in
// promtool's words: so that an alert fires, and so that it does not.
type weather struct{ series, fires, quiet string }

// alerts are the expressions under "What to alert on", by the symptom and in
// their order.
var alerts = map[string][][]weather{
	"events lost": {{
		{`tidegate_events_dropped_total{provider="p",model="m",reason="lost"}`, "0x10 1x10", "0x20"}}},
	"breaker open": {{
		{`tidegate_breaker_state{provider="p",model="m"}`, "2 1x20", "0x20"}}},
	"provider fails": {{
		{`tidegate_provider_tries_total{provider="p",outcome="answered"}`, "0+10x20", "0+10x20"},
		{`tidegate_provider_tries_total{provider="p",outcome="left"}`, "0+100x20", "0+100x20"},
		{`tidegate_provider_tries_total{provider="p",outcome="late"}`, "0+1x20", "0x20"}}},
	"streams break": {{
		{`tidegate_streams_ended_total{provider="p",model="m",reason="complete",cause="none"}`, "0+10x20", "0+10x20"},
		{`tidegate_streams_ended_total{provider="p",model="m",reason="cancelled",cause="none"}`, "0+5x20", "0+5x20"},
		{`tidegate_streams_ended_total{provider="p",model="m",reason="upstream_error",cause="reset"}`, "0+1x20", "0x20"}}},
	"keys refused": {{
		{`tidegate_provider_tries_total{provider="p",outcome="unauthorized"}`, "0x15 1x5", "1x20"},
		{`tidegate_provider_tries_total{provider="p",outcome="forbidden"}`, "0x20", "0+9x20"}}},
	"rate limits": {{
		{`tidegate_provider_tries_total{provider="p",outcome="limited"}`, "0+10x20", "0+1x20"}}},
	"provider full": {{
		{`tidegate_provider_waiting{provider="p"}`, "1x20", "0x20"}}, {
		{`tidegate_provider_streams{provider="p"}`, "9x20", "8x20"},
		{`tidegate_provider_streams_limit{provider="p"}`, "10x20", "10x20"}}},
	"gateway full": {{
		{`tidegate_calls_active`, "9x20", "8x20"}, {`tidegate_calls_limit`, "10x20", "10x20"}}, {
		{`tidegate_client_connections`, "9x20", "8x20"}, {`tidegate_client_connections_limit`, "10x20", "10x20"}}, {
		{`tidegate_request_body_bytes`, "9x20", "8x20"}, {`tidegate_request_body_limit_bytes`, "10x20", "10x20"}}, {
		{`tidegate_oversize_event_bytes`, "9x20", "8x20"}, {`tidegate_oversize_event_limit_bytes`, "10x20", "10x20"}}},
	"calls refused": {{
		{`tidegate_calls_total{api="messages",provider="p",status="503",code="overloaded"}`, "0+1x20", "7x20"},
		{`tidegate_calls_total{api="messages",provider="p",status="400",code="bad_request"}`, "0+1x20", "0+1x20"}}},
	"slow clients": {{
		{`tidegate_streams_ended_total{provider="p",model="m",reason="slow_consumer",cause="none"}`, "0+1x20", "0x20"},
		{`tidegate_streams_ended_total{provider="p",model="m",reason="complete",cause="none"}`, "0+1x20", "0+1x20"}}},
	"spend": {{
		{`tidegate_tokens_total{provider="p",model="m",kind="estimated"}`, "0+1x20", "0x20"},
		{`tidegate_tokens_total{provider="p",model="m",kind="input"}`, "0+1x20", "0+1x20"}}},
	"log lost": {{
		{`tidegate_log_lines_lost_total`, "0x15 1x5", "1x20"}}},
	"no descriptors": {{
		{`tidegate_accept_errors_total{listener="clients"}`, "0x15 1x5", "1x20"}}},
	"slow gateway": {{
		{`tidegate_event_write_latency_seconds_bucket{provider="p",model="m",le="0.005"}`, "0+1x20", "0+9x20"},
		{`tidegate_event_write_latency_seconds_bucket{provider="p",model="m",le="0.01"}`, "0+10x20", "0+10x20"},
		{`tidegate_event_write_latency_seconds_bucket{provider="p",model="m",le="+Inf"}`, "0+10x20", "0+10x20"}}},
}

var symptom = regexp.MustCompile(`(?m)^- \[([a-z ]+)\]\(#[a-z-]+\): (.*)$`)

// TestAlerts has Prometheus's own promtool evaluate what docs/operate.md says
// to alert on: each expression fires in the weather it is for, and in no
// other.
func TestAlerts(t *testing.T) {
	t.Parallel()
	_, list, ok := strings.Cut(harness.Pages(t)["docs/operate.md"], "\n## What to alert on\n")
	if list, _, _ = strings.Cut(list, "\n## "); !ok {
		t.Fatal("docs/operate.md says nothing of alerts")
	}
	all := scrape(t)
	var tests strings.Builder
	seen := map[string]bool{}
	for _, found := range symptom.FindAllStringSubmatch(list, -1) {
		name, spans := found[1], span.FindAllStringSubmatch(found[2], -1)
		seen[name] = true
		if len(spans) != len(alerts[name]) {
			t.Errorf("%q has %d expressions, and there is weather for %d", name, len(spans), len(alerts[name]))
			continue
		}
		for i, span := range spans {
			expression := span[1]
			if !regexp.MustCompile(`(>|==) [0-9.]+$`).MatchString(expression) {
				expression += " > 0" // what it is compared with is the reader's
			}
			for _, fires := range []bool{true, false} {
				tests.WriteString(trial(name, expression, alerts[name][i], fires))
			}
			for _, w := range alerts[name][i] {
				name, labels, _ := strings.Cut(w.series, "{")
				for _, l := range label.FindAllStringSubmatch(labels, -1) {
					if all[name][l[1]] == nil {
						t.Errorf("%s has no label %s", name, l[1])
					}
				}
				if all[name] == nil || len(all[name]) != strings.Count(labels, "=") {
					t.Errorf("%s: no such metric, or it has other labels: %v", w.series, all[name])
				}
			}
		}
	}
	for name := range alerts {
		if !seen[name] {
			t.Errorf("docs/operate.md has no alert %q", name)
		}
	}
	file := filepath.Join(t.TempDir(), "tests.yaml")
	if err := os.WriteFile(file, []byte("tests:\n"+tests.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool(t), "test", "rules", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, &tests)
	}
}

// trial is a test for promtool: how many series an expression has after twenty
// minutes.
func trial(name, expression string, series []weather, fires bool) string {
	b := new(strings.Builder)
	count := 0
	if fires {
		count = 1
	}
	fmt.Fprintf(b, "  - name: '%s, fires: %t'\n    interval: 1m\n    input_series:\n", name, fires)
	for _, w := range series {
		values := w.quiet
		if fires {
			values = w.fires
		}
		fmt.Fprintf(b, "      - {series: '%s', values: '%s'}\n", w.series, values)
	}
	fmt.Fprintf(b, "    promql_expr_test:\n      - {expr: 'count(%s) or vector(0)', eval_time: 20m, exp_samples: [{labels: '{}', value: %d}]}\n", expression, count)
	return b.String()
}

// promtool is the one that PROMTOOL names, that is on the path, or that make
// has fetched.
func promtool(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PROMTOOL"); path != "" {
		return path
	}
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "bin", "promtool")
	if _, err := os.Stat(path); err != nil {
		t.Fatal("promtool is needed, of Prometheus: \"make need-promtool\" fetches it, or set PROMTOOL to its path")
	}
	return path
}
