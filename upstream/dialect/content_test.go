package dialect

import (
	"testing"

	"tidegate/stream"
)

func TestContentJudge(t *testing.T) {
	const text = `{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}`
	for name, lines := range map[string][]line{
		"finished": {
			{"", text, Progress, false},
			{"", text, Progress, false},
			{"", `{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP","index":0}]}`, Step, true},
		},
		"finished in every event": {
			{"", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","index":0}]}`, Progress, true},
			{"", `{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP","index":0}]}`, Progress, true},
		},
		"not said why":   {{"", `{"candidates":[{"finishReason":"FINISH_REASON_UNSPECIFIED"}]}`, Step, false}},
		"blocked":        {{"", `{"promptFeedback":{"blockReason":"SAFETY"}}`, Step, true}},
		"blocked by not": {{"", `{"promptFeedback":{"safetyRatings":[]},"candidates":[{"index":0}]}`, Step, false}},
		"two candidates": {
			{"", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"index":0},{"content":{"parts":[{"text":"b"}]},"index":1}]}`, Progress, false},
			{"", `{"candidates":[{"finishReason":"STOP","index":1}]}`, Step, false},
			{"", `{"candidates":[{"finishReason":"STOP","index":0}]}`, Step, true},
		},
		"error": {
			{"", text, Progress, false},
			{"", `{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}`, Error, false},
		},
		"error in an array": {{"", `[{"error":{"code":503,"message":"m"}}]`, Failed, false}},
		"nothing new": {
			{"", text, Progress, false},
			{"", `{"candidates":[{"content":{"parts":[{"text":""}]},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1}}`, Heartbeat, false},
			{"", `{"candidates":[{"content":{"parts":[{"text":""}]},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"thoughtsTokenCount":5}}`, Step, false},
			{"", `{"candidates":[{"content":{"parts":[{"functionCall":{}}]},"index":0}]}`, Step, false},
			{"", `{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"x"}]},"index":0}]}`, Progress, false},
			{"", `{"candidates":[]}`, Heartbeat, false},
			{"", `{"usageMetadata":{"trafficType":"ON_DEMAND"}}`, Heartbeat, false},
		},
		"unknown": {{"", `{"invented":1}`, Step, false}, {"", `no JSON`, Foreign, false}, {"", ``, Heartbeat, false}, {"", `[DONE]`, Void, false}},
	} {
		t.Run(name, func(t *testing.T) { hear(t, stream.GenerateContent, lines) })
	}
}

func TestContentUsage(t *testing.T) {
	j := hear(t, stream.GenerateContent, []line{
		{"", `{"candidates":[{"content":{"parts":[{"text":"sixteen bytes it"}]}}],"usageMetadata":{"trafficType":"ON_DEMAND"}}`, Progress, false},
	})
	said := func(what string, want stream.Usage) {
		t.Helper()
		if got := j.Usage(); got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	said("cut", stream.Usage{Output: 4, Estimated: true})
	for _, data := range []string{
		`{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":8,"totalTokenCount":27,"thoughtsTokenCount":10}}`,
		`{"candidates":[{"content":{"parts":[{"text":"b"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":9,"totalTokenCount":28,"thoughtsTokenCount":10}}`,
		`{"candidates":[{"content":{"parts":[{"text":"c"}]}}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":10,"totalTokenCount":29,"thoughtsTokenCount":10}}`,
	} {
		j.Event(stream.Event{Data: []byte(data)})
	}
	said("growing", stream.Usage{Input: 9, Output: 20, Reasoning: 10})
	j.Event(stream.Event{Data: []byte(`{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"toolUsePromptTokenCount":5,"cachedContentTokenCount":4,"candidatesTokenCount":11,"totalTokenCount":35,"thoughtsTokenCount":10}}`)})
	said("at the end", stream.Usage{Input: 14, Output: 21, Cached: 4, Reasoning: 10})
	j.Event(stream.Event{Data: []byte(`{"usageMetadata":{"trafficType":"ON_DEMAND"}}`)})
	said("without counts", stream.Usage{Input: 14, Output: 21, Cached: 4, Reasoning: 10})
}
