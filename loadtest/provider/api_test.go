package provider_test

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// api is one of the streaming APIs, as tests call it.
type api struct {
	path, whole string
	body        string // a request without its closing brace
	stream      string // what makes it streamed
	tools       string // what offers the tool "find"
	result      string // the same, after the tool has been called
	end         string // how a whole stream ends
	lead, trail int    // events before and after the tokens of an answer
}

var apis = map[string]api{
	"chat": {
		path: chatPath, whole: chatPath,
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}]`, stream: `,"stream":true,"stream_options":{"include_usage":true}`,
		tools:  `,"tools":[{"type":"function","function":{"name":"find"}}]`,
		result: `{"model":"m","messages":[{"role":"assistant","content":null},{"role":"tool","content":"x"}]`,
		end:    "data: [DONE]\n\n", lead: 1, trail: 3,
	},
	"responses": {
		path: "/v1/responses", whole: "/v1/responses",
		body: `{"model":"m","input":[{"role":"user","content":"hi"}]`, stream: `,"stream":true`,
		tools:  `,"tools":[{"type":"web_search"},{"type":"function","name":"find"}]`,
		result: `{"model":"m","input":[{"role":"user","content":"hi"},{"type":"function_call_output","output":"x"}]`,
		end:    "}\n\n", lead: 4, trail: 4,
	},
	"messages": {
		path: "/v1/messages", whole: "/v1/messages",
		body: `{"model":"m","messages":[{"role":"user","content":"hi"}]`, stream: `,"stream":true`,
		tools:  `,"tools":[{"name":"find","input_schema":{}}]`,
		result: `{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]`,
		end:    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", lead: 3, trail: 3,
	},
	"gemini": {
		path: "/v1beta/models/m:streamGenerateContent?alt=sse", whole: "/v1beta/models/m:generateContent",
		body:   `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]`,
		tools:  `,"tools":[{"functionDeclarations":[{"name":"find"}]}]`,
		result: `{"contents":[{"parts":[{"text":"hi"}]},{"parts":[{"functionResponse":{"name":"find","response":{}}}]}]`,
		end:    "}\n\n", lead: 0, trail: 1,
	},
}

// open sends a request as the API's own SDK does.
func (a api) open(t *testing.T, c *http.Client, url, path, script, body string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(patience(t), http.MethodPost, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	r.Header.Set("X-Script", script)
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// call sends a request and reads the answer.
func (a api) call(t *testing.T, c *http.Client, url, path, script, body string) (*http.Response, []byte, error) {
	t.Helper()
	resp := a.open(t, c, url, path, script, body)
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	return resp, got, err
}

// Each API says the same text, thought and tool's use, streamed and whole.
func TestAPIs(t *testing.T) {
	s := start(t, provider.Options{})
	c := client(t, 1)
	text, thought := provider.Text(20), provider.Text(9)
	arguments := `{"input":"` + text + `"}`
	for name, a := range apis {
		for what, tc := range map[string]struct {
			script, body string
			want         said
		}{
			"text":             {"tokens=20", a.body, said{text: text}},
			"reasoning":        {"tokens=20&reasoning=9", a.body, said{text: text, thought: thought}},
			"tool":             {"tokens=20", a.body + a.tools, said{tool: "find", arguments: arguments}},
			"thought and tool": {"tokens=20&reasoning=9", a.body + a.tools, said{thought: thought, tool: "find", arguments: arguments}},
			"tool's result":    {"tokens=20", a.result + a.tools, said{text: text}},
		} {
			tc.want.output = 20
			if tc.want.thought != "" {
				tc.want.output = 29
			}
			for _, streamed := range []bool{true, false} {
				path, body := a.whole, tc.body
				if streamed {
					path, body = a.path, tc.body+a.stream
				}
				_, got, err := a.call(t, c, s.URL(), path, tc.script, body+"}")
				if err != nil {
					t.Fatal(err)
				}
				var heard said
				if streamed {
					for _, p := range payloads(got) {
						heard.event(t, p)
					}
					if !bytes.HasSuffix(got, []byte(a.end)) {
						t.Errorf("%s, %s: ends %q", name, what, got[max(0, len(got)-80):])
					}
				} else {
					heard.event(t, string(got))
				}
				if heard.input < 1 || heard.finish == "" {
					t.Errorf("%s, %s: %d input tokens, finish %q", name, what, heard.input, heard.finish)
				}
				heard.input, heard.finish = 0, ""
				if heard != tc.want {
					t.Errorf("%s, %s, streamed %v:\n got %+v\nwant %+v\n%s", name, what, streamed, heard, tc.want, got)
				}
			}
		}
	}
}

// Events are where the documentation has them, and each carries one token.
func TestPositions(t *testing.T) {
	s := start(t, provider.Options{})
	c := client(t, 1)
	for name, a := range apis {
		for at, want := range map[int]int{a.lead: 0, a.lead + 4: 4, -a.trail: 6, -1: 6} {
			_, got, err := a.call(t, c, s.URL(), a.path, "tokens=6&fault=end&at="+strconv.Itoa(at), a.body+a.stream+"}")
			if err != nil {
				t.Fatal(err)
			}
			var heard said
			for _, p := range payloads(got) {
				heard.event(t, p)
			}
			if heard.text != provider.Text(want) || bytes.HasSuffix(got, []byte(a.end)) && len(a.end) > 4 {
				t.Errorf("%s, at %d: %q, want %d tokens; %s", name, at, heard.text, want, got)
			}
		}
	}
}

// A recording is replayed wherever it is asked for.
func TestTranscriptAtEveryAPI(t *testing.T) {
	const recorded = "event: x\r\ndata: one\r\n\r\n: two\n\n"
	s := start(t, provider.Options{Script: provider.Script{Transcript: []byte(recorded)}})
	for name, a := range apis {
		if _, got, err := a.call(t, client(t, 1), s.URL(), a.path, "", a.body+a.stream+"}"); err != nil || string(got) != recorded {
			t.Errorf("%s: %v %q", name, err, got)
		}
	}
}

// Every way of writing a stream is one that each API is written in.
func TestShapesOfEveryAPI(t *testing.T) {
	s := start(t, provider.Options{})
	for name, a := range apis {
		for _, script := range []string{"line_end=crlf", "no_space=1", "comments=2", "split=random", "obfuscation=1", "instant=1", "huge=5000&huge_at=6"} {
			_, got, err := a.call(t, client(t, 1), s.URL(), a.path, "tokens=8&"+script, a.body+a.stream+"}")
			if err != nil {
				t.Fatal(err)
			}
			var heard said
			for _, p := range payloads(got) {
				heard.event(t, p)
			}
			if rest := strings.ReplaceAll(heard.text, "x", ""); rest != provider.Text(8) || strings.HasPrefix(script, "huge") != (len(rest) < len(heard.text)-4000) {
				t.Errorf("%s, %s: %q", name, script, got)
			}
		}
	}
}
