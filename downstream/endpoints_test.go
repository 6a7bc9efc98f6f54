package downstream

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidegate/stream"
)

// wholeAnswer is an opener of whole answers that notes what it was called with.
func wholeAnswer(calls *[]stream.Call) *opener {
	return &opener{
		called: func(c *stream.Call) { *calls = append(*calls, *c) },
		whole: func() *stream.Answer {
			return &stream.Answer{
				Provider: "p", Model: "*", Status: http.StatusOK, Tries: 2,
				Header: map[string][]string{"Content-Type": {"application/json"}},
				Body:   io.NopCloser(strings.NewReader(`{}`)), Length: 2,
				Usage: func() stream.Usage { return stream.Usage{Input: 3, Output: 4} },
			}
		},
	}
}

// Each path becomes a call of its API, with what the path, the body and the
// header say of it, and its answer goes back.
func TestEndpoints(t *testing.T) {
	const body = `{"a":1,"model":"m/x:y"}`
	named := stream.Call{Model: "m/x:y", Body: []byte(body), ModelAt: [2]int{15, 22}}
	of := func(c stream.Call, api stream.API) stream.Call { c.API = api; return c }
	for _, c := range []struct {
		method, path, body string
		header             []string
		want               stream.Call
	}{
		{"POST", "/v1/chat/completions", body, nil, of(named, stream.ChatCompletions)},
		{"POST", "/v1/completions", body, nil, of(named, stream.Completions)},
		{"POST", "/v1/embeddings", body, nil, of(named, stream.Embeddings)},
		{"POST", "/v1/responses", body, nil, of(named, stream.Responses)},
		{"POST", "/v1/messages", body, nil, of(named, stream.Messages)},
		{"POST", "/v1/messages?beta=true", body, nil, of(named, stream.Messages)},
		{"POST", "/v1/messages/count_tokens", body, nil, of(named, stream.CountMessages)},
		{"GET", "/v1/responses/resp_1", "", nil, stream.Call{API: stream.Response, Method: "GET", Path: "/resp_1"}},
		{"GET", "/v1/responses/resp_1?include[]=a&include[]=b", "", nil, stream.Call{API: stream.Response, Method: "GET", Path: "/resp_1?include[]=a&include[]=b"}},
		{"DELETE", "/v1/responses/resp_1", "", nil, stream.Call{API: stream.Response, Method: "DELETE", Path: "/resp_1"}},
		{"POST", "/v1/responses/resp_1/cancel", "", nil, stream.Call{API: stream.Response, Method: "POST", Path: "/resp_1/cancel"}},
		{"POST", "/v1/responses/resp_1/cancel", "{}", nil, stream.Call{API: stream.Response, Method: "POST", Path: "/resp_1/cancel", Body: []byte("{}")}},
		{"GET", "/v1/responses/resp_1/input_items?limit=5&stream=true", "", nil, stream.Call{API: stream.Response, Method: "GET", Path: "/resp_1/input_items?limit=5&stream=true"}},
		{"POST", "/v1beta/models/m:generateContent", `{"contents":[]}`, nil, stream.Call{API: stream.GenerateContent, Model: "m", Body: []byte(`{"contents":[]}`)}},
		{"POST", "/v1/models/m:generateContent?alt=sse", `{"contents":[]}`, nil, stream.Call{API: stream.GenerateContent, Model: "m", Body: []byte(`{"contents":[]}`)}},
		{"POST", "/v1beta/models/m/x:y:generateContent", `{"model":1,"stream":"no"}`, nil, stream.Call{API: stream.GenerateContent, Model: "m/x:y", Body: []byte(`{"model":1,"stream":"no"}`)}},
		{"POST", "/v1beta/models/m%2Fx%3Ay:countTokens", `{}`, nil, stream.Call{API: stream.CountContent, Model: "m/x:y", Body: []byte(`{}`)}},
		{
			"POST", "/v1/messages", body,
			[]string{"anthropic-version: 2023-06-01", "anthropic-beta: a", "anthropic-beta: b", "openai-beta: no", "x-stainless-os: no", "cookie: no"},
			stream.Call{API: stream.Messages, Model: named.Model, Body: named.Body, ModelAt: named.ModelAt, Header: map[string][]string{
				"Anthropic-Version": {"2023-06-01"}, "Anthropic-Beta": {"a", "b"},
			}},
		},
		{
			"POST", "/v1/responses", body, []string{"OpenAI-Beta: x", "OpenAI-Organization: o", "OpenAI-Project: p", "anthropic-version: no"},
			stream.Call{API: stream.Responses, Model: named.Model, Body: named.Body, ModelAt: named.ModelAt, Header: map[string][]string{
				"Openai-Beta": {"x"}, "Openai-Organization": {"o"}, "Openai-Project": {"p"},
			}},
		},
		{"POST", "/v1beta/models/m:generateContent", `{}`, []string{"x-goog-api-client: no"}, stream.Call{API: stream.GenerateContent, Model: "m", Body: []byte(`{}`)}},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			key, keys := oneKey(t, "app")
			var calls []stream.Call
			g := serve(t, wholeAnswer(&calls), func(o *Options) { o.Keys = keys })
			resp := answerTo(t, g.dial(), c.method, c.path, c.body, append(c.header, "Authorization: Bearer "+key)...)
			got, err := all(resp)
			if err != nil || resp.StatusCode != http.StatusOK || got != "{}" || len(calls) != 1 {
				t.Fatalf("%s %q, %v, %d calls", resp.Status, got, err, len(calls))
			}
			want := c.want
			want.ID, want.Principal, want.Credential = calls[0].ID, "app", key
			if want.Body == nil {
				want.Body = []byte{}
			}
			if diff := cmp.Diff(want, calls[0]); diff != "" {
				t.Error(diff)
			}
			h := resp.Header
			if h.Get("X-Request-Id") != want.ID || h.Get("X-Tidegate-Stream") != want.ID || h.Get("X-Tidegate-Provider") != "p" {
				t.Errorf("%v", h)
			}
			if anthropic := strings.HasPrefix(c.path, "/v1/messages"); anthropic != (h.Get("Request-Id") == want.ID) {
				t.Errorf("request-id: %q", h.Get("Request-Id"))
			}
			report := g.reports.only(t)
			if report.API != want.API || report.Usage != (stream.Usage{Input: 3, Output: 4}) || report.Tries != 2 || report.End.Reason != stream.Complete {
				t.Errorf("%+v", report)
			}
		})
	}
}

