package wire

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMessageRoundTrip(t *testing.T) {
	for _, m := range []Message{
		{T: Open, S: 1, API: "chat.completions", Body: []byte(`{"model":"m"}`), Max: 64},
		{T: Open, S: 1, API: "messages", Body: []byte(`{}`), Headers: map[string]string{"anthropic-beta": `a"b`, "anthropic-version": "c"}},
		{T: Resume, S: 2, Stream: "ID", Seq: 17, Max: 81},
		{T: Ack, S: 1, Seq: 32, Max: 96},
		{T: Ack, S: 1},
		{T: Cancel, S: 1},
		{T: Opened, S: 1, Stream: "ID", KeepAliveMS: 15000, Buffer: 4096, Model: "m", Provider: "p", Ticket: "s1.x"},
		{T: Event, S: 1, Seq: 18, Event: "ping", Data: []byte(`{"a":[1, 2]}`)},
		{T: Event, S: 1, Seq: 18, Text: "no \"JSON\"\n"},
		{T: Part, S: 1, Seq: 19, Text: "{\"a"},
		{T: Event, S: 1, Seq: 19, Text: "\":1}", Parts: true},
		{T: Blocked, S: 1, Seq: 50, LeftMS: 12000},
		{T: End, S: 1, Seq: 118, Reason: "upstream_error", Err: []byte(`{"message":"m"}`)},
		{T: End, S: 1, Seq: 118, Reason: "complete", Usage: &Usage{Input: 12, Output: 34, Cached: 5, Reasoning: 6}},
		{T: End, S: 1, Reason: "cancelled", Usage: &Usage{Output: 1, Estimated: true}, Err: []byte(`{}`)},
		{T: Open, S: 1, API: "generateContent", Model: "m", Body: []byte(`{}`)},
		{T: Refused, S: 1, Status: 429, Err: []byte(`{}`), RetryMS: 2000},
		{T: Detached, S: 1, Reason: Superseded},
		{T: Draining, ReconnMS: 1000},
	} {
		p := m.Append(nil)
		n := 0
		err := Parse(p, func(got *Message) error {
			n++
			if diff := cmp.Diff(&m, got); diff != "" {
				t.Errorf("%s:\n%s", p, diff)
			}
			return nil
		})
		if err != nil || n != 1 {
			t.Errorf("%s: %d messages, %v", p, n, err)
		}
	}
}

func TestParseArray(t *testing.T) {
	var got []uint64
	err := Parse([]byte(`[{"t":"ack","s":1,"seq":3,"new":{"x":[]}}, {"t":"ack","s":1,"seq":4}]`), func(m *Message) error {
		got = append(got, m.Seq)
		return nil
	})
	if diff := cmp.Diff([]uint64{3, 4}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestParseErrors(t *testing.T) {
	for _, p := range []string{``, `1`, `"x"`, `{"t":1}`, `{"t":"open","headers":["a"]}`, `{"t":"open","headers":{"a":1}}`, `{"t":"ack","s":-1}`, `{"t":"ack","seq":1.5}`, `[1]`, `[{"t":"ack"}`, `{"t":"ack","s":4294967296}`} {
		if err := Parse([]byte(p), func(*Message) error { return nil }); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", p, err)
		}
	}
	stop := errors.New("stop")
	if err := Parse([]byte(`[{"t":"a"},{"t":"b"}]`), func(*Message) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestFrame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := byte(rapid.IntRange(FrameRecords, FrameLastPart).Draw(t, "kind"))
		s, seq := rapid.Uint32().Draw(t, "s"), rapid.Uint64().Draw(t, "seq")
		rest := rapid.SliceOf(rapid.Byte()).Draw(t, "rest")
		p := append(AppendFrame(nil, kind, s, seq), rest...)
		k, s2, seq2, rest2, err := ParseFrame(p)
		if err != nil || k != kind || s2 != s || seq2 != seq || string(rest2) != string(rest) {
			t.Fatal(k, s2, seq2, rest2, err)
		}
	})
	for _, p := range [][]byte{nil, {0}, {4}, {1}, {1, 1}, {1, 0x80}, {1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}} {
		if _, _, _, _, err := ParseFrame(p); !errors.Is(err, ErrFrame) {
			t.Errorf("%x: %v", p, err)
		}
	}
}
