package dialect

import (
	"testing"

	"tidegate/stream"
)

func TestResponsesJudge(t *testing.T) {
	for name, lines := range map[string][]line{
		"completed": {
			{"response.created", `{"type":"response.created","response":{"id":"r","error":null,"usage":null}}`, Step, false},
			{"response.in_progress", `{"type":"response.in_progress","response":{"id":"r"}}`, Step, false},
			{"response.output_text.delta", `{"type":"response.output_text.delta","sequence_number":9,"delta":"a"}`, Progress, false},
			{"response.output_text.delta", `{"type":"response.output_text.delta","sequence_number":10,"delta":"b"}`, Progress, false},
			{"response.output_text.done", `{"type":"response.output_text.done","text":"ab"}`, Step, false},
			{"response.completed", `{"type":"response.completed","response":{"id":"r","status":"completed"}}`, Last, true},
		},
		"without names": {
			{"", `{"type":"response.created","response":{"id":"r"}}`, Step, false},
			{"", `{"delta":"a","type":"response.output_text.delta"}`, Progress, false},
			{"", `{"response":{"id":"r"},"type":"response.incomplete"}`, Last, true},
			{"", `[DONE]`, Marker, true},
		},
		"all of one name": {
			{"message", `{"type":"response.created","response":{"id":"r"}}`, Step, false},
			{"message", `{"type":"response.completed","response":{"id":"r"}}`, Last, true},
		},
		"failed": {
			{"response.created", `{"type":"response.created"}`, Step, false},
			{"error", `{"type":"error","code":"server_error","message":"m","param":null}`, Error, false},
			{"response.failed", `{"type":"response.failed","response":{"status":"failed","error":{"code":"server_error"}}}`, Error, false},
		},
		"error of a speaker": {{"", `{"error":{"message":"m","code":500}}`, Error, false}},
		"marker alone":       {{"", `[DONE]`, Void, false}},
		"broken behind its type": {
			{"", `{"type":"response.completed","response":{"usage":{"input_tokens":1`, Last, true},
		},
		"heartbeats": {
			{"response.created", `{"type":"response.created"}`, Step, false},
			{"response.queued", `{"type":"response.queued"}`, Step, false},
			{"response.in_progress", `{"type":"response.in_progress"}`, Step, false},
			{"response.in_progress", `{"type":"response.in_progress"}`, Heartbeat, false},
			{"response.queued", `{"type":"response.queued"}`, Heartbeat, false},
			{"keepalive", `{"type":"keepalive","sequence_number":4}`, Heartbeat, false},
			{"", `{"type":"keepalive","sequence_number":5}`, Heartbeat, false},
			{"", ``, Heartbeat, false},
			{"response.output_text.delta", `{"type":"response.output_text.delta","delta":""}`, Heartbeat, false},
			{"response.web_search_call.searching", `{"type":"response.web_search_call.searching"}`, Step, false},
			{"response.invented.delta", `{"type":"response.invented.delta","patch":{"a":1}}`, Step, false},
			{"response.text.delta", `{"type":"response.text.delta","delta":{"text":"a"}}`, Progress, false},
		},
	} {
		t.Run(name, func(t *testing.T) { hear(t, stream.Responses, lines) })
	}
}

func TestResponsesUsage(t *testing.T) {
	j := hear(t, stream.Responses, []line{
		{"response.output_text.delta", `{"type":"response.output_text.delta","delta":"a"}`, Progress, false},
		{"response.output_text.delta", `{"type":"response.output_text.delta","delta":"b"}`, Progress, false},
	})
	if got, want := j.Usage(), (stream.Usage{Output: 2, Estimated: true}); got != want {
		t.Errorf("cut: got %+v, want %+v", got, want)
	}
	const end = `{"type":"response.completed","response":{"usage":{"input_tokens":30,"input_tokens_details":{"cached_tokens":10},"output_tokens":20,"output_tokens_details":{"reasoning_tokens":15},"total_tokens":50}}}`
	j.Event(stream.Event{Data: []byte(end)})
	if got, want := j.Usage(), (stream.Usage{Input: 30, Output: 20, Cached: 10, Reasoning: 15}); got != want {
		t.Errorf("completed: got %+v, want %+v", got, want)
	}
}
