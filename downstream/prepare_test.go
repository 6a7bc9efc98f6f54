package downstream

import (
	"testing"

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
			f := prepare(call, "")
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
	if f := prepare(gemini, "models/x"); f != nil || gemini.Model != "models/x" || !gemini.Stream || gemini.ModelAt != [2]int{} {
		t.Errorf("%v %+v", f, gemini)
	}
	if f := prepare(&stream.Call{API: stream.GenerateContent, Body: []byte(`{}`)}, ""); f == nil || f.code != "missing_model" {
		t.Errorf("%v", f)
	}
	for _, body := range []string{`{"model":"m","stream":false}`, `{"model":"m","stream":null}`, `{"model":"m","stream":1}`, `{"model":"m"`, `{"model":"m"} {`, `{"model":"m"} "`} {
		if f := prepare(&stream.Call{API: stream.Completions, Body: []byte(body), Stream: true}, ""); f == nil || f.status != 400 {
			t.Errorf("%s: %v", body, f)
		}
	}
}
