package dialect

import (
	"net/http"
	"os"
	"regexp"
	"testing"

	"tidegate/stream"
)

func TestByName(t *testing.T) {
	spoken := map[stream.API]int{}
	for _, name := range Names {
		d, ok := ByName(name)
		if !ok || d == nil {
			t.Errorf("there is no %q", name)
			continue
		}
		for _, api := range APIs {
			if d.Speaks(api) {
				spoken[api]++
			}
		}
	}
	for _, api := range APIs {
		if n := spoken[api]; n != 1 {
			t.Errorf("%s is spoken by %d dialects", api, n)
		}
	}
	known, err := os.ReadFile("../../stream/call.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`API += "`).FindAll(known, -1)); n != len(APIs) {
		t.Errorf("%d APIs are listed, and there are %d", len(APIs), n)
	}
	if d, ok := ByName("latin"); ok || d != nil {
		t.Errorf("latin is %v", d)
	}
}

func TestPath(t *testing.T) {
	for _, c := range []struct {
		call  stream.Call
		model string
		want  string
	}{
		{stream.Call{API: stream.ChatCompletions, Stream: true}, "m", "/chat/completions"},
		{stream.Call{API: stream.Completions}, "m", "/completions"},
		{stream.Call{API: stream.Embeddings}, "m", "/embeddings"},
		{stream.Call{API: stream.Responses}, "m", "/responses"},
		{stream.Call{API: stream.Response, Path: "/resp_1/input_items?limit=5"}, "", "/responses/resp_1/input_items?limit=5"},
		{stream.Call{API: stream.Messages, Stream: true}, "m", "/messages"},
		{stream.Call{API: stream.CountMessages}, "m", "/messages/count_tokens"},
		{stream.Call{API: stream.GenerateContent}, "gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"},
		{stream.Call{API: stream.GenerateContent, Stream: true}, "gemini-2.5-pro", "/models/gemini-2.5-pro:streamGenerateContent?alt=sse"},
		{stream.Call{API: stream.CountContent}, "models/gemini-2.5-pro", "/models/gemini-2.5-pro:countTokens"},
		{stream.Call{API: stream.GenerateContent}, "tunedModels/mine-1", "/tunedModels/mine-1:generateContent"},
		{stream.Call{API: stream.GenerateContent}, "../../files?x=1#y", "/models/..%2F..%2Ffiles%3Fx=1%23y:generateContent"},
		{stream.Call{API: stream.GenerateContent}, "a b%2F", "/models/a%20b%252F:generateContent"},
	} {
		if got := dialectOf(c.call.API).Path(&c.call, c.model); got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.call.API, c.model, got, c.want)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	for name, want := range map[string]http.Header{
		"openai":    {"Authorization": {"Bearer k"}},
		"anthropic": {"X-Api-Key": {"k"}, "Anthropic-Version": {"2023-06-01"}},
		"gemini":    {"X-Goog-Api-Key": {"k"}},
	} {
		d, _ := ByName(name)
		h := http.Header{}
		d.Authenticate(h, "k")
		for key := range want {
			if h.Get(key) != want.Get(key) {
				t.Errorf("%s: %s is %q", name, key, h.Get(key))
			}
		}
		if len(h) != len(want) {
			t.Errorf("%s: %v", name, h)
		}
		h = http.Header{}
		d.Authenticate(h, "")
		for key := range h {
			if h.Get(key) == "" || key != "Anthropic-Version" {
				t.Errorf("%s: %s is set without a key: %q", name, key, h.Get(key))
			}
		}
	}
	h := http.Header{"Anthropic-Version": {"2024-01-01"}}
	Anthropic{}.Authenticate(h, "k")
	if got := h.Get("Anthropic-Version"); got != "2024-01-01" {
		t.Errorf("the version became %s", got)
	}
}

// TestForwards: nothing that carries a key or names an account is passed on to
// be used with another's key.
func TestForwards(t *testing.T) {
	const always, own, never = 2, 1, 0
	for header, want := range map[string]map[string]int{
		"Openai-Beta":         {"openai": always},
		"Openai-Organization": {"openai": own},
		"Openai-Project":      {"openai": own},
		"Anthropic-Version":   {"anthropic": always},
		"Anthropic-Beta":      {"anthropic": always},
		"X-Goog-User-Project": {"gemini": own},
		"Authorization":       {}, "X-Api-Key": {}, "X-Goog-Api-Key": {}, "Cookie": {}, "X-Stainless-Os": {}, "X-Goog-Api-Client": {},
	} {
		for _, name := range Names {
			d, _ := ByName(name)
			got := never
			if d.Forwards(header, true) {
				got = own
			}
			if d.Forwards(header, false) {
				got = always
			}
			if got != want[name] {
				t.Errorf("%s, %s: got %d, want %d", name, header, got, want[name])
			}
		}
	}
}

func TestEndsByFinish(t *testing.T) {
	for name, want := range map[string]bool{"openai": false, "anthropic": false, "gemini": true} {
		d, _ := ByName(name)
		for _, api := range []stream.API{stream.ChatCompletions, stream.Responses, stream.Messages, stream.GenerateContent} {
			if d.Speaks(api) && d.EndsByFinish(api) != want {
				t.Errorf("%s, %s: %v", name, api, !want)
			}
		}
	}
}

func TestUsageOfWholeAnswers(t *testing.T) {
	for _, c := range []struct {
		dialect, body string
		want          stream.Usage
	}{
		{"openai", `{"id":"c","choices":[{"message":{"content":"\"usage\":{}"}}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}}}`,
			stream.Usage{Input: 9, Output: 12, Cached: 4, Reasoning: 5}},
		{"openai", `{"object":"list","data":[{"embedding":[0.1,-2e3]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}`, stream.Usage{Input: 8}},
		{"openai", `{"object":"response","usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":1},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":5}}`,
			stream.Usage{Input: 3, Output: 2, Cached: 1, Reasoning: 1}},
		{"openai", `{"object":"response","status":"in_progress","usage":null}`, stream.Usage{}},
		{"anthropic", `{"type":"message","usage":{"input_tokens":5,"cache_creation_input_tokens":2,"cache_read_input_tokens":3,"output_tokens":6,"service_tier":"standard"}}`,
			stream.Usage{Input: 10, Output: 6, Cached: 3}},
		{"anthropic", `{"input_tokens":14}`, stream.Usage{}}, // counted, not used
		{"gemini", `{"candidates":[],"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":12,"thoughtsTokenCount":5,"toolUsePromptTokenCount":3,"totalTokenCount":29}}`,
			stream.Usage{Input: 12, Output: 17, Cached: 4, Reasoning: 5}},
		{"gemini", `{"totalTokens":31}`, stream.Usage{}},
		{"openai", `{"usage":{"prompt_tokens":9,"completion_tokens":1`, stream.Usage{}},
		{"openai", `{"usage":{"prompt_tokens":"9","completion_tokens":-1,"total_tokens":1e3}}`, stream.Usage{}},
		{"openai", `no JSON`, stream.Usage{}},
		{"openai", `[]`, stream.Usage{}},
	} {
		d, _ := ByName(c.dialect)
		if got := d.Usage([]byte(c.body)); got != c.want {
			t.Errorf("%s, %s: got %+v, want %+v", c.dialect, c.body, got, c.want)
		}
	}
}
