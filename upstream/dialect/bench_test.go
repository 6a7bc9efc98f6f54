package dialect

import (
	"fmt"
	"strings"
	"testing"

	"tidegate/stream"
)

// speaker makes the events of an ordinary stream.
type speaker struct {
	api  stream.API
	name string
	make func(text string, n int) string
}

var speakers = map[string]speaker{
	"chat": {stream.ChatCompletions, "", func(text string, _ int) string {
		return fmt.Sprintf(`{"id":"chatcmpl-%032d","object":"chat.completion.chunk","created":1755005026,"model":"gpt-4o-2024-08-06","service_tier":"default","system_fingerprint":"fp_0123456789","choices":[{"index":0,"delta":{"content":%q},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":%q}`, 7, text, strings.Repeat("x", 9-len(text)))
	}},
	"completions": {stream.Completions, "", func(text string, _ int) string {
		return fmt.Sprintf(`{"id":"cmpl-%032d","object":"text_completion","created":1755005026,"model":"m","choices":[{"text":%q,"index":0,"logprobs":null,"finish_reason":null}]}`, 7, text)
	}},
	"chat with usage": {stream.ChatCompletions, "", func(text string, n int) string {
		return fmt.Sprintf(`{"id":"chatcmpl-%032d","object":"chat.completion.chunk","created":1755005026,"model":"m","choices":[{"index":0,"delta":{"content":%q},"finish_reason":null}],"usage":{"prompt_tokens":9,"completion_tokens":%d,"total_tokens":%d}}`, 7, text, n, n+9)
	}},
	"chat with logprobs": {stream.ChatCompletions, "", func(text string, n int) string {
		return fmt.Sprintf(`{"id":"chatcmpl-%032d","object":"chat.completion.chunk","created":1755005026,"model":"m","choices":[{"index":0,"delta":{"content":%q},"logprobs":{"content":[{"token":%q,"logprob":-0.%d,"bytes":[32,97],"top_logprobs":[]}]},"finish_reason":null}]}`, 7, text, text, n)
	}},
	"responses": {stream.Responses, "response.output_text.delta", func(text string, n int) string {
		return fmt.Sprintf(`{"type":"response.output_text.delta","sequence_number":%d,"item_id":"msg_%050d","output_index":0,"content_index":0,"delta":%q,"logprobs":[],"obfuscation":%q}`, n, 7, text, strings.Repeat("x", 9-len(text)))
	}},
	"responses without names": {stream.Responses, "", func(text string, n int) string {
		return fmt.Sprintf(`{"type":"response.output_text.delta","sequence_number":%d,"item_id":"msg_%050d","output_index":0,"content_index":0,"delta":%q}`, n, 7, text)
	}},
	"messages": {stream.Messages, "content_block_delta", func(text string, _ int) string {
		return fmt.Sprintf(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%q}      }`, text)
	}},
	"generateContent": {stream.GenerateContent, "", func(text string, n int) string {
		return fmt.Sprintf(`{"candidates": [{"content": {"parts": [{"text": %q}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 10,"candidatesTokenCount": %d,"totalTokenCount": %d,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 10}],"thoughtsTokenCount": 1013},"modelVersion": "gemini-2.5-flash","responseId": "QWxsIGdvb2QgdGhpbmdz"}`, strings.Repeat(text+" ", 20), n, n+1023)
	}},
}

// BenchmarkJudge is what an ordinary event costs.
func BenchmarkJudge(b *testing.B) {
	for name, s := range speakers {
		b.Run(name, func(b *testing.B) {
			var events []stream.Event
			for i, text := range strings.Fields("The quick brown fox jumps over the lazy dog") {
				events = append(events, stream.Event{Name: []byte(s.name), Data: []byte(s.make(text, i+100))})
			}
			judge := dialectOf(s.api).Judge(s.api)
			judge.Event(events[0])
			b.SetBytes(int64(len(events[0].Data)))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if judge.Event(events[i%len(events)]) != Progress {
					b.Fatal("no progress")
				}
			}
		})
	}
}

// BenchmarkNothing is what asking a judge costs that does nothing.
func BenchmarkNothing(b *testing.B) {
	var judge Judge = idle{}
	events := make([]stream.Event, 9)
	for i := 0; b.Loop(); i++ {
		if judge.Event(events[i%len(events)]) != Progress {
			b.Fatal("no progress")
		}
	}
}

type idle struct{ Judge }

func (idle) Event(stream.Event) Verdict { return Progress }

// dialectOf is the dialect that has an API.
func dialectOf(api stream.API) Dialect {
	for _, name := range Names {
		if d, _ := ByName(name); d.Speaks(api) {
			return d
		}
	}
	return nil
}
