package dialect

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tidegate/stream"
)

func TestOpenAIJudge(t *testing.T) {
	for _, c := range []struct {
		data string
		want Verdict
	}{
		{`[DONE]`, Marker},
		{` [DONE]`, Progress},
		{`{"id":"x","choices":[{"delta":{"content":"hi"}}]}`, Progress},
		{`{"error":{"message":"m","type":"server_error","param":null,"code":null}}`, Error},
		{`{"error":"out of memory"}`, Error},
		{`{"object":"error","message":"m"}`, Progress}, // no member of that name
		{`{"error":null,"choices":[]}`, Progress},
		{`{"error":false}`, Progress},
		{`{"error":""}`, Progress},
		{`{"id":"x","choices":[{"delta":{"content":""},"finish_reason":"error"}],"error":{"code":502,"message":"m"}}`, Error},
		{`{"choices":[{"delta":{"content":"the key \"error\" in a text"}}]}`, Progress},
		{`{"choices":[{"delta":{"tool":{"error":"nested"}}}]}`, Progress},
		{`"error"`, Progress},
		{`not JSON with "error" in it`, Progress},
		{``, Progress},
	} {
		if got := (OpenAI{}).Judge(stream.ChatCompletions).Event(stream.Event{Data: []byte(c.data)}); got != c.want {
			t.Errorf("%s: got %d, want %d", c.data, got, c.want)
		}
	}
}

// TestTwoRs compares the search by words with the plain one, at any length
// and place.
func TestTwoRs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(rapid.StringMatching(`[rqs\x72\x8d\xf2]{0,40}`).Draw(t, "data"))
		if got, want := twoRs(data), bytes.Contains(data, []byte("rr")); got != want {
			t.Fatalf("%q: got %v", data, got)
		}
	})
}

func TestOpenAIFinishes(t *testing.T) {
	for data, want := range map[string]bool{
		`{"choices":[{"delta":{},"finish_reason":"stop"}]}`:                true,
		`{"choices":[{"delta":{}, "finish_reason": "stop"}]}`:              true,
		`{"choices":[{"delta":{},"finish_reason":null}]}`:                  false,
		`{"choices":[{"delta":{"content":"\"finish_reason\":\"stop\""}}]}`: false,
	} {
		j := (OpenAI{}).Judge(stream.ChatCompletions)
		j.Event(stream.Event{Data: []byte(data)})
		if got := j.Finished(); got != want {
			t.Errorf("%s: got %v", data, got)
		}
	}
}

func BenchmarkOpenAIJudge(b *testing.B) {
	data := fmt.Appendf(nil, `{"id":"chatcmpl-%032d","object":"chat.completion.chunk","created":1755005026,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":" token"},"logprobs":null,"finish_reason":null}]}`, 7)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	j := (OpenAI{}).Judge(stream.ChatCompletions)
	for b.Loop() {
		if j.Event(stream.Event{Data: data}) != Progress {
			b.Fatal("no progress")
		}
	}
}
