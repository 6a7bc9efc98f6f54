package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

type failure struct {
	Error struct {
		Message, Type string
		Code          *string
	}
}

func TestScriptedStatus(t *testing.T) {
	s := start(t, provider.Options{})
	n := int64(0)
	for _, tc := range []struct {
		script     string
		status     int
		kind, code string
	}{
		{"status=429&retry_after=7", 429, "requests", "rate_limit_exceeded"},
		{"status=401", 401, "invalid_request_error", "invalid_api_key"},
		{"status=404", 404, "invalid_request_error", "model_not_found"},
		{"status=400", 400, "invalid_request_error", ""},
		{"status=500", 500, "server_error", ""},
		{"status=503&header_delay=1ms", 503, "server_error", ""},
	} {
		both(t, func(t *testing.T, c *http.Client) {
			resp, body, err := read(t, c, s.URL()+chatPath, tc.script, streaming)
			if err != nil || resp.StatusCode != tc.status {
				t.Fatal(err, resp.Status)
			}
			f := decode[failure](t, body).Error
			code := ""
			if f.Code != nil {
				code = *f.Code
			}
			if f.Type != tc.kind || code != tc.code || f.Message == "" {
				t.Errorf("%s: %s", tc.script, body)
			}
			if got := resp.Header.Get("Retry-After"); (got == "7") != (tc.status == 429) {
				t.Errorf("%s: Retry-After %q", tc.script, got)
			}
			n++
			if call := ended(t, s, n); call.Ending != provider.Faulted || call.Events != 0 {
				t.Errorf("%+v", call)
			}
		})
	}
}

func TestHTML(t *testing.T) {
	s := start(t, provider.Options{})
	for script, status := range map[string]int{"html=1": 200, "html=1&status=502": 502} {
		both(t, func(t *testing.T, c *http.Client) {
			resp, body, err := read(t, c, s.URL()+chatPath, script, streaming)
			if err != nil || resp.StatusCode != status || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") ||
				!strings.Contains(string(body), "<html>") {
				t.Errorf("%s: %v %v %s", script, err, resp.Status, body)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	s := start(t, provider.Options{MaxBody: 1000})
	n := int64(0)
	for _, tc := range []struct {
		script, body string
		status       int
		message      string
	}{
		{"tokenz=3", streaming, 400, `unknown key "tokenz"`},
		{"", `{"model":"script:tokens=3,oops=1"}`, 400, `unknown key "oops"`},
		{"", `{"model":"m?fault=what"}`, 400, `"what" is none of fin`},
		{"", `{"model":`, 400, "could not parse"},
		{"", `{"model":"m","stream":"yes"}`, 400, "could not parse"},
		{"", `{"stream":true}`, 400, "must provide a model"},
		{"file=x.sse", streaming, 400, "no folder"},
		{"tokens=100001", `{"model":"m"}`, 400, "when not streamed"},
		{"", `{"model":"` + strings.Repeat("x", 1000) + `"}`, 413, "too large"},
	} {
		both(t, func(t *testing.T, c *http.Client) {
			resp, body, err := read(t, c, s.URL()+chatPath, tc.script, tc.body)
			if err != nil || resp.StatusCode != tc.status {
				t.Fatalf("%s: %v %v", tc.message, err, resp.Status)
			}
			if m := decode[failure](t, body).Error.Message; !strings.Contains(m, tc.message) {
				t.Errorf("got %q, want %q", m, tc.message)
			}
			n++
			if call := ended(t, s, n); call.Ending != provider.Refused {
				t.Errorf("%+v", call)
			}
		})
	}
}

func TestUnknownPathAndMethod(t *testing.T) {
	s := start(t, provider.Options{})
	c := client(t, 1)
	if resp, _, _ := read(t, c, s.URL()+"/v1/nothing", "", streaming); resp.StatusCode != http.StatusNotFound {
		t.Error(resp.Status)
	}
	resp, err := c.Get(s.URL() + chatPath)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Error(resp.Status)
	}
}
