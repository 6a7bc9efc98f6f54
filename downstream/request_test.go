package downstream

import (
	"strings"
	"testing"

	"tidegate/stream"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, body string
		model      string
		stream     bool
	}{
		{"plain", `{"model":"m"}`, "m", false},
		{"stream", `{"stream":true,"model":"m"}`, "m", true},
		{"null stream", `{"model":"m","stream":null}`, "m", false},
		{"white space", " \n{ \"model\" : \"m\" , \"stream\" : true } \n", "m", true},
		{"escaped name", `{"mod\u0065l":"m"}`, "m", false},
		{"escaped model", `{"model":"\u006d/\"x\""}`, `m/"x"`, false},
		{"nested", `{"messages":[{"model":"no","stream":true}],"model":"m"}`, "m", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			call := &stream.Call{Body: append(make([]byte, 0, 100), c.body...)} // capacity beyond the body
			if f := parse(call, true); f != nil {
				t.Fatal(f)
			}
			if call.Model != c.model || call.Stream != c.stream {
				t.Errorf("got model %q, stream %v", call.Model, call.Stream)
			}
			at := string(call.Body[call.ModelAt[0]:call.ModelAt[1]])
			if !strings.HasPrefix(at, `"`) || !strings.HasSuffix(at, `"`) || len(at) < 3 {
				t.Errorf("the model is not at %v: %q", call.ModelAt, at)
			}
		})
	}
}

// TestParseRefuses: what programs read differently, and what is no request,
// is refused with the place where it is wrong.
func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, body, code, says string }{
		{"empty", ``, "invalid_json", "JSON object"},
		{"array", `[]`, "invalid_json", "JSON object"},
		{"cut", `{"model":"m"`, "invalid_json", "ends too early"},
		{"trailing comma", `{"model":"m",}`, "invalid_json", "byte 13"},
		{"bad literal", `{"model":"m","stream":tru}`, "invalid_json", "byte"},
		{"two objects", `{"model":"m"}{}`, "invalid_json", "goes on"},
		{"rubbish behind", `{"model":"m"}x`, "invalid_json", "goes on"},
		{"model twice", `{"model":"a","model":"b"}`, "duplicate_key", `"model"`},
		{"model twice, escaped", `{"model":"a","mod\u0065l":"b"}`, "duplicate_key", `"model"`},
		{"other twice", `{"model":"a","n":1,"n":2}`, "duplicate_key", `"n"`},
		{"other case", `{"model":"a","MODEL":"b"}`, "misspelt_key", "lower case"},
		{"no model", `{"stream":true}`, "missing_model", "model"},
		{"empty model", `{"model":""}`, "missing_model", "model"},
		{"model a number", `{"model":1}`, "invalid_model", "string"},
		{"stream a string", `{"model":"m","stream":"true"}`, "invalid_stream", "true or false"},
		{"control character", "{\"model\":\"a\x01\"}", "invalid_json", "byte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := parse(&stream.Call{Body: []byte(c.body)}, true)
			if f == nil {
				t.Fatal("taken")
			}
			if f.status != 400 || f.code != c.code || !strings.Contains(f.message, c.says) {
				t.Errorf("got %d %s: %s", f.status, f.code, f.message)
			}
		})
	}
}
