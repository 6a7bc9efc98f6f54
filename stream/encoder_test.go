package stream_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// equal compares what a consumer sees: an empty name or payload may be nil.
func equal(a, b stream.Event) bool {
	return bytes.Equal(a.Name, b.Name) && bytes.Equal(a.Data, b.Data)
}

// roundTrip encodes events, checks each record, and gives all of them.
func roundTrip(tb rapid.TB, events []stream.Event) (records []byte) {
	var enc stream.Encoder
	var dec stream.Decoder
	for i, ev := range events {
		record := enc.Encode(ev)
		records = append(records, record...)
		if text := textOf(ev); len(record) > len(text)+binary.MaxVarintLen64 {
			tb.Fatalf("event %d: %d bytes became a record of %d", i, len(text), len(record))
		}
		// what follows in the buffer must not be read
		got, size, err := dec.Decode(append(bytes.Clone(record), 0xff, 0xff))
		if err != nil {
			tb.Fatalf("event %d: %v", i, err)
		}
		if size != len(record) {
			tb.Fatalf("event %d: record of %d bytes, decoded %d of them", i, len(record), size)
		}
		if !equal(got, ev) {
			tb.Fatalf("event %d:\n got %q %q\nwant %q %q", i, got.Name, got.Data, ev.Name, ev.Data)
		}
	}
	return records
}

func textOf(ev stream.Event) []byte {
	text := binary.AppendUvarint(nil, uint64(len(ev.Name)))
	return append(append(text, ev.Name...), ev.Data...)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { roundTrip(t, drawEvents(t)) })
}

func TestRoundTripRecordings(t *testing.T) {
	var events, bytes int
	for _, r := range recorded(t).all {
		bytes += len(roundTrip(t, r.events))
		events += len(r.events)
		if t.Failed() {
			t.Fatalf("in %s", r.file)
		}
	}
	t.Logf("%d events, %.1f bytes each", events, float64(bytes)/float64(events))
}

// Encoder and decoder must agree, to the byte, on which text is too long to be
// the base of the next.
func TestRoundTripLongestBase(t *testing.T) {
	for size := stream.MaxBase - 3; size <= stream.MaxBase+3; size++ {
		ev := numbered(size, size)
		next := stream.Event{Data: concat(ev.Data[:size/2], []byte("token"), ev.Data[size/2:])}
		shorter := stream.Event{Data: ev.Data[:size/2]}
		roundTrip(t, []stream.Event{ev, ev, next, ev, shorter, ev})
	}
}

// A fresh decoder that follows another one is what a resumed consumer has.
func TestRoundTripFollow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		var enc stream.Encoder
		dec := new(stream.Decoder)
		for i, ev := range events {
			record := bytes.Clone(enc.Encode(ev))
			if rapid.Bool().Draw(t, "follow") {
				next := new(stream.Decoder)
				if _, _, err := next.Decode([]byte{4 << 2, 0, 'o', 'l', 'd'}); err != nil {
					t.Fatal(err)
				}
				next.Follow(dec)
				dec = next
			}
			got, _, err := dec.Decode(record)
			if err != nil || !equal(got, ev) {
				t.Fatalf("event %d: %v\n got %q\nwant %q", i, err, got.Data, ev.Data)
			}
		}
	})
}

// After Reset an encoder and a decoder stand before the first event.
func TestReset(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var used, fresh stream.Encoder
		var dec stream.Decoder
		for _, ev := range drawEvents(t) {
			if _, _, err := dec.Decode(used.Encode(ev)); err != nil {
				t.Fatal(err)
			}
		}
		used.Reset()
		dec.Reset()
		for i, ev := range drawEvents(t) {
			got, want := used.Encode(ev), fresh.Encode(ev)
			if !bytes.Equal(got, want) {
				t.Fatalf("event %d: record %q after Reset, %q from a fresh encoder", i, got, want)
			}
			if back, _, err := dec.Decode(want); err != nil || !equal(back, ev) {
				t.Fatalf("event %d: decoder after Reset: %v", i, err)
			}
		}
	})
}

// What makes 4096 bytes last: an event that differs in its token alone costs
// the token and a little.
func TestEncodeSize(t *testing.T) {
	event := func(token string) stream.Event {
		return stream.Event{Data: []byte(`{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"delta":{"content":"` + token + `"},"index":0}]}`)}
	}
	var enc stream.Encoder
	enc.Encode(event("The"))
	enc.Encode(event(" quick"))
	for _, token := range strings.SplitAfter("brown fox jumps over a lazy dog and on it goes", " ") {
		if got := len(enc.Encode(event(token))); got > len(token)+2 {
			t.Errorf("token %q: record of %d bytes", token, got)
		}
	}
	if got := len(enc.Encode(event("goes"))); got > 2+len("goes") {
		t.Errorf("the same event again: record of %d bytes", got)
	}
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("a\x00bc"), byte(0))
	f.Add([]byte(`{"n":1,"t":"a"}|{"n":2,"t":"b"}|{"n":3,"t":""}`), byte('|'))
	f.Add(append(bytes.Repeat([]byte("0123456"), 700), "|0123456|"...), byte('|'))
	f.Fuzz(func(t *testing.T, p []byte, separator byte) {
		var events []stream.Event
		for i, data := range bytes.Split(p, []byte{separator}) {
			name := data[:min(i%3, len(data))]
			events = append(events, stream.Event{Name: name, Data: data})
		}
		roundTrip(t, events)
	})
}

func TestEncodeAllocs(t *testing.T) {
	events := warm(t)
	var enc stream.Encoder
	for _, ev := range events {
		enc.Encode(ev)
	}
	i := 0
	if n := testing.AllocsPerRun(len(events), func() {
		enc.Encode(events[i%len(events)])
		i++
	}); n != 0 {
		t.Errorf("%v allocations per event, want none", n)
	}
}

// warm is all recorded events that are compared with the one before: those
// that are not are held alone, and that does cost an allocation.
func warm(tb testing.TB) []stream.Event {
	var events []stream.Event
	for _, r := range recorded(tb).all {
		for _, ev := range r.events {
			if len(textOf(ev)) <= stream.MaxBase {
				events = append(events, ev)
			}
		}
	}
	return events
}

func BenchmarkEncode(b *testing.B) {
	events := warm(b)
	var enc stream.Encoder
	var raw, size int
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ev := events[i]
		raw += len(ev.Data)
		size += len(enc.Encode(ev))
		if i++; i == len(events) {
			i = 0
		}
	}
	b.ReportMetric(float64(size)/float64(b.N), "bytes/event")
	b.ReportMetric(float64(raw)/float64(b.N), "raw-bytes/event")
}
