package dialect

import (
	"bytes"
	"encoding/json"
	"testing"

	"tidegate/stream"
)

// FuzzJudge puts anything before the judges, as events one behind the other:
// each says the same whether it compares events or parses them all.
func FuzzJudge(f *testing.F) {
	for _, s := range speakers {
		f.Add(s.name, []byte(s.make("a", 9)+"\n"+s.make("b", 10)+"\n"+s.make("", 11)))
	}
	f.Add("error", []byte(`{"error":{"code":1}}`))
	f.Add("message_delta", []byte(`{"delta":{"stop_reason":"x"},"usage":{"output_tokens":1}}`))
	f.Add("response.completed", []byte(`{"response":{"usage":{"input_tokens":1}}}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		for _, api := range []stream.API{stream.ChatCompletions, stream.Responses, stream.Messages, stream.GenerateContent} {
			p := newPair(api)
			for data := range bytes.SplitSeq(text, []byte("\n")) {
				p.hear(t, stream.Event{Name: []byte(name), Data: data})
			}
			if !bytes.ContainsFunc(text, func(c rune) bool { return c < ' ' && c != '\n' }) {
				p.used(t) // comparing does not look for them, reading JSON finds them: one event's counts may be lost
			}
		}
	})
}

// FuzzBody puts anything before what reads whole bodies and requests.
func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"stream":true,"stream_options":{"include_usage":false}}`))
	f.Add([]byte(`[{"error":{"code":503,"status":"UNAVAILABLE"}}]`))
	f.Add([]byte(`{"usage":{"prompt_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}},"usageMetadata":{"promptTokenCount":3}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, name := range Names {
			d, _ := ByName(name)
			if status, failed := d.Failed(body); status != 0 && (!failed || status < 400 || status > 599) {
				t.Fatalf("%s: %s: %d, %v", name, body, status, failed)
			}
			d.Usage(body)
		}
		out, asked := AskUsage(body)
		switch {
		case asked && !bytes.Equal(out, body):
			t.Fatalf("%s was changed to %s", body, out)
		case !asked && json.Valid(body) && !json.Valid(out):
			t.Fatalf("%s became %s", body, out)
		}
	})
}
