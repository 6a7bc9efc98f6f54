package dialect

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAskUsage(t *testing.T) {
	for body, want := range map[string]string{ // empty: unchanged
		`{"model":"m","stream":true}`:                                                             `{"model":"m","stream":true,"stream_options":{"include_usage":true}}`,
		` { "stream" : true } ` + "\n":                                                            ` { "stream" : true ,"stream_options":{"include_usage":true}} ` + "\n",
		`{"stream":true,"stream_options":{}}`:                                                     `{"stream":true,"stream_options":{"include_usage":true}}`,
		`{"stream":true,"stream_options":{ }}`:                                                    `{"stream":true,"stream_options":{ "include_usage":true}}`,
		`{"stream":true,"stream_options":null,"n":1}`:                                             `{"stream":true,"stream_options":{"include_usage":true},"n":1}`,
		`{"stream_options":{"include_obfuscation":false},"stream":true}`:                          `{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true}`,
		`{"stream_options":{"include_usage": false,"include_obfuscation":true},"stream":true}`:    `{"stream_options":{"include_usage": true,"include_obfuscation":true},"stream":true}`,
		`{"stream_options":{"include_usage":null},"stream":true}`:                                 `{"stream_options":{"include_usage":true},"stream":true}`,
		`{"messages":[{"content":"\"stream_options\":{\"include_usage\":true}}"}],"stream":true}`: `{"messages":[{"content":"\"stream_options\":{\"include_usage\":true}}"}],"stream":true,"stream_options":{"include_usage":true}}`,
		`{"a":{"stream_options":{"include_usage":true}},"stream":true}`:                           `{"a":{"stream_options":{"include_usage":true}},"stream":true,"stream_options":{"include_usage":true}}`,

		`{"stream":true,"stream_options":{"include_usage":true}}`: "",
		`{"model":"m"}`:           "",
		`{"stream":false}`:        "",
		`{"stream":"true"}`:       "",
		`{"stream":true`:          "",
		`{"stream":true}}`:        "",
		`{"stream":true} {}`:      "",
		`{"stream":true}x`:        "",
		`[{"stream":true}]`:       "",
		`{"stream":true,}`:        "",
		`{"a":tru,"stream":true}`: "",
		``:                        "",
	} {
		for _, spare := range []int{0, 64} { // the body may be a part of more
			in := append(make([]byte, 0, len(body)+spare), body...)
			out, asked := AskUsage(in)
			if want == "" && (!asked || string(out) != body) || want != "" && (asked || string(out) != want) {
				t.Errorf("%s: got %s, asked %v", body, out, asked)
			}
			if string(in) != body {
				t.Errorf("%s was changed to %s", body, in)
			}
		}
	}
}

// TestAskUsageReads: whatever the request, what comes out is it, with one
// member more.
func TestAskUsageReads(t *testing.T) {
	values := []string{`null`, `true`, `false`, `1`, `"a \"b\" }"`, `{}`, `{"x":[{}]}`, `[1,{"y":"}"}]`,
		`{"include_usage":false}`, `{"include_usage":true}`, `{"x":1}`}
	rapid.Check(t, func(t *rapid.T) {
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
		body := space + "{"
		for i, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"stream", "stream_options", "model", "messages", "n"}), 0, 5, rapid.ID).Draw(t, "names") {
			if i > 0 {
				body += "," + space
			}
			body += `"` + name + `":` + space + rapid.SampledFrom(values).Draw(t, name) + space
		}
		body += "}" + space
		out, asked := AskUsage([]byte(body))
		var before, after map[string]any
		if err := json.Unmarshal([]byte(body), &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &after); err != nil {
			t.Fatalf("%s became %s: %v", body, out, err)
		}
		options, _ := before["stream_options"].(map[string]any)
		if nothing := before["stream"] != true || options["include_usage"] == true; nothing != asked {
			t.Fatalf("%s: asked is %v", body, asked)
		}
		if !asked {
			if options == nil {
				options = map[string]any{}
			}
			options["include_usage"] = true
			before["stream_options"] = options
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Fatalf("%s became %s: %s", body, out, diff)
		}
	})
}
