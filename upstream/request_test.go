package upstream

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"tidegate/stream"
	"tidegate/upstream/dialect"
)

// What goes to the provider: its own key and headers, the right path, and the
// body byte for byte, the model's name excepted.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	answer := func(r *http.Request) (*http.Response, error) {
		got = r
		body, _ = io.ReadAll(r.Body)
		return response(200, "application/json", "{}"), nil
	}
	for api, path := range map[stream.API]string{
		stream.ChatCompletions: "/v1/chat/completions", stream.Completions: "/v1/completions", stream.Embeddings: "/v1/embeddings",
	} {
		call := chat("m", false)
		call.API = api
		a, err := caller(t, answer, nil).Open(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		_ = a.Body.Close()
		h := got.Header
		if got.Method != "POST" || got.URL.String() != "http://provider.test"+path || got.Host != "provider.test" ||
			h.Get("Authorization") != "Bearer sk-secret" || h.Get("Content-Type") != "application/json" ||
			h.Get("User-Agent") != "tidegate/test" || h.Get("Accept-Encoding") != "identity" || h.Get("Accept") != "application/json" {
			t.Errorf("%s %s, %v", got.Method, got.URL, h)
		}
		if string(body) != string(call.Body) || got.ContentLength != int64(len(body)) {
			t.Errorf("%d bytes: %q", got.ContentLength, body)
		}
	}
}

func TestRenameKeepsTheRest(t *testing.T) {
	p := provider(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~é\n]{0,40}`)
		before, after := "{"+text.Draw(t, "before")+`"model": `, text.Draw(t, "after")+"}"
		name, _ := json.Marshal(text.Draw(t, "name"))
		call := &stream.Call{
			Model: "m", API: stream.ChatCompletions, Stream: true, Body: []byte(before + string(name) + after),
			ModelAt: [2]int{len(before), len(before) + len(name)},
		}
		original := string(call.Body)
		for _, rename := range []string{"", "m", "gpt \"5\"\n"} {
			want := original
			if rename != "" && rename != "m" {
				quoted, _ := json.Marshal(rename)
				want = before + string(quoted) + after
			}
			r, _, err := p.request(context.Background(), call, rename, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(r.Body)
			if string(got) != want || r.ContentLength != int64(len(want)) || r.Header.Get("Accept") != "text/event-stream" {
				t.Fatalf("renamed to %q:\n got %q\nwant %q", rename, got, want)
			}
			if string(call.Body) != original {
				t.Fatal("the call itself was changed")
			}
		}
	})
}

// Where calls of each API go, and as what.
func TestRequestOfEachAPI(t *testing.T) {
	for name, c := range map[string]struct {
		dialect dialect.Dialect
		call    stream.Call
		rename  string
		want    string
	}{
		"chat":       {dialect.OpenAI{}, stream.Call{API: stream.ChatCompletions, Model: "m"}, "", "POST /v1/chat/completions"},
		"responses":  {dialect.OpenAI{}, stream.Call{API: stream.Responses, Model: "m"}, "", "POST /v1/responses"},
		"stored":     {dialect.OpenAI{}, stream.Call{API: stream.Response, Method: "GET", Path: "/resp_1/input_items?limit=5"}, "", "GET /v1/responses/resp_1/input_items?limit=5"},
		"deleted":    {dialect.OpenAI{}, stream.Call{API: stream.Response, Method: "DELETE", Path: "/resp_1"}, "", "DELETE /v1/responses/resp_1"},
		"messages":   {dialect.Anthropic{}, stream.Call{API: stream.Messages, Model: "m"}, "", "POST /v1/messages"},
		"counted":    {dialect.Anthropic{}, stream.Call{API: stream.CountMessages, Model: "m"}, "", "POST /v1/messages/count_tokens"},
		"gemini":     {dialect.Gemini{}, stream.Call{API: stream.GenerateContent, Model: "m"}, "", "POST /v1/models/m:generateContent"},
		"renamed":    {dialect.Gemini{}, stream.Call{API: stream.GenerateContent, Model: "m", Stream: true}, "a b/c", "POST /v1/models/a%20b%2Fc:streamGenerateContent?alt=sse"},
		"its tokens": {dialect.Gemini{}, stream.Call{API: stream.CountContent, Model: "m"}, "", "POST /v1/models/m:countTokens"},
	} {
		p := provider(t, nil, func(o *ProviderOptions) { o.Dialect = c.dialect })
		if c.call.Method == "" {
			c.call.Body = []byte(`{"contents":[]}`)
		}
		r, _, err := p.request(t.Context(), &c.call, c.rename, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Method + " " + r.URL.RequestURI(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if (r.Body == nil) != (len(c.call.Body) == 0) || r.ContentLength != int64(len(c.call.Body)) {
			t.Errorf("%s: a body of %d bytes", name, r.ContentLength)
		}
		if r.Body != nil {
			if body, _ := io.ReadAll(r.Body); string(body) != string(c.call.Body) {
				t.Errorf("%s: %s", name, body)
			}
		}
	}
}

// The API's own headers go on; what the operator has set stays, and what is
// shared by all requests is not changed.
func TestRequestHeader(t *testing.T) {
	p := provider(t, nil, func(o *ProviderOptions) {
		o.Dialect, o.Headers = dialect.Anthropic{}, map[string]string{"anthropic-beta": "ours"}
	})
	call := message("m")
	call.Header = map[string][]string{"Anthropic-Version": {"2099-01-01"}, "anthropic-beta": {"theirs"}, "X-Other": {"x"}}
	first, _, err := p.request(t.Context(), call, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	h := first.Header
	if h.Get("Anthropic-Version") != "2099-01-01" || h.Get("Anthropic-Beta") != "ours" || h.Get("X-Other") != "" || h.Get("X-Api-Key") != "sk-secret" {
		t.Errorf("header %v", h)
	}
	second, _, err := p.request(t.Context(), message("m"), "", 0)
	if err != nil || second.Header.Get("Anthropic-Version") != "2023-06-01" {
		t.Errorf("header %v", second.Header)
	}
}

// A path that no URL can be made of is the client's mistake.
func TestRequestWithoutAURL(t *testing.T) {
	c := caller(t, func(*http.Request) (*http.Response, error) { panic("called") }, nil)
	_, err := c.Open(t.Context(), &stream.Call{API: stream.Response, Method: "GET", Path: "/resp_1\n"})
	if r := refusal(t, err); r.Status != 400 || r.Code != "invalid_path" {
		t.Errorf("%+v", r)
	}
}

// However a base and a path are put together, the provider sees both as they
// were written.
func TestURL(t *testing.T) {
	for _, c := range []struct{ base, path, want string }{
		{"https://h/v1", "/chat/completions", "/v1/chat/completions"},
		{"https://h", "/chat/completions", "/chat/completions"},
		{"https://h:8443/a%2Fb/v1/", "/chat/completions", "/a%2Fb/v1/chat/completions"},
		{"https://h/a b/v1", "/chat/completions", "/a%20b/v1/chat/completions"},
		{"https://h/v1", "/models/a%2Fb:c?alt=sse", "/v1/models/a%2Fb:c?alt=sse"},
		{"https://h/v1", "/responses/x?include[]=a&b=%20#c", "/v1/responses/x?include[]=a&b=%20"},
	} {
		p := provider(t, nil, func(o *ProviderOptions) { o.BaseURL = c.base })
		for range 2 { // one call's path is not the next one's base
			got, err := p.url(c.path)
			if err != nil || got.RequestURI() != c.want || got.Host != p.at.Host {
				t.Errorf("%s and %s came to %s, %v", c.base, c.path, got, err)
			}
		}
	}
}
