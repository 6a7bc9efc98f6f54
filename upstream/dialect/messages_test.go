package dialect

import (
	"testing"

	"tidegate/stream"
)

func TestMessagesJudge(t *testing.T) {
	const (
		start = `{"type":"message_start","message":{"id":"m","usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1},"stop_reason":null}}`
		text  = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`
	)
	for name, lines := range map[string][]line{
		"whole": {
			{"message_start", start, Step, false},
			{"content_block_start", `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`, Step, false},
			{"ping", `{"type": "ping"}`, Heartbeat, false},
			{"content_block_delta", text, Progress, false},
			{"content_block_delta", text[:len(text)-1] + "      }", Progress, false},
			{"content_block_delta", text, Progress, false},
			{"content_block_stop", `{"type":"content_block_stop","index":0}`, Step, false},
			{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}}`, Step, true},
			{"ping", `{"type":"ping"}`, Heartbeat, true},
			{"message_stop", `{"type":"message_stop"}`, Last, true},
		},
		"without names": {
			{"", start, Step, false},
			{"", `{"type":"ping"}`, Heartbeat, false},
			{"", text, Progress, false},
			{"", `{"delta":{"stop_reason":"max_tokens"},"type":"message_delta"}`, Step, true},
			{"", `{"type":"message_stop"}`, Last, true},
		},
		"error": {
			{"message_start", start, Step, false},
			{"error", `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, Error, false},
		},
		"error without a name": {{"", `{"type":"error","error":{"type":"overloaded_error","message":"m"}}`, Failed, false}},
		"error of a speaker":   {{"", `{"error":{"message":"m"}}`, Failed, false}},
		"unknown": {
			{"invented", `{"type":"invented","message":"a text"}`, Step, false},
			{"", `[DONE]`, Void, false},
			{"", `no JSON`, Foreign, false}, {"", ``, Heartbeat, false},
		},
		"nothing new": {
			{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""}}`, Heartbeat, false},
			{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}`, Progress, false},
			{"content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta","citation":{"type":"t"}}}`, Step, false},
			{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12}}`, Step, true},
			{"message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":12}}`, Heartbeat, true},
		},
	} {
		t.Run(name, func(t *testing.T) { hear(t, stream.Messages, lines) })
	}
}

func TestMessagesUsage(t *testing.T) {
	j := hear(t, stream.Messages, []line{
		{"message_start", `{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":4}}}`, Step, false},
	})
	said := func(what string, want stream.Usage) {
		t.Helper()
		if got := j.Usage(); got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	said("at the beginning", stream.Usage{Input: 10, Cached: 3, Output: 4, Estimated: true})
	for range 6 {
		j.Event(stream.Event{Name: []byte("content_block_delta"), Data: []byte(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"two words"}}`)})
	}
	said("cut", stream.Usage{Input: 10, Cached: 3, Output: 13, Estimated: true})
	j.Event(stream.Event{Data: []byte(`{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":9}}`)})
	said("output only", stream.Usage{Input: 10, Cached: 3, Output: 9})
	j.Event(stream.Event{Data: []byte(`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":4,"cache_read_input_tokens":2,"output_tokens":20,"iterations":[{"input_tokens":900,"output_tokens":900}]}}`)})
	said("all of it", stream.Usage{Input: 6, Cached: 2, Output: 20})
}
