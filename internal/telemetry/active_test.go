package telemetry

import (
	"bytes"
	"testing"
	"time"

	"tidegate/stream"
)

// Sums and maxima over the streams of a route, each route on its own.
func TestActive(t *testing.T) {
	tel := New(options())
	one, _, _ := open(t, tel, here, false)
	two, _, _ := open(t, tel, here, false)
	three, reader, seat := open(t, tel, Route{Provider: "local", Model: "*"}, false)
	send(t, one, 3)
	send(t, two, 5)
	send(t, three, 7)
	read(t, reader)

	a, b := one.Stats(), two.Stats()
	if a.Bytes < 3*26 || b.Bytes <= a.Bytes {
		t.Fatalf("the streams hold %d and %d bytes", a.Bytes, b.Bytes)
	}
	sum := float64(a.Bytes + b.Bytes)
	wants(t, tel, []wanted{
		{"tidegate_streams_active", "small local", 2},
		{"tidegate_streams_active", "* local", 1},
		{"tidegate_streams_active", "other other", 0},
		{"tidegate_stream_lag_events", "small local", 8},
		{"tidegate_stream_lag_max_events", "small local", 5},
		{"tidegate_stream_lag_events", "* local", 0},
		{"tidegate_stream_lag_bytes", "small local", sum},
		{"tidegate_stream_lag_max_bytes", "small local", float64(b.Bytes)},
		{"tidegate_stream_buffer_bytes", "small local", sum},
		{"tidegate_stream_buffer_max_bytes", "small local", float64(b.Bytes)},
		{"tidegate_stream_buffer_bytes", "* local", 0},
		{"tidegate_stream_buffer_high_water_max_bytes", "", float64(three.Stats().High)},
		{"tidegate_stream_buffer_limit_bytes", "", bufferSize},
		{"tidegate_calls_active", "", 3},
		{"tidegate_calls_limit", "", 10},
	})

	seat.Leave()
	wants(t, tel, []wanted{
		{"tidegate_streams_active", "* local", 0},
		{"tidegate_calls_active", "", 2},
		// what has once been held stays known after the stream has gone
		{"tidegate_stream_buffer_high_water_max_bytes", "", float64(three.Stats().High)},
	})
}

// An event larger than the buffer is lag, but in no buffer.
func TestActiveOversize(t *testing.T) {
	tel := New(options())
	s, _, _ := open(t, tel, here, false)
	if err := s.Append(stream.Event{Data: bytes.Repeat([]byte("x"), 5*bufferSize)}, time.Now()); err != nil {
		t.Fatal(err)
	}
	wants(t, tel, []wanted{
		{"tidegate_stream_lag_events", "small local", 1},
		{"tidegate_stream_lag_bytes", "small local", 5 * bufferSize},
		{"tidegate_stream_lag_max_bytes", "small local", 5 * bufferSize},
		{"tidegate_stream_buffer_bytes", "small local", 0},
		{"tidegate_stream_buffer_max_bytes", "small local", 0},
	})
}

// A stream of a pair that is not configured is seen, without a label of its own.
func TestActiveOther(t *testing.T) {
	tel := New(options())
	s, _, _ := open(t, tel, Route{Provider: "elsewhere", Model: "m"}, false)
	send(t, s, 2)
	wants(t, tel, []wanted{{"tidegate_stream_lag_events", "other other", 2}})
}
