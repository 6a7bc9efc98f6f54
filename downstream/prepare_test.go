package downstream

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// What goes to the provider always asks for a stream: a client may leave that
// out, since nothing else can be had here.
func TestPrepare(t *testing.T) {
	for _, c := range []struct{ body, want, model string }{
		{`{"model":"m","stream":true}`, `{"model":"m","stream":true}`, `"m"`},
		{`{"stream":true,"model":"m"}`, `{"stream":true,"model":"m"}`, `"m"`},
		{`{"model":"m"}`, `{"stream":true,"model":"m"}`, `"m"`},
		{" \n{ \"x\":{\"model\":\"no\",\"stream\":false},\"model\":\"m\\u0041\"} ", " \n{\"stream\":true, \"x\":{\"model\":\"no\",\"stream\":false},\"model\":\"m\\u0041\"} ", `"m\u0041"`},
	} {
		for _, before := range []bool{false, true} {
			call := &stream.Call{API: stream.ChatCompletions, Body: []byte(c.body), Stream: before}
			f := prepare(call, &wire.Message{})
			if f != nil || string(call.Body) != c.want || !call.Stream {
				t.Errorf("%s: %v %s", c.body, f, call.Body)
				continue
			}
			if model := string(call.Body[call.ModelAt[0]:call.ModelAt[1]]); model != c.model {
				t.Errorf("%s: the model is at %q", call.Body, model)
			}
		}
	}
	gemini := &stream.Call{API: stream.GenerateContent, Body: []byte(`{"contents":[],"model":"no","stream":false}`)}
	if f := prepare(gemini, &wire.Message{Model: "models/x"}); f != nil || gemini.Model != "models/x" || !gemini.Stream || gemini.ModelAt != [2]int{} {
		t.Errorf("%v %+v", f, gemini)
	}
	if f := prepare(&stream.Call{API: stream.GenerateContent, Body: []byte(`{}`)}, &wire.Message{}); f == nil || f.code != "missing_model" {
		t.Errorf("%v", f)
	}
	for _, body := range []string{`{"model":"m","stream":false}`, `{"model":"m","stream":null}`, `{"model":"m","stream":1}`, `{"model":"m"`, `{"model":"m"} {`, `{"model":"m"} "`} {
		if f := prepare(&stream.Call{API: stream.Completions, Body: []byte(body), Stream: true}, &wire.Message{}); f == nil || f.status != 400 {
			t.Errorf("%s: %v", body, f)
		}
	}
}

// A page can set no header: those of the API stand in the message. Whatever
// else stands there never becomes a header.
func TestPrepareHeaders(t *testing.T) {
	for _, c := range []struct {
		api   stream.API
		said  map[string]string
		wrong bool
	}{
		{stream.Messages, nil, false},
		{stream.Messages, map[string]string{"anthropic-beta": "a,b", "Anthropic-Version": "2023-06-01"}, false},
		{stream.Responses, map[string]string{"openai-beta": strings.Repeat("x", maxHeaderValue)}, false},
		{stream.Responses, map[string]string{"openai-beta": strings.Repeat("x", maxHeaderValue+1)}, true},
		{stream.Messages, map[string]string{"openai-beta": "a"}, true},
		{stream.Messages, map[string]string{"Authorization": "Bearer x"}, true},
		{stream.Messages, map[string]string{"host": "elsewhere"}, true},
		{stream.Messages, map[string]string{"anthropic-beta": "a\r\nHost: elsewhere"}, true},
		{stream.Messages, map[string]string{"anthropic-beta\r\nHost": "elsewhere"}, true},
		{stream.Messages, map[string]string{"anthropic-beta": "\u00e9"}, true},
	} {
		call := &stream.Call{API: c.api, Body: []byte(`{"model":"m"}`)}
		f := prepare(call, &wire.Message{Headers: c.said})
		if wrong := f != nil && f.code == "invalid_header" && f.status == 400; wrong != c.wrong || !wrong && f != nil {
			t.Errorf("%q: %v", c.said, f)
		}
		if c.wrong {
			continue
		}
		want := map[string][]string{}
		for name, value := range c.said {
			want[http.CanonicalHeaderKey(name)] = []string{value}
		}
		if !maps.EqualFunc(call.Header, want, func(a, b []string) bool { return a[0] == b[0] }) {
			t.Errorf("%q came to %q", c.said, call.Header)
		}
	}
	// over HTTP, what the message says wins over the request's own
	call := &stream.Call{API: stream.Messages, Body: []byte(`{"model":"m"}`), Header: map[string][]string{"Anthropic-Beta": {"a"}}}
	if f := prepare(call, &wire.Message{Headers: map[string]string{"anthropic-beta": "b"}}); f != nil || call.Header["Anthropic-Beta"][0] != "b" {
		t.Errorf("%v, %q", f, call.Header)
	}
}
