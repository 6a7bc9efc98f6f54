package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// checkFailure checks an error that the gateway itself says: its form to the
// letter (platform.openai.com/docs/guides/error-codes), its status and its
// code, and that it says something helpful.
func checkFailure(t *testing.T, a *answer, status int, code, says string) {
	t.Helper()
	if a.status != status || a.err != nil {
		t.Fatalf("status %d, error %v, want a whole %d: %q", a.status, a.err, status, a.body)
	}
	if kind := a.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type: %q", kind)
	}
	var object map[string]map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil || len(object) != 1 || len(object["error"]) != 4 {
		t.Fatalf("not {error:{message,type,param,code}}: %q", a.body)
	}
	e := object["error"]
	for _, member := range []string{"message", "type", "param", "code"} {
		if _, ok := e[member]; !ok {
			t.Errorf("no %q: %q", member, a.body)
		}
	}
	if e["code"] != code {
		t.Errorf("code %v, want %q", e["code"], code)
	}
	if message, _ := e["message"].(string); !strings.Contains(message, says) {
		t.Errorf("the message does not say %q: %q", says, message)
	}
}

// Every request that can't be served gets an error in OpenAI's form that says
// why, reaches no provider, and harms nothing.
func TestBadRequests(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		c.Limits.RequestBody, c.Limits.RequestBodiesTotal = 4*config.KiB, 8*config.KiB
		c.Models = map[string]config.Route{"m?tokens=3": config.To("default"), "gpt-x": config.To("default")}
	}})
	large := `{"model":"gpt-x","x":"` + strings.Repeat("a", 5000) + `"}`
	for name, c := range map[string]struct {
		method, path, body string
		chunked            bool
		status             int
		code, says         string
	}{
		"empty":               {body: "", status: 400, code: "invalid_json", says: "JSON object"},
		"not JSON":            {body: "hello", status: 400, code: "invalid_json", says: "JSON object"},
		"an array":            {body: `["model"]`, status: 400, code: "invalid_json", says: "JSON object"},
		"cut":                 {body: `{"model":"gpt-x","messages":[{"role":`, status: 400, code: "invalid_json", says: "too early"},
		"trailing comma":      {body: `{"model":"gpt-x",}`, status: 400, code: "invalid_json", says: "byte 17"},
		"single quotes":       {body: `{'model':'gpt-x'}`, status: 400, code: "invalid_json", says: "byte 1"},
		"bad escape":          {body: `{"model":"gpt-x","a":"\q"}`, status: 400, code: "invalid_json", says: "JSON"},
		"two objects":         {body: `{"model":"gpt-x"}{"model":"other"}`, status: 400, code: "invalid_json", says: "goes on"},
		"deep":                {body: `{"model":"gpt-x","a":` + strings.Repeat("[", 4000), status: 400, code: "invalid_json", says: "JSON"},
		"duplicate":           {body: `{"model":"gpt-x","model":"other"}`, status: 400, code: "duplicate_key", says: `"model" twice`},
		"duplicate, escaped":  {body: `{"model":"gpt-x","\u006dodel":"other"}`, status: 400, code: "duplicate_key", says: `"model" twice`},
		"duplicate, unknown":  {body: `{"model":"gpt-x","a":1,"a":2}`, status: 400, code: "duplicate_key", says: `"a" twice`},
		"other case":          {body: `{"Model":"gpt-x"}`, status: 400, code: "misspelt_key", says: "lower case"},
		"no model":            {body: `{"messages":[]}`, status: 400, code: "missing_model", says: `"model"`},
		"empty model":         {body: `{"model":""}`, status: 400, code: "missing_model", says: `"model"`},
		"model is no text":    {body: `{"model":7}`, status: 400, code: "invalid_model", says: "string"},
		"stream is text":      {body: `{"model":"gpt-x","stream":"true"}`, status: 400, code: "invalid_stream", says: "true or false"},
		"unknown model":       {body: `{"model":"gpt-y"}`, status: 404, code: "model_not_found", says: "/v1/models"},
		"unknown, streaming":  {body: `{"model":"gpt-y","stream":true}`, status: 404, code: "model_not_found", says: "gpt-y"},
		"the star":            {body: `{"model":"*"}`, status: 404, code: "model_not_found", says: "configured"},
		"embedding stream":    {path: "/v1/embeddings", body: `{"model":"gpt-x","stream":true}`, status: 400, code: "invalid_stream", says: "streamed"},
		"too large":           {body: large, status: 413, code: "request_too_large", says: "4096"},
		"too large, chunked":  {body: large, chunked: true, status: 413, code: "request_too_large", says: "4096"},
		"GET":                 {method: "GET", status: 405, code: "method_not_allowed", says: "POST"},
		"DELETE models":       {method: "DELETE", path: "/v1/models", status: 405, code: "method_not_allowed", says: "GET"},
		"unknown path":        {path: "/v1/chat/completion", body: "{}", status: 404, code: "unknown_path", says: "base URL"},
		"base URL without v1": {path: "/chat/completions", body: "{}", status: 404, code: "unknown_path", says: "/v1"},
		"v1 twice":            {path: "/v1/v1/chat/completions", body: "{}", status: 404, code: "unknown_path", says: "/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.method == "" {
				c.method = http.MethodPost
			}
			if c.path == "" {
				c.path = chatPath
			}
			var body io.Reader = strings.NewReader(c.body)
			if c.chunked {
				body = io.MultiReader(body) // whose length net/http can't know
			}
			r, err := http.NewRequestWithContext(patience(t), c.method, "http://"+h.addr+c.path, body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := h.http.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			calls := h.provider.Stats().Calls
			checkFailure(t, read(resp), c.status, c.code, c.says)
			if n := h.provider.Stats().Calls; n != calls {
				t.Error("it reached the provider")
			}
			h.works(t)
		})
	}
}

