package downstream

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"tidegate/downstream/wire"
	"tidegate/stream"
)

// all sorts of events, the small ones before and after large ones
var sorts = []stream.Event{
	{Data: []byte(`{"id":"a","n":1}`)},
	{Data: []byte(`{"id":"a","n":2}`)},
	{Name: []byte("content_block_delta"), Data: []byte(`{"id":"a", "n":  3}`)},
	{Data: []byte(`[DONE`)},
	{Data: nil},
	{Data: []byte("two\nlines")},
	{Data: []byte(` {"spaced":true} `)},
	{Name: []byte("big"), Data: []byte(`{"x":"` + strings.Repeat("€", 5000) + `"}`)},
	{Data: []byte(`{"id":"a","n":4}`)},
	{Data: []byte(strings.Repeat("y", stream.MaxBase))},
	{Data: []byte(strings.Repeat("y", stream.MaxBase-1))},
	{Data: []byte(strings.Repeat("y", stream.MaxBase+1))},
	{Data: []byte(`{"id":"a","n":5}`)},
}

func theseEvents(events []stream.Event) script {
	return func(_ context.Context, st *stream.Stream) stream.End {
		for _, ev := range events {
			if st.Append(ev, time.Now()) != nil {
				break
			}
		}
		return stream.End{Reason: stream.Complete}
	}
}

// The binary protocol gives the provider's bytes, whatever they are.
func TestBinaryLane(t *testing.T) {
	events := append(sorts, stream.Event{Data: []byte("\xff\xfe no text")}, stream.Event{Name: []byte("\xff"), Data: []byte{0}})
	g := serve(t, &opener{script: theseEvents(events)})
	p := g.join(wire.ProtocolBinary)
	p.say("%s", openMessage(3, 1000))
	p.want(wire.Opened, 3)
	var dec stream.Decoder
	var parts []byte
	next := uint64(1)
	got := func(name, data []byte) {
		want := events[next-1]
		if string(name) != string(want.Name) || string(data) != string(want.Data) {
			t.Fatalf("event %d is %q %.60q, want %q %.60q", next, name, data, want.Name, want.Data)
		}
		p.say(`{"t":"ack","s":3,"seq":%d,"max":1000}`, next)
		next++
	}
	for int(next) <= len(events) {
		first, payload, err := p.frame()
		if err != nil {
			t.Fatal(err)
		}
		if first != fin|opBinary {
			continue // blocked
		}
		kind, s, seq, rest, err := wire.ParseFrame(payload)
		if err != nil || s != 3 || seq != next {
			t.Fatal(kind, s, seq, err)
		}
		switch kind {
		case wire.FrameRecords:
			for len(rest) > 0 {
				ev, size, err := dec.Decode(rest)
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[size:]
				got(ev.Name, ev.Data)
			}
		default:
			if len(payload) > partSize+1100 {
				t.Errorf("a part of %d bytes", len(payload))
			}
			parts = append(parts, rest...)
			dec.Reset()
			if kind == wire.FrameLastPart {
				name, data, err := wire.SplitText(parts)
				if err != nil {
					t.Fatalf("%.60q", parts)
				}
				got(name, data)
				parts = nil
			}
		}
	}
	p.want(wire.End, 3)
}

