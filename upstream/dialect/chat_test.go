package dialect

import (
	"testing"

	"tidegate/stream"
)

// line is an event, what it means, and whether the answer has said thereafter
// that it is finished.
type line struct {
	name, data string
	want       Verdict
	finished   bool
}

// hear puts events before a new judge.
func hear(t *testing.T, api stream.API, lines []line) Judge {
	t.Helper()
	j := dialectOf(api).Judge(api)
	for i, l := range lines {
		if got := j.Event(stream.Event{Name: []byte(l.name), Data: []byte(l.data)}); got != l.want {
			t.Errorf("event %d, %s: got %d, want %d", i+1, l.data, got, l.want)
		}
		if got := j.Finished(); got != l.finished {
			t.Errorf("event %d, %s: finished %v", i+1, l.data, got)
		}
	}
	return j
}

func TestChatErrors(t *testing.T) {
	for _, l := range []line{
		{"", `{"error":{"message":"m","type":"server_error","param":null,"code":null}}`, Error, false},
		{"", `{"error":"out of memory"}`, Error, false},
		{"", `{"object":"error","message":"m","type":"BadRequestError","code":400}`, Failed, false}, // vLLM
		{"", `{"message":"m","code":500}`, Failed, false},
		{"", `{"id":"x","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"m"}}`, Error, false}, // OpenRouter
		{"", `{"id":"x","choices":[],"x_groq":{"id":"y","error":"over capacity"}}`, Failed, false},
		{"error", `{"code":"x"}`, Foreign, false},
		{"", `{"error":null,"choices":[]}`, Step, false},
		{"", `{"error":false,"choices":[]}`, Step, false},
		{"", `{"error":"","choices":[]}`, Step, false},
		{"", `{"error":{},"choices":[]}`, Step, false},
		{"", `{"choices":[{"delta":{"content":"the key \"error\" in a text"}}]}`, Progress, false},
		{"", `{"choices":[{"delta":{"tool":{"error":"nested"}}}]}`, Progress, false},
		{"", `{"id":"x","message":"m","content":"an answer of another API"}`, Step, false},
		{"", `"error"`, Step, false},
		{"", `not JSON with "error" in it`, Foreign, false},
		{"", ``, Heartbeat, false},
		{"", ` [DONE]`, Marker, false},
		{"", `[DONE]`, Marker, false},
	} {
		hear(t, stream.ChatCompletions, []line{l})
	}
}

func TestChatFinishes(t *testing.T) {
	for _, lines := range [][]line{
		{
			{"", `{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, Step, true},
			{"", `[DONE]`, Marker, true},
		},
		{{"", `{"choices":[{"delta":{}, "finish_reason": "stop"}]}`, Step, true}},
		{{"", `{"choices":[{"delta":{},"finish_reason":""}]}`, Step, false}},
		{{"", `{"choices":[{"delta":{"content":"\"finish_reason\":\"stop\""}}]}`, Progress, false}},
		{{"", `{"choices":[{"text":"a","index":0,"logprobs":null,"finish_reason":"length"}]}`, Progress, true}},
		{ // several choices: each has to
			{"", `{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`, Progress, false},
			{"", `{"choices":[{"index":1,"delta":{"content":"b"},"finish_reason":null}]}`, Progress, false},
			{"", `{"choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}`, Step, false},
			{"", `{"choices":[{"index":0,"delta":{"content":"c"},"finish_reason":null}]}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`, Step, true},
		},
	} {
		hear(t, stream.ChatCompletions, lines)
	}
}

// TestChatHeartbeats: a provider that goes on and says nothing has to be
// noticed.
func TestChatHeartbeats(t *testing.T) {
	hear(t, stream.ChatCompletions, []line{
		{"", `{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}`, Step, false}, // Azure's first
		{"", `{"choices":[]}`, Heartbeat, false},
		{"", `{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`, Step, false},
		{"", `{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}`, Heartbeat, false},
		{"", `{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}`, Progress, false},
		{"", `{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]}`, Progress, false},
		{"", `{"choices":[{"index":0,"delta":{"content":""},"finish_reason":null}]}`, Heartbeat, false},
		{"", `{"choices":[{"index":0,"delta":{"content":"","tool_calls":[{"index":0,"function":{"arguments":""}}]},"finish_reason":null}]}`, Step, false},
		{"", `{"choices":[{"index":0,"delta":{"content":null,"reasoning_content":null,"tool_calls":[]},"finish_reason":null}]}`, Heartbeat, false},
		{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, Step, true},
		{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, Heartbeat, true},
		{"", `{"choices":[{"index":0,"delta":{},"finish_reason":null}]}`, Heartbeat, true},
		// usage that grows says that the model thinks
		{"", `{"choices":[{"index":0,"delta":{"content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, Step, true},
		{"", `{"choices":[{"index":0,"delta":{"content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}`, Heartbeat, true},
		{"", `{"choices":[{"index":0,"delta":{"content":""}}],"usage":{"prompt_tokens":9,"completion_tokens":2}}`, Step, true},
	})
}

func TestChatUsage(t *testing.T) {
	const text = `{"choices":[{"index":0,"delta":{"content":"four"},"finish_reason":null}],"usage":null}`
	for name, c := range map[string]struct {
		lines []line
		want  stream.Usage
	}{
		"asked for": {[]line{
			{"", text, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}`, Step, true},
			{"", `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3}}}`, Tally, true},
			{"", `[DONE]`, Marker, true},
		}, stream.Usage{Input: 10, Output: 5, Cached: 4, Reasoning: 3}},
		"growing": {[]line{
			{"", `{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{"content":"c"}}],"usage":{"prompt_tokens":7,"completion_tokens":13,"total_tokens":20}}`, Progress, false},
		}, stream.Usage{Input: 7, Output: 13}},
		"growing, then text without": {[]line{
			{"", `{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8}}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{"content":"b"}}],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9}}`, Progress, false},
			{"", text, Progress, false},
		}, stream.Usage{Input: 7, Output: 2}},
		"Groq's own": {[]line{
			{"", `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}}`, Step, true},
		}, stream.Usage{Input: 3, Output: 2}},
		"reasoning apart": {[]line{ // xAI
			{"", `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}}`, Tally, false},
		}, stream.Usage{Input: 10, Output: 105, Reasoning: 100}},
		"DeepSeek's cache": {[]line{
			{"", `{"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":8}}`, Tally, false},
		}, stream.Usage{Input: 10, Output: 5, Cached: 8}},
		"cut": {[]line{
			{"", text, Progress, false}, {"", text, Progress, false}, {"", text, Progress, false},
		}, stream.Usage{Output: 3, Estimated: true}},
		"cut, bundled": {[]line{
			{"", `{"choices":[{"index":0,"delta":{"content":"forty bytes in one event, not one token."}}]}`, Progress, false},
			{"", `{"choices":[{"index":0,"delta":{"content":"forty bytes in one event, and once more."}}]}`, Progress, false},
		}, stream.Usage{Output: 20, Estimated: true}},
		"nothing said": {[]line{
			{"", `{"choices":[{"index":0,"delta":{"role":"assistant"}}],"usage":{}}`, Step, false},
			{"", `{"choices":[],"usage":{}}`, Tally, false},
		}, stream.Usage{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hear(t, stream.ChatCompletions, c.lines).Usage(); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