// What asks for events gets them, however its API says so.
func TestEndpointsThatStream(t *testing.T) {
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/v1/chat/completions", `{"model":"m","stream":true}`},
		{"POST", "/v1/completions", `{"model":"m","stream":true}`},
		{"POST", "/v1/responses", `{"model":"m","stream":true}`},
		{"POST", "/v1/messages", `{"model":"m","stream":true}`},
		{"GET", "/v1/responses/resp_1?stream=true&starting_after=3", ""},
		{"POST", "/v1beta/models/m:streamGenerateContent?alt=sse", `{}`},
		{"POST", "/v1/models/m:streamGenerateContent?%24alt=sse&key=k", `{}`},
	} {
		t.Run(c.path, func(t *testing.T) {
			streamed := false
			o := &opener{script: oneEvent, called: func(call *stream.Call) { streamed = call.Stream }}
			g := serve(t, o)
			resp := answerTo(t, g.dial(), c.method, c.path, c.body)
			got, err := all(resp)
			if err != nil || !streamed || resp.Header.Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(got, "data: {}\n\n") {
				t.Errorf("%s %v: %q %v", resp.Status, resp.Header, got, err)
			}
			if h := resp.Header; h.Get("X-Tidegate-Provider") != "p" || h.Get("X-Tidegate-Stream") == "" || h.Get("X-Request-Id") != h.Get("X-Tidegate-Stream") {
				t.Errorf("%v", h)
			}
		})
	}
}

// A path that is passed on to a provider can't lead anywhere else there.
func TestPathsThatAreNone(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/responses/", 404},
		{"GET", "/v1/responses/..%2Ffiles", 404},
		{"GET", "/v1/responses/../files", 404},
		{"GET", "/v1/responses/resp_1/", 404},
		{"GET", "/v1/responses/resp_1/files", 404},
		{"POST", "/v1/responses/resp_1/cancel/x", 404},
		{"GET", "/v1/responses/resp%3F1", 404},
		{"GET", "/v1/responses/resp_1?x=" + strings.Repeat("x", maxPath), 414},
		{"POST", "/v1/responses/resp_1", 405},
		{"GET", "/v1/responses/resp_1/cancel", 405},
		{"GET", "/v1/messages", 405},
		{"GET", "/v1beta/models/m:generateContent", 405},
		{"POST", "/v1beta/models/m:embedContent", 404},
		{"POST", "/v1beta/models/:generateContent", 404},
		{"POST", "/v1beta/models", 405},
		{"POST", "/v1/messages/batches", 404},
		{"DELETE", "/v1/models/m", 405},
		{"POST", "/v1beta/modelsm:generateContent", 404},
	} {
		var calls []stream.Call
		g := serve(t, wholeAnswer(&calls))
		resp := answerTo(t, g.dial(), c.method, c.path, "")
		if _, err := all(resp); err != nil || resp.StatusCode != c.status || len(calls) != 0 {
			t.Errorf("%s %.60s: %s, %d calls, %v", c.method, c.path, resp.Status, len(calls), err)
		}
		if c.status == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s %s: %v", c.method, c.path, resp.Header)
		}
	}
}

// Each API's SDKs send the key in their own way. In a query it counts for
// Gemini's API alone.
func TestKeysOfEachAPI(t *testing.T) {
	key, keys := oneKey(t, "app")
	const gemini = "/v1beta/models/m:generateContent"
	for _, c := range []struct {
		path, header string
		status       int
	}{
		{"/v1/chat/completions", "Authorization: Bearer " + key, 200},
		{"/v1/messages", "x-api-key: " + key, 200},
		{gemini, "x-goog-api-key: " + key, 200},
		{gemini + "?key=" + key, "A: b", 200},
		{gemini + "?key=" + key, "x-goog-api-key: " + key, 200},
		{gemini + "?key=other", "x-goog-api-key: " + key, 401},
		{"/v1/chat/completions?key=" + key, "A: b", 401},
		{"/v1/messages?key=" + key, "A: b", 401},
		{"/v1/messages", "x-goog-api-key: other", 401},
	} {
		var calls []stream.Call
		g := serve(t, wholeAnswer(&calls), func(o *Options) { o.Keys = keys })
		resp := answerTo(t, g.dial(), "POST", c.path, `{"model":"m"}`, c.header)
		got, err := all(resp)
		if err != nil || resp.StatusCode != c.status || strings.Contains(got, key) {
			t.Errorf("%s, %s: %s %s %v", c.path, c.header, resp.Status, got, err)
		}
		if c.status == 200 && calls[0].Credential != key {
			t.Errorf("%s, %s: credential %q", c.path, c.header, calls[0].Credential)
		}
	}
}
