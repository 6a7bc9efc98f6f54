package downstream

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tidegate/stream"
)

// saying is an error body of any API, as its SDKs read it.
type saying struct {
	Type      string
	RequestID string `json:"request_id"`
	Error     struct {
		Message, Type, Status string
		Code                  any
		Param                 any
		Details               json.RawMessage
	}
}

// wantError says how an API has a status and a code.
func wantError(t *testing.T, family, body string, status int, code, kind, id string) {
	t.Helper()
	var got saying
	if err := json.Unmarshal([]byte(body), &got); err != nil || got.Error.Message == "" {
		t.Fatalf("%s: %v", body, err)
	}
	e := got.Error
	switch family {
	case "openai":
		if e.Code != code || got.Type != "" || e.Type == "" || e.Details != nil {
			t.Errorf("%s, want %s", body, code)
		}
	case "anthropic":
		var details struct {
			Code string `json:"error_code"`
		}
		if err := json.Unmarshal(e.Details, &details); err != nil || got.Type != "error" || e.Type != kind || details.Code != code || got.RequestID != id {
			t.Errorf("%s, want %s %s %s", body, kind, code, id)
		}
	case "gemini":
		var details []struct {
			Type   string `json:"@type"`
			Reason string
		}
		if err := json.Unmarshal(e.Details, &details); err != nil || len(details) != 1 || !strings.HasSuffix(details[0].Type, "/google.rpc.ErrorInfo") ||
			e.Code != float64(status) || e.Status != kind || details[0].Reason != code || got.Type != "" {
			t.Errorf("%s, want %d %s %s", body, status, kind, code)
		}
	}
}

// The gateway refuses in the words of the API that it was called with, wherever
// it refuses.
func TestRefusalsOfEachAPI(t *testing.T) {
	families := []struct{ name, path, post, streamed string }{
		{"openai", "/v1/chat/completions", `{"model":"m"}`, `{"model":"m","stream":true}`},
		{"openai", "/v1/responses", `{"model":"m"}`, `{"model":"m","stream":true}`},
		{"anthropic", "/v1/messages", `{"model":"m"}`, `{"model":"m","stream":true}`},
		{"gemini", "/v1beta/models/m:generateContent", `{}`, ""},
		{"gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", "", `{}`},
	}
	notFound := &stream.Refusal{Status: 404, Code: "model_not_found", Message: "no", Param: "model"}
	late := &stream.Refusal{Status: 504, Code: "upstream_stalled", Message: "no", Provider: "p"}
	for _, c := range []struct {
		name                    string
		change                  func(*Options)
		method, body            string // instead of the usual ones
		status                  int
		code, anthropic, google string
	}{
		{"no key", func(o *Options) { _, o.Keys = oneKey(t, "app") }, "", "", 401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED"},
		{"another method", nil, "PUT", "", 405, "method_not_allowed", "invalid_request_error", "INVALID_ARGUMENT"},
		{"no JSON", nil, "", "no", 400, "invalid_json", "invalid_request_error", "INVALID_ARGUMENT"},
		{"a key twice", nil, "", `{"model":"m","a":1,"a":2}`, 400, "duplicate_key", "invalid_request_error", "INVALID_ARGUMENT"},
		{"too large", func(o *Options) { o.MaxBody = 1 }, "", "", 413, "request_too_large", "request_too_large", "INVALID_ARGUMENT"},
		{"full", func(o *Options) { o.Registry = stream.NewRegistry(0) }, "", "", 503, "overloaded", "overloaded_error", "UNAVAILABLE"},
		{"draining", func(o *Options) { o.Registry.Drain(t.Context()) }, "", "", 503, "shutdown", "overloaded_error", "UNAVAILABLE"},
		{"no such model", func(o *Options) { o.Opener = &opener{refuse: notFound} }, "", "", 404, "model_not_found", "not_found_error", "NOT_FOUND"},
		{"too late", func(o *Options) { o.Opener = &opener{refuse: late} }, "", "", 504, "upstream_stalled", "timeout_error", "DEADLINE_EXCEEDED"},
		{"internal", func(o *Options) { o.Opener = &opener{refuse: errors.New("secret")} }, "", "", 500, "internal_error", "api_error", "INTERNAL"},
	} {
		for _, family := range families {
			for _, body := range []string{family.post, family.streamed} {
				if body == "" {
					continue
				}
				t.Run(c.name+" "+family.path+" "+body, func(t *testing.T) {
					g := serve(t, &opener{}, func(o *Options) {
						if c.change != nil {
							c.change(o)
						}
					})
					method := "POST"
					if c.method != "" {
						method = c.method
					}
					if c.body != "" {
						body = c.body
					}
					resp := answerTo(t, g.dial(), method, family.path, body)
					got, err := all(resp)
					if err != nil || resp.StatusCode != c.status || resp.Header.Get("Content-Type") != "application/json" {
						t.Fatalf("%s %s %v", resp.Status, got, err)
					}
					if h := resp.Header; c.name == "too late" && (h.Get("X-Tidegate-Provider") != "p" || h.Get("X-Tidegate-Stream") != h.Get("X-Request-Id")) {
						t.Errorf("%v", h)
					}
					kind := map[string]string{"anthropic": c.anthropic, "gemini": c.google}[family.name]
					wantError(t, family.name, got, c.status, c.code, kind, resp.Header.Get("Request-Id"))
				})
			}
		}
	}
}

// What stands nowhere is said in the manner of who seems to ask.
func TestUnknownPathsOfEachAPI(t *testing.T) {
	g := serve(t, &opener{}, func(o *Options) { o.MaxConns = 9 })
	for _, c := range []struct{ family, path, header, kind string }{
		{"openai", "/v1/nothing", "A: b", ""},
		{"anthropic", "/v1/messages/batches", "A: b", "not_found_error"},
		{"anthropic", "/v1/v1/messages", "Anthropic-Version: 2023-06-01", "not_found_error"},
		{"gemini", "/v1beta/models/m:embedContent", "A: b", "NOT_FOUND"},
		{"gemini", "/v1/models/m:embedContent", "X-Goog-Api-Key: k", "NOT_FOUND"},
	} {
		got, err := all(answerTo(t, g.dial(), "POST", c.path, "{}", c.header))
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, c.family, got, 404, "unknown_path", c.kind, "")
	}
}

