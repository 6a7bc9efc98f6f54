package stream_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tidegate/stream"
)

// bubble hides from rapid that its T belongs to a synctest bubble, where it
// must not be asked for its deadline.
type bubble struct{ *testing.T }

// stall notes what a stream tells its breaker, and that the two alternate.
type stall struct {
	full   bool
	fulls  int
	broken string
}

func (s *stall) OnFull() {
	if s.full {
		s.broken = "OnFull twice in a row"
	}
	s.full = true
	s.fulls++
}

func (s *stall) OnDrained() {
	if !s.full {
		s.broken = "OnDrained without OnFull"
	}
	s.full = false
}

// report is one call of a meter.
type report struct {
	events  int
	latency time.Duration
}

// meter notes what a stream tells it.
type meter struct {
	mu           sync.Mutex
	delivered    []report
	acknowledged []report
	paused       []time.Duration
}

func (m *meter) Delivered(events int, latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.delivered = append(m.delivered, report{events, latency})
}

func (m *meter) Acknowledged(events int, latency time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.acknowledged = append(m.acknowledged, report{events, latency})
}

func (m *meter) Paused(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.paused = append(m.paused, d)
}

func total(reports []report) (events uint64) {
	for _, r := range reports {
		events += uint64(r.events)
	}
	return events
}

// numbered is an event that costs its size in the buffer or a little less, as
// no two have anything in common.
func numbered(i, size int) stream.Event {
	data := make([]byte, size)
	x := uint64(i)*2654435761 + 12345
	for k := range data {
		x = x*6364136223846793005 + 1442695040888963407
		data[k] = byte(x >> 56)
	}
	return stream.Event{Data: data}
}

func text(i int) stream.Event {
	return stream.Event{Data: fmt.Appendf(nil, `{"choices":[{"delta":{"content":"token %d"}}]}`, i)}
}

// appendAll appends events in the calling goroutine, which must not block.
func appendAll(t *testing.T, s *stream.Stream, events ...stream.Event) {
	t.Helper()
	for _, ev := range events {
		if err := s.Append(ev, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	s.Flush()
}

func attach(t *testing.T, s *stream.Stream, seq, max uint64) *stream.Reader {
	t.Helper()
	r, err := s.Attach(seq, max, nil)
	if err != nil {
		t.Fatalf("attach at %d: %v", seq, err)
	}
	return r
}

// take takes what the reader gives, and checks that it comes in order.
func take(t *testing.T, r *stream.Reader, after uint64) (last uint64) {
	t.Helper()
	var ev stream.Event
	for {
		seq, ok := r.Next(&ev)
		if !ok {
			return after
		}
		if seq != after+1 {
			t.Fatalf("event %d came after event %d", seq, after)
		}
		after = seq
	}
}