// The text protocol gives JSON as the provider wrote it, at the end of the
// message, where it can be cut out; and all else as a string.
func TestJSONLane(t *testing.T) {
	g := serve(t, &opener{script: theseEvents(sorts)})
	p := g.join(wire.ProtocolJSON)
	p.say("%s", openMessage(3, 1000))
	p.want(wire.Opened, 3)
	var parts strings.Builder
	for next := 1; next <= len(sorts); {
		m := p.hear()
		if m.T == wire.Blocked {
			continue
		}
		if m.S != 3 || m.Seq != uint64(next) {
			t.Fatalf("%+v", m)
		}
		want := sorts[next-1]
		if m.T == wire.Part || m.Parts {
			if len(m.Text) > partSize {
				t.Errorf("a part of %d bytes", len(m.Text))
			}
			parts.WriteString(m.Text)
		}
		if m.T == wire.Part {
			continue
		}
		got := m.Text
		switch {
		case m.Parts:
			got = parts.String()
			parts.Reset()
		case m.Data != nil:
			got = string(m.Data)
		}
		if m.T != wire.Event || m.Event != string(want.Name) || got != string(want.Data) {
			t.Fatalf("event %d is %q %.60q, want %q %.60q", next, m.Event, got, want.Name, want.Data)
		}
		if next == 3 && m.Data == nil || next == 4 && m.Data != nil {
			t.Errorf("event %d: JSON as text, or text as JSON", next)
		}
		p.say(`{"t":"ack","s":3,"seq":%d,"max":1000}`, next)
		next++
	}
	p.want(wire.End, 3)
}

// A text frame that is no UTF-8 makes a browser close the connection with all
// streams on it, however little of it was the provider's fault.
func TestJSONLaneIsUTF8(t *testing.T) {
	events := []stream.Event{
		{Data: []byte("caf\xe9")},
		{Data: []byte("{\"a\":\"\xff\"}")},
		{Name: []byte("na\xffme"), Data: []byte(`{}`)},
		{Data: []byte(strings.Repeat("\xff", stream.MaxBase+10))},
	}
	g := serve(t, &opener{script: theseEvents(events)})
	p := g.join(wire.ProtocolJSON)
	p.say("%s", openMessage(1, 1000))
	var ended bool
	seen := 0
	for !ended {
		first, payload, err := p.frame()
		if err != nil || first != fin|opText || !utf8.Valid(payload) {
			t.Fatalf("%x %.80q %v", first, payload, err)
		}
		err = wire.Parse(payload, func(m *wire.Message) error {
			ended = m.T == wire.End
			if m.T == wire.Event {
				seen++
				p.say(`{"t":"ack","s":1,"seq":%d,"max":1000}`, m.Seq)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%.80q %v", payload, err)
		}
	}
	if seen != len(events) {
		t.Errorf("%d events", seen)
	}
}

// A provider's refusal keeps its words, its status and when to come again.
func TestRefusedByTheProvider(t *testing.T) {
	o := &opener{refuse: &stream.Refusal{Status: 503, Code: "circuit_open", Message: "later", RetryAfter: 1500 * time.Millisecond, Provider: "p"}}
	g := serve(t, o)
	p := g.join(wire.ProtocolJSON)
	p.say("%s", openMessage(1, 1))
	m := p.want(wire.Refused, 1)
	want := wire.Message{T: wire.Refused, S: 1, Status: 503, RetryMS: 1500, Err: []byte(`{"message":"later","type":"upstream_error","param":null,"code":"circuit_open"}`)}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct {
		body, api, code string
	}{
		{`{"model":"m","stream":false}`, "chat.completions", "invalid_stream"},
		{`{"model":"m","stream":null}`, "chat.completions", "invalid_stream"},
		{`{}`, "chat.completions", "missing_model"},
		{`[]`, "chat.completions", "invalid_json"},
		{`{"model":"m","model":"n"}`, "chat.completions", "duplicate_key"},
		{`{"model":"m"}`, "embeddings", "unknown_api"},
		{`{"model":"m"}`, "", "unknown_api"},
	} {
		p.say(`{"t":"open","s":1,"api":%q,"body":%s}`, c.api, c.body)
		if m := p.want(wire.Refused, 1); m.Status != 400 || !strings.Contains(string(m.Err), fmt.Sprintf(`"code":%q`, c.code)) {
			t.Errorf("%+v: %s", c, m.Err)
		}
	}
	p.say(`{"t":"open","s":1,"api":"chat.completions"}`)
	if m := p.want(wire.Refused, 1); m.Status != 400 {
		t.Errorf("%+v", m)
	}
}