// Only what each API's SDKs take for the end of a whole answer is sent as one,
// and a broken stream is said so in the way that they notice, and cut.
func TestEndsOfEachAPI(t *testing.T) {
	const event = "event: x\ndata: {\"n\":1}\n\n"
	const chat = `{"error":{"message":"m","type":"upstream_error","param":null,"code":"upstream_stalled.silence"}}`
	for _, c := range []struct{ path, body, whole, broken string }{
		{"/v1/chat/completions", `{"model":"m","stream":true}`, "data: [DONE]\n\n", "data: " + chat + "\n\n"},
		{"/v1/completions", `{"model":"m","stream":true}`, "data: [DONE]\n\n", "data: " + chat + "\n\n"},
		{"/v1/responses", `{"model":"m","stream":true}`, "", "event: error\ndata: " +
			`{"type":"error","sequence_number":1,"code":"upstream_stalled.silence","message":"m","param":null,` + strings.TrimPrefix(chat, "{") + "\n\n"},
		{"/v1/messages", `{"model":"m","stream":true}`, "", "event: error\ndata: " +
			`{"type":"error","error":{"type":"timeout_error","message":"m","details":{"error_code":"upstream_stalled.silence"}}}` + "\n\n"},
		{"/v1beta/models/m:streamGenerateContent?alt=sse", `{}`, "", "data: " +
			`{"error":{"code":504,"message":"m","status":"DEADLINE_EXCEEDED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"upstream_stalled.silence","domain":"tidegate"}]}}` + "\n\n"},
	} {
		for _, end := range []stream.End{
			{Reason: stream.Complete, Usage: stream.Usage{Output: 7}},
			{Reason: stream.UpstreamStalled, Cause: stream.CauseSilence, Message: "m", Usage: stream.Usage{Output: 7}},
			{Reason: stream.UpstreamError, Told: true},
		} {
			o := &opener{script: func(_ context.Context, st *stream.Stream) stream.End {
				_ = st.Append(stream.Event{Name: []byte("x"), Data: []byte(`{"n":1}`)}, time.Now())
				return end
			}}
			reports := make(chan *stream.Report, 1)
			g := serve(t, o, func(o *Options) { o.Observer = observing(reports) })
			got, err := all(answerTo(t, g.dial(), "POST", c.path, c.body))
			want, wantErr := event+c.whole, error(nil)
			if end.Reason != stream.Complete {
				want, wantErr = event+c.broken, io.ErrUnexpectedEOF
				if end.Told {
					want = event
				}
			}
			if got != want || !errors.Is(err, wantErr) {
				t.Errorf("%s %s:\n%q %v, want\n%q", c.path, end.Reason, got, err, want)
			}
			if report := <-reports; report.Usage != end.Usage || report.End.Usage != end.Usage {
				t.Errorf("%+v", report)
			}
		}
	}
}

// Once the head was sent, a provider's error is an event of the name that the
// API's SDKs know errors by.
func TestPassOnLateInEachAPI(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/chat/completions": ": keep-alive\n\ndata: {\ndata: \"error\":{}}\n\n",
		"/v1/responses":        ": keep-alive\n\nevent: error\ndata: {\ndata: \"error\":{}}\n\n",
		"/v1/messages":         ": keep-alive\n\nevent: error\ndata: {\ndata: \"error\":{}}\n\n",
		"/v1beta/models/m:streamGenerateContent?alt=sse": "data: {\"error\":{}}\n\n",
	} {
		o := &opener{delay: keepAlive + time.Second, whole: func() *stream.Answer {
			return &stream.Answer{Provider: "p", Status: 429, Body: io.NopCloser(strings.NewReader("{\n\"error\":{}}"))}
		}}
		virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
			conn := l.dial()
			got, err := all(answerTo(t, conn, "POST", path, `{"model":"m","stream":true}`))
			if got != want || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s: %q %v", path, got, err)
			}
			_ = conn.Close()
		})
	}
}