// What the client does not send in time is answered, and in the same form.
func TestTooSlow(t *testing.T) {
	t.Parallel()
	h := start(t, setup{config: func(c *config.Config) {
		c.Limits.HeaderTimeout, c.Limits.BodyTimeout = 3*time.Second, 3*time.Second
	}})
	type slow struct {
		*caller
		code string
	}
	all := map[string]slow{}
	for name, c := range map[string]struct{ sent, code string }{
		"request line":  {"POST /v1/ch", "header_too_slow"},
		"between lines": {"POST " + chatPath + " HTTP/1.1\r\nHost: x\r\n", "header_too_slow"},
		"header":        {"POST " + chatPath + " HTTP/1.1\r\nHost: x\r\nContent-Le", "header_too_slow"},
		"body":          {"POST " + chatPath + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"model\":", "body_too_slow"},
	} {
		conn := h.dial(t)
		if _, err := io.WriteString(conn, c.sent); err != nil {
			t.Fatal(err)
		}
		all[name] = slow{conn, c.code}
	}
	quiet := h.dial(t)
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			checkFailure(t, read(c.head(t)), http.StatusRequestTimeout, c.code, "3s")
			if _, err := c.in.ReadByte(); err == nil {
				t.Error("the connection goes on")
			}
		})
	}
	h.works(t)
	// A connection that never asks anything is closed without a word.
	if rest, _ := io.ReadAll(quiet); len(rest) > 0 {
		t.Errorf("a quiet connection was told %q", rest)
	}
}

// What is no HTTP is answered in the same form too.
func TestUnreadable(t *testing.T) {
	h := start(t, setup{})
	for _, c := range []struct {
		sent       string
		status     int
		code, says string
	}{
		{"hello\r\n\r\n", 400, "invalid_http", "HTTP"},
		{"POST " + chatPath + " HTTP/1.1\r\n\r\n", 400, "invalid_http", "Host"},
		{"POST " + chatPath + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "invalid_http", "transfer encoding"},
		{"POST " + chatPath + " HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431, "header_too_large", "larger"},
	} {
		conn := h.dial(t)
		// The end of what is too large may meet a connection that is closed.
		_, _ = io.WriteString(conn, c.sent)
		checkFailure(t, read(conn.head(t)), c.status, c.code, c.says)
		h.works(t)
	}
}

// Providers that can't be used are said to be so, whichever way they fail.
func TestBadProviders(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		dead := config.DefaultProvider()
		dead.BaseURL = "http://" + closedPort(t) + "/v1"
		deaf := config.DefaultProvider()
		deaf.BaseURL = c.Providers["default"].BaseURL
		deaf.Timeouts.FirstEvent, deaf.Timeouts.Total = 200*time.Millisecond, 200*time.Millisecond
		c.Providers["dead"], c.Models["dead"] = dead, config.To("dead")
		c.Providers["deaf"], c.Models["deaf"] = deaf, config.To("deaf/m?header_delay=forever")
	}})
	for _, c := range []struct {
		model      string
		status     int
		code, says string
	}{
		{"dead", 502, "upstream_unreachable", "can't be reached"},
		{"deaf", 504, "upstream_stalled", "200ms"},
		{"m?html=1", 502, "upstream_not_an_api", "text/html"},
		{"m?html=1&status=502", 502, "upstream_not_an_api", "502"},
		{"m?html=1&status=404", 502, "upstream_not_an_api", "base_url"},
	} {
		for _, body := range []string{chat(c.model), strings.Replace(chat(c.model), "true", "false", 1)} {
			checkFailure(t, h.post(t, chatPath, body), c.status, c.code, c.says)
			h.works(t)
		}
	}
	if h.provider.Stats().Calls == 0 {
		t.Error("the provider was never called")
	}
}

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l := loopback(t)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Streaming over HTTP/1.0 is refused, as there a cut answer looks whole; a
// whole answer is not.
func TestHTTP10(t *testing.T) {
	h := start(t, setup{})
	ask := func(body string) *answer {
		conn, err := net.Dial("tcp", h.addr)
		if err != nil {
			t.Fatal(err)
		}
		c := newCaller(t, conn)
		if _, err := io.WriteString(c, "POST "+chatPath+" HTTP/1.0\r\nContent-Length: "+length(body)+"\r\n\r\n"+body); err != nil {
			t.Fatal(err)
		}
		return read(c.head(t))
	}
	checkFailure(t, ask(chat("m")), http.StatusHTTPVersionNotSupported, "http_1_0", "proxy_http_version 1.1")
	if a := ask(`{"model":"m?tokens=2"}`); a.status != http.StatusOK || !strings.Contains(a.body, provider.Text(2)) {
		t.Errorf("%d: %q", a.status, a.body)
	}
	h.works(t)
}
