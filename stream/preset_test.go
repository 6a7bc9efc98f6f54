package stream_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tidegate/stream"
)

// A decoder elsewhere takes the preset from docs/protocol.md, where it is one
// line of JSON.
func TestPreset(t *testing.T) {
	data, ok := strings.CutPrefix(stream.Preset, "\x00")
	if !ok || !json.Valid([]byte(data)) || strings.ContainsAny(data, "\n\r ") || len(stream.Preset) > stream.MaxBase {
		t.Errorf("the preset is not an event without a name and one line of JSON: %q", stream.Preset)
	}
}

const usage = `"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":2,"total_tokens":13,` +
	`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,` +
	`"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`

func choice(delta string) string {
	return `"choices":[{"index":0,"delta":{` + delta + `},"logprobs":null,"finish_reason":null}],"usage":null`
}

// What makes the first event of a stream and its last one small.
func TestEncodePreset(t *testing.T) {
	var enc stream.Encoder
	var dec stream.Decoder
	for _, step := range []struct {
		data string
		most int // of its record, in bytes
	}{
		{chunk(choice(`"role":"assistant","content":"","refusal":null`)), 60},
		{chunk(choice(`"content":"Hi"`)), 30},
		{chunk(choice(`"content":"!"`)), 5},
		{chunk(usage), 40},
	} {
		record := enc.Encode(stream.Event{Data: []byte(step.data)})
		if len(record) > step.most {
			t.Errorf("record of %d bytes, want at most %d: %s", len(record), step.most, step.data)
		}
		if ev, _, err := dec.Decode(record); err != nil || string(ev.Data) != step.data {
			t.Errorf("decoded to %q (%v), want %q", ev.Data, err, step.data)
		}
	}
}

// What has nothing in common with the preset is sent as it is.
func TestEncodeLiteral(t *testing.T) {
	for _, data := range []string{"", "{}", "[DONE]", `{"type":"ping"}`, "abcdefgh"} {
		var enc stream.Encoder
		text := textOf(stream.Event{Data: []byte(data)})
		if got := enc.Encode(stream.Event{Data: []byte(data)}); !bytes.Equal(got, record(literal, text...)) {
			t.Errorf("%q: record % x, want a literal", data, got)
		}
	}
}

// A consumer encodes an event with a new encoder when its decoder is not where
// the stream is. Whatever that decoder knows, it has to understand.
func TestEncodeIndependent(t *testing.T) {
	first := stream.Event{Data: []byte(chunk(choice(`"role":"assistant","content":"","refusal":null`)))}
	for _, before := range [][]stream.Event{nil, {text(1)}, {first}, {first, text(1), text(2)}} {
		var elsewhere stream.Encoder
		var dec stream.Decoder
		for _, ev := range before {
			if _, _, err := dec.Decode(elsewhere.Encode(ev)); err != nil {
				t.Fatal(err)
			}
		}
		var enc stream.Encoder
		for _, data := range []string{string(first.Data), chunk(choice(`"content":"Hi"`)), chunk(usage)} {
			ev, _, err := dec.Decode(enc.Encode(stream.Event{Data: []byte(data)}))
			if err != nil || string(ev.Data) != data {
				t.Errorf("after %d events: %q (%v), want %q", len(before), ev.Data, err, data)
			}
		}
	}
}

// The stream's own record of its first event is as good for its consumer.
func TestNextRecordPreset(t *testing.T) {
	s := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now, Resumable: true})
	appendAll(t, s, stream.Event{Data: []byte(chunk(choice(`"role":"assistant","content":"","refusal":null`)))})
	var ev stream.Event
	record, _, ok := attach(t, s, 0, 1).NextRecord(&ev, nil)
	if !ok || len(record) == 0 || record[0]&3 != preset {
		t.Errorf("record % x (%t), want one of kind %d", record, ok, preset)
	}
}