// No comment ever comes on Gemini's API: Google's SDK for Go fails on it.
func TestNoHeartbeatsForGemini(t *testing.T) {
	o := &opener{delay: 50 * time.Second, script: func(_ context.Context, st *stream.Stream) stream.End {
		_ = st.Append(stream.Event{Data: []byte("x")}, time.Now())
		st.Flush()
		time.Sleep(40 * time.Second)
		return complete
	}}
	virtual(t, o, func(t *testing.T, s *Server, l *pipes, r *reports) {
		conn := l.dial()
		began := time.Now()
		resp := answerTo(t, conn, "POST", "/v1beta/models/m:streamGenerateContent?alt=sse", `{}`)
		if waited := time.Since(began); waited != keepAlive {
			t.Errorf("the head came after %v, want %v", waited, keepAlive)
		}
		if got, err := all(resp); err != nil || got != "data: x\n\n" {
			t.Errorf("got %q, %v", got, err)
		}
		_ = conn.Close()
	})
}

// A message too long for the page is left out rather than the error.
func TestBrokenOffFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		message := strings.Repeat(rapid.SampledFrom([]string{"m", "\x00", "\"", "\xff", "é"}).Draw(t, "character"), rapid.IntRange(0, maxNameFrame).Draw(t, "length"))
		m := rapid.SampledFrom([]*manner{openaiManner, responsesManner, anthropicManner, geminiManner}).Draw(t, "manner")
		w := &writer{manner: m}
		got := w.brokenOff(nil, endFailure(stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseNoMarker, Message: message}))
		_, data, ok := strings.Cut(string(got), "data: ")
		if len(got) > maxNameFrame || !ok || !json.Valid([]byte(data)) || !strings.Contains(data, "upstream_truncated.no_marker") {
			t.Fatalf("%d bytes: %.100q", len(got), got)
		}
	})
}

func TestModels(t *testing.T) {
	const (
		openai    = `{"id":"%","object":"model","created":0,"owned_by":"tidegate"}`
		anthropic = `{"type":"model","id":"%","display_name":"%","created_at":"1970-01-01T00:00:00Z"}`
		gemini    = `{"name":"models/%","displayName":"%"}`
	)
	of := func(form, name string) string { return strings.ReplaceAll(form, "%", name) }
	for _, c := range []struct {
		path, header string
		status       int
		want         string
	}{
		{"/v1/models", "A: b", 200, `{"object":"list","data":[` + of(openai, "a") + `,` + of(openai, "org/b:1") + `]}`},
		{"/v1/models/a", "A: b", 200, of(openai, "a")},
		{"/v1/models/org/b:1", "A: b", 200, of(openai, "org/b:1")},
		{"/v1/models/org%2Fb%3A1", "A: b", 200, of(openai, "org/b:1")},
		{"/v1/models", "anthropic-version: 2023-06-01", 200, `{"data":[` + of(anthropic, "a") + `,` + of(anthropic, "org/b:1") + `],"has_more":false,"first_id":"a","last_id":"org/b:1"}`},
		{"/v1/models/a", "anthropic-version: 2023-06-01", 200, of(anthropic, "a")},
		{"/v1beta/models", "A: b", 200, `{"models":[` + of(gemini, "a") + `,` + of(gemini, "org/b:1") + `]}`},
		{"/v1/models", "x-goog-api-key: k", 200, `{"models":[` + of(gemini, "a") + `,` + of(gemini, "org/b:1") + `]}`},
		{"/v1beta/models/org/b:1?key=k", "A: b", 200, of(gemini, "org/b:1")},
		{"/v1beta/models/c", "A: b", 404, ""},
		{"/v1/models/c", "A: b", 404, ""},
		{"/v1/models/c", "anthropic-version: 2023-06-01", 404, ""},
	} {
		g := serve(t, &opener{}, func(o *Options) { o.Models = []string{"a", "org/b:1"} })
		resp := answerTo(t, g.dial(), http.MethodGet, c.path, "", c.header)
		got, err := all(resp)
		if err != nil || resp.StatusCode != c.status || c.want != "" && got != c.want || !json.Valid([]byte(got)) {
			t.Errorf("%s %s: %s %s %v", c.path, c.header, resp.Status, got, err)
		}
		if c.status == 404 && !strings.Contains(got, `"model_not_found"`) {
			t.Errorf("%s: %s", c.path, got)
		}
		if resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", c.path, resp.Header)
		}
	}
	g := serve(t, &opener{})
	got, err := all(answerTo(t, g.dial(), http.MethodGet, "/v1/models", "", "anthropic-version: x"))
	if diff := cmp.Diff(`{"data":[],"has_more":false,"first_id":null,"last_id":null}`, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
