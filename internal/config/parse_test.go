package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// minimal is the least valid configuration.
const minimal = "providers:\n  p:\n    base_url: http://127.0.0.1:1/v1\nmodels:\n  \"*\": p\n"

// vars looks variables up in a map.
func vars(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func mustParse(t *testing.T, text string, env map[string]string) *Config {
	t.Helper()
	c, err := Parse("gateway.yaml", []byte(text), vars(env))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var ignoreNotes = cmpopts.IgnoreUnexported(Config{})

func TestParseFillsDefaults(t *testing.T) {
	want := Default()
	p := DefaultProvider()
	p.BaseURL = "http://127.0.0.1:1/v1"
	want.Providers = map[string]Provider{"p": p}
	want.Models = map[string]Route{"*": To("p")}
	if diff := cmp.Diff(want, mustParse(t, minimal, nil), ignoreNotes); diff != "" {
		t.Fatal(diff)
	}
}

func TestParseReadsEveryField(t *testing.T) {
	const hash = "v1:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	got := mustParse(t, `
listen: 0.0.0.0:80
admin: "[::1]:90"
keep_alive: 1m
auth: keys
drain: 0s
providers:
  a.b-c_1:
    api: anthropic
    base_url: https://${HOST}:${PORT:-443}/v1//
    api_keys: ["${KEY}", sk-2]
    streams: 11
    wait: 12s
    queue: 13
    include_usage: false
    breaker: {failures: 14, window: 15s, open_for: 16s}
    headers: {X-A: "1", x-b: ""}
    http: 2
    end: finish_reason
    timeouts: {connect: 1s, first_event: 2s, silence: 3s, progress: 6s, total: 4s, stream: 5s}
    connections: 5
  q:
    base_url: http://h/v1
    pass_through: false
    api_key: k
models:
  meta-llama/Llama-3: a.b-c_1/meta-llama/Llama-3
  list: [q, a.b-c_1/x]
  drawn:
    - {to: q/y, weight: 3}
    - to: a.b-c_1
    - q
  "*": [a.b-c_1]
failover: {tries: 2, time: 17s}
stream: {buffer: 1KiB, max_event: 2MiB, oversize_total: 1GiB, max: "${MAX:-7}", retain: 9s, retained: 10}
limits:
  request_body: 1MiB
  request_bodies_total: 2MiB
  request_header: 8192
  header_timeout: 1s
  body_timeout: 2s
  idle_timeout: 3s
  connections: 8
  streams_per_connection: 9
  stored_responses: 18
origins: [https://app.example.com, "*"]
keys: [{name: app, hash: "`+hash+`"}]
log: {level: debug, format: json}
`, map[string]string{"HOST": "api.example.com", "KEY": "sk-1"})
	q := DefaultProvider()
	q.BaseURL, q.APIKey = "http://h/v1", "k"
	want := &Config{
		Listen: "0.0.0.0:80", Admin: "[::1]:90", KeepAlive: time.Minute, Auth: AuthKeys,
		Providers: map[string]Provider{"a.b-c_1": {
			API: APIAnthropic, BaseURL: "https://api.example.com:443/v1", APIKeys: []Secret{"sk-1", "sk-2"},
			Streams: 11, Wait: 12 * time.Second, Queue: 13,
			Breaker: Breaker{Failures: 14, Window: 15 * time.Second, OpenFor: 16 * time.Second},
			Headers: map[string]Secret{"X-A": "1", "x-b": ""}, HTTP: HTTP2, End: EndFinishReason,
			Timeouts:    Timeouts{Connect: time.Second, FirstEvent: 2 * time.Second, Silence: 3 * time.Second, Progress: 6 * time.Second, Total: 4 * time.Second, Stream: 5 * time.Second},
			Connections: 5,
		}, "q": q},
		Models: map[string]Route{
			"meta-llama/Llama-3": To("a.b-c_1/meta-llama/Llama-3"),
			"list":               To("q", "a.b-c_1/x"),
			"drawn":              {{To: "q/y", Weight: 3}, {To: "a.b-c_1", Weight: 1}, {To: "q"}},
			AnyModel:             To("a.b-c_1"),
		},
		Failover: Failover{Tries: 2, Time: 17 * time.Second},
		Origins:  []string{"https://app.example.com", "*"},
		Stream:   Stream{Buffer: KiB, MaxEvent: 2 * MiB, OversizeTotal: GiB, Max: 7, Retain: 9 * time.Second, Retained: 10},
		Limits: Limits{
			RequestBody: MiB, RequestBodiesTotal: 2 * MiB, RequestHeader: 8 * KiB, HeaderTimeout: time.Second,
			BodyTimeout: 2 * time.Second, IdleTimeout: 3 * time.Second, Connections: 8, StreamsPerConnection: 9, StoredResponses: 18,
		},
		Keys: []Key{{Name: "app", Hash: hash}},
		Log:  Log{Level: "debug", Format: "json"},
	}
	if diff := cmp.Diff(want, got, ignoreNotes); diff != "" {
		t.Fatal(diff)
	}
}

// Files from a Windows editor mean the same, and problems are where they are.
func TestParseByteOrderMarkAndCRLF(t *testing.T) {
	mustParse(t, "\ufeff"+strings.ReplaceAll(minimal, "\n", "\r\n"), nil)
	_, err := Parse("f", []byte("\ufeffadmin: x\r\n\r\n  \r\nlisten: y\r\n"+strings.ReplaceAll(minimal, "\n", "\r\n")), vars(nil))
	var invalid *Error
	if !errors.As(err, &invalid) || len(invalid.Problems) != 2 {
		t.Fatal(err)
	}
	for i, want := range []Problem{{Path: "admin", Line: 1, Column: 8}, {Path: "listen", Line: 4, Column: 9}} {
		got := invalid.Problems[i]
		got.Message, got.Excerpt = "", ""
		if got != want {
			t.Errorf("problem %d at %+v, want %+v", i, got, want)
		}
	}
}

// A section whose fields are all commented out keeps its defaults.
func TestParseEmptySections(t *testing.T) {
	got := mustParse(t, minimal+"stream:\n  # buffer: 1\nlimits: ~\nkeys:\nlog: {}\n", nil)
	if diff := cmp.Diff(mustParse(t, minimal, nil), got, ignoreNotes); diff != "" {
		t.Fatal(diff)
	}
}

// What a variable holds stays one value.
func TestParseVariableInjectsNothing(t *testing.T) {
	const evil = "sk-1 # x\nlisten: 0.0.0.0:1"
	_, err := Parse("f", []byte(minimal+"auth: ${A}\n"), vars(map[string]string{"A": evil}))
	if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "sk-1") {
		t.Fatal(err)
	}
	c := mustParse(t, "providers: {p: {base_url: http://h/, headers: {x: '${A}'}}}\nmodels: {'*': p}\n",
		map[string]string{"A": "a, y: b} ${B}"})
	if got := c.Providers["p"].Headers; len(got) != 1 || got["x"] != "a, y: b} ${B}" {
		t.Fatalf("%q", got["x"].Reveal())
	}
}

func TestParseRefusesWhole(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       error
	}{
		{"too large", strings.Repeat("#", maxFile+1), ErrTooLarge},
		{"not UTF-8", "listen: \xff\n", ErrText},
		{"NUL", "listen: \x00\n", ErrText},
		{"too many words", strings.Repeat("- ", maxTokens+1), ErrComplex},
		{"too deep", strings.Repeat("[", maxFile), ErrComplex},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := Parse("f", []byte(tc.text), vars(nil)); !errors.Is(err, tc.want) {
				t.Fatalf("err = %v, want %v", err, tc.want)
			}
		})
	}
	if _, err := Parse("f", []byte(minimal+strings.Repeat("#", maxFile-len(minimal))), vars(nil)); err != nil {
		t.Fatalf("a file of exactly the limit: %v", err)
	}
}

func TestLoad(t *testing.T) {
	t.Setenv("TIDEGATE_TEST_LEVEL", "warn")
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	if _, err := Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("err = %v, want not exist", err)
	}
	if err := os.WriteFile(path, []byte(minimal+"log: {level: '${TIDEGATE_TEST_LEVEL}'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil || c.Log.Level != "warn" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := os.WriteFile(path, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); !errors.Is(err, ErrTooLarge) {
		t.Fatalf("err = %v, want %v", err, ErrTooLarge)
	}
}

// No text makes Parse panic, and none that it refuses lacks a reason. Run it with
// -fuzzminimizetime 1x: shrinking its inputs otherwise takes up the whole run,
// which then reports no executions and passes all the same.
func FuzzParse(f *testing.F) {
	f.Add(minimal)
	f.Add(Example)
	f.Add("keys: [{name: a, hash: b}]\na: &x {b: *x}\n? a\n<<: *y\n")
	f.Add("listen: \"a\n  b\"\nproviders: |\n  x\n---\n%YAML 1.2\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		c, err := Parse("f", []byte(text), vars(nil))
		var invalid *Error
		switch {
		case err == nil:
			if err := c.Validate(); err != nil {
				t.Fatalf("parsed, but invalid: %v", err)
			}
		case errors.As(err, &invalid):
			if len(invalid.Problems) == 0 || invalid.Problems[0].Message == "" {
				t.Fatal("an error without a reason")
			}
		}
	})
}
