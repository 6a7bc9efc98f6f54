package stream_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// Check holds the stream to the model after every step.
func (m *machine) Check(t *rapid.T) {
	sum, large := m.bytes()
	want := stream.Stats{
		Appended: uint64(len(m.events)), Sent: uint64(m.sent), Reached: uint64(m.reached),
		Acked: uint64(m.acked), Max: uint64(m.max),
		Bytes: sum, Raw: m.rawBytes(), Full: m.full, Attached: m.reader != nil, Ended: m.end != nil,
	}
	if large {
		want.Raw += sum
	}
	got := m.s.Stats()
	if m.raw > 0 && m.rawBytes() > m.raw && !m.alone() {
		t.Fatalf("events of %d bytes are held in %d, the limit is %d", m.rawBytes(), sum, m.raw)
	}
	if got.High > m.size || !large && got.High < sum {
		t.Fatalf("at most %d of %d bytes held, now %d", got.High, m.size, sum)
	}
	got.High = 0
	if got != want {
		t.Fatalf("stats:\n got %+v\nwant %+v", got, want)
	}
	if !large && sum > m.size || large && len(m.events)-m.acked != 1 {
		t.Fatalf("%d events of %d bytes held", len(m.events)-m.acked, sum)
	}
	if m.s.HoldsPage() != (sum > 0 && !large) {
		t.Fatalf("page borrowed: %v, with %d bytes held", m.s.HoldsPage(), sum)
	}
	if m.stall.broken != "" || m.stall.full != m.full {
		t.Fatalf("stall told %v, want %v; %s", m.stall.full, m.full, m.stall.broken)
	}
	end, ended := m.s.Ended()
	if ended != (m.end != nil) || ended && (end != *m.end || (m.stops == 1) != (end.Reason != stream.Complete)) {
		t.Fatalf("end %v %v, want %v; call stopped %d times", end, ended, m.end, m.stops)
	}
	holds := 0
	if m.pending != nil && m.pending.owned {
		holds++
	}
	if large && m.events[m.acked].owned {
		holds++
	}
	if m.freed != m.owned-holds {
		t.Fatalf("%d of %d owned events freed, %d held", m.freed, m.owned, holds)
	}
	if m.reader != nil {
		end, told := m.reader.End()
		if all := m.sent == len(m.events); told != (ended && all) || told && end != *m.end {
			t.Fatalf("reader's end %v %v, want %v; sent %d of %d", end, told, m.end, m.sent, len(m.events))
		}
	}
}

// finish reads the stream to its end.
func (m *machine) finish(t *rapid.T) {
	m.End(t)
	if m.reader == nil && !m.resume && m.sent > 0 {
		return // nobody can read it any more
	}
	if m.reader == nil {
		m.attach(t, m.acked, m.sent)
	}
	m.ack(t, m.acked, len(m.events))
	for m.next(t) {
	}
	m.reader.Delivered(time.Now())
	m.ack(t, m.sent, 0)
	m.Check(t)
	if len(m.applied) != len(m.events) {
		t.Fatalf("%d events applied of %d", len(m.applied), len(m.events))
	}
	if got := total(m.meter.delivered); got != uint64(m.sent) {
		t.Fatalf("meter told of %d events delivered, want %d", got, m.sent)
	}
	if got := total(m.meter.acknowledged); m.resume && got != uint64(m.sent) {
		t.Fatalf("meter told of %d events acknowledged, want %d", got, m.sent)
	}
	if len(m.meter.paused) != m.stall.fulls {
		t.Fatalf("meter told of %d pauses, breaker of %d", len(m.meter.paused), m.stall.fulls)
	}
}

// The smallest buffer makes nearly every event a large one, the largest holds
// events that are no base for the next.
func TestStreamModel(t *testing.T) {
	for _, c := range []struct{ size, raw int }{{64, 0}, {300, 0}, {300, 400}, {4096, 0}, {4096, 2000}, {8192, 30_000}} {
		for _, resume := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d bytes, %d raw, resumable %v", c.size, c.raw, resume), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					rapid.Check(bubble{t}, func(t *rapid.T) { drive(t, newMachine(c.size, c.raw, resume)) })
				})
			})
		}
	}
}

func drive(t *rapid.T, m *machine) {
	defer m.close()
	t.Repeat(map[string]func(*rapid.T){
		"":       m.Check,
		"append": m.Append, "append again": m.Append, "append more": m.Append,
		"next": m.Next, "ack": m.Ack, "flush": m.Flush,
		"attach": m.Attach, "detach": m.Detach, "old": m.Old,
		"end": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "really") != 0 {
				t.Skip("most streams live on")
			}
			m.End(t)
		},
	})
	m.finish(t)
}
