package stream_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tidegate/stream"
)

// directMachine drives a stream with a consumer that takes events directly,
// refuses some, and now and then blocks: it then has events that it does not
// acknowledge, and takes no more. The producer has its own goroutine.
type directMachine struct {
	s         *stream.Stream
	r         *stream.Reader
	size, raw int
	stall     *stall
	meter     *meter

	in      chan func() error
	results chan error

	// The consumer.
	refuses, blocked bool
	turn             bool           // something was offered since the last Flush
	got              []stream.Event // handed out, in either way

	// The model.
	last     stream.Event
	appended []stream.Event
	pending  *stream.Event
	ended    bool
	acked    int
}

func newDirectMachine(t *rapid.T, size, raw int) *directMachine {
	m := &directMachine{
		size: size, raw: raw, stall: new(stall), meter: new(meter),
		in: make(chan func() error), results: make(chan error, 1),
		last: stream.Event{Data: []byte(`{"n":1,"content":""}`)},
	}
	m.s = stream.New(stream.Config{
		Pages: stream.NewPages(size), Now: time.Now, Stall: m.stall, Meter: m.meter, Raw: raw,
	})
	r, err := m.s.Attach(0, stream.NoLimit, func() {
		if !m.turn { // else it is looked at when the turn ends
			m.run()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	m.r = r
	r.TakeDirectly(m)
	go func() {
		for do := range m.in {
			m.results <- do()
		}
	}()
	return m
}

// Offer implements stream.Direct.
func (m *directMachine) Offer(seq uint64, ev stream.Event) bool {
	if m.blocked && !m.turn || m.refuses {
		return false
	}
	m.turn = true
	m.take(seq, ev)
	return true
}

func (m *directMachine) take(seq uint64, ev stream.Event) {
	if int(seq) != len(m.got)+1 {
		panic(fmt.Sprintf("event %d after event %d", seq, len(m.got)))
	}
	m.got = append(m.got, stream.Event{Name: concat(ev.Name), Data: concat(ev.Data)})
}

// Flush implements stream.Direct.
func (m *directMachine) Flush() {
	m.turn = false
	m.run()
}

// run takes everything, and acknowledges it, unless the consumer is blocked. A
// producer that waits goes on then: what it appends comes with its next Flush.
func (m *directMachine) run() {
	if m.blocked {
		return
	}
	var ev stream.Event
	for {
		seq, ok := m.r.Next(&ev)
		if !ok {
			break
		}
		m.take(seq, ev)
	}
	m.r.Delivered(time.Now())
	m.acked = len(m.got)
	if err := m.r.Ack(uint64(m.acked), stream.NoLimit); err != nil {
		panic(err)
	}
}

// do runs something in the producer's goroutine, which may wait.
func (m *directMachine) do(f func() error) (waits bool, err error) {
	m.in <- f
	synctest.Wait()
	select {
	case err := <-m.results:
		return false, err
	default:
		return true, nil
	}
}

func (m *directMachine) Append(t *rapid.T) {
	if m.pending != nil {
		t.Skip("the producer waits")
	}
	for range rapid.IntRange(1, 3).Draw(t, "changes") {
		m.last = change(t, m.last)
	}
	ev, owned := m.last, rapid.Bool().Draw(t, "owned")
	idle := m.acked == len(m.appended) && !m.turn
	waits, err := m.do(func() error {
		if owned {
			return m.s.AppendOwned(ev, time.Now(), func() {})
		}
		return m.s.Append(ev, time.Now())
	})
	if waits {
		if idle {
			t.Fatal("the producer waits though everything is acknowledged")
		}
		m.pending = &ev
		return
	}
	m.done(t, ev, err)
}

func (m *directMachine) done(t *rapid.T, ev stream.Event, err error) {
	switch {
	case err == nil:
		m.appended = append(m.appended, ev)
	case !m.ended || !errors.Is(err, stream.ErrEnded):
		t.Fatal(err)
	}
}

// released sees whether a producer that waits goes on, and whether it may.
func (m *directMachine) released(t *rapid.T) {
	if m.pending == nil {
		return
	}
	held := 0
	for _, ev := range m.appended[m.acked:] {
		held += len(textOf(ev))
	}
	synctest.Wait()
	select {
	case err := <-m.results:
		if !m.ended && m.raw > 0 && held > m.raw/2 {
			t.Fatalf("the producer goes on with %d of %d raw bytes held", held, m.raw)
		}
		ev := *m.pending
		m.pending = nil
		m.done(t, ev, err)
	default:
		if m.acked == len(m.appended) || m.ended {
			t.Fatalf("the producer waits; acknowledged %d of %d, ended %v", m.acked, len(m.appended), m.ended)
		}
	}
}

func (m *directMachine) Flush1(t *rapid.T) {
	if m.pending != nil {
		t.Skip("the producer waits")
	}
	_, _ = m.do(func() error { m.s.Flush(); return nil })
}

// Block makes the consumer one that does not keep up, or does again.
func (m *directMachine) Block(t *rapid.T) {
	m.blocked = !m.blocked
	if !m.blocked && !m.turn {
		m.run()
	}
	m.released(t)
}

func (m *directMachine) Refuse(*rapid.T) { m.refuses = !m.refuses }

// Part takes and acknowledges some, as a connection that takes some bytes.
func (m *directMachine) Part(t *rapid.T) {
	if m.turn {
		t.Skip("the producer's turn")
	}
	var ev stream.Event
	for range rapid.IntRange(0, 5).Draw(t, "events") {
		if seq, ok := m.r.Next(&ev); ok {
			m.take(seq, ev)
		}
	}
	m.r.Delivered(time.Now())
	m.acked = rapid.IntRange(m.acked, len(m.got)).Draw(t, "acked")
	if err := m.r.Ack(uint64(m.acked), stream.NoLimit); err != nil {
		t.Fatal(err)
	}
	m.released(t)
}

func (m *directMachine) End(t *rapid.T) {
	if won := m.s.End(stream.End{Reason: stream.Complete}); won == m.ended {
		t.Fatalf("End gave %v; ended before: %v", won, m.ended)
	}
	m.ended = true
	m.released(t)
}

// Check holds the stream to its bounds after every step.
func (m *directMachine) Check(t *rapid.T) {
	st := m.s.Stats()
	held, alone, large := 0, len(m.appended)-m.acked == 1, false
	for _, ev := range m.appended[m.acked:] {
		held += len(textOf(ev))
		large = large || len(textOf(ev)) > m.size
	}
	if m.raw > 0 && held > m.raw && !alone {
		t.Fatalf("%d raw bytes in %d events are not acknowledged, limit %d", held, len(m.appended)-m.acked, m.raw)
	}
	if st.High > m.size || large && !alone && m.raw > 0 {
		t.Fatalf("%+v, a large event among others: %v", st, large)
	}
	if st.Acked != uint64(m.acked) || st.Sent < st.Acked || st.Appended < st.Sent || st.Raw < 0 || st.Ended != m.ended {
		t.Fatalf("%+v, acknowledged %d", st, m.acked)
	}
	if !m.turn && st.Appended != uint64(len(m.appended)) {
		t.Fatalf("%+v, %d appended and all flushed", st, len(m.appended))
	}
	if st.Full != (m.pending != nil) || m.stall.full != st.Full || m.stall.broken != "" {
		t.Fatalf("full %v, producer waits: %v, breaker %v %s", st.Full, m.pending != nil, m.stall.full, m.stall.broken)
	}
	if m.acked == len(m.appended) && !m.turn && (st.Raw != 0 || st.Bytes != 0 || m.s.HoldsPage()) {
		t.Fatalf("%+v with everything acknowledged; page held: %v", st, m.s.HoldsPage())
	}
	for i, ev := range m.got[:min(len(m.got), len(m.appended))] {
		if !equal(ev, m.appended[i]) {
			t.Fatalf("event %d: got %q %q, want %q %q", i+1, ev.Name, ev.Data, m.appended[i].Name, m.appended[i].Data)
		}
	}
}

// finish lets the consumer read to the end.
func (m *directMachine) finish(t *rapid.T) {
	m.refuses, m.blocked = false, false
	if !m.turn {
		m.run()
	}
	m.released(t)
	if !m.ended {
		m.End(t)
	}
	_, _ = m.do(func() error { m.s.Flush(); return nil })
	m.Check(t)
	if _, ok := m.r.End(); !ok || len(m.got) != len(m.appended) {
		t.Fatalf("end told: %v; %d events read of %d", ok, len(m.got), len(m.appended))
	}
	if n := total(m.meter.delivered); n != uint64(len(m.got)) {
		t.Fatalf("meter told of %d events delivered, want %d", n, len(m.got))
	}
	if _, err := m.s.Attach(0, stream.NoLimit, nil); len(m.got) > 0 && !errors.Is(err, stream.ErrGone) {
		t.Fatalf("a second reader was let in: %v", err)
	}
}

// close releases the producer, however the test went.
func (m *directMachine) close() {
	m.s.End(stream.End{Reason: stream.Shutdown})
	close(m.in)
	synctest.Wait()
}

func TestDirectModel(t *testing.T) {
	for _, c := range []struct{ size, raw int }{{64, 0}, {300, 900}, {4096, 0}, {4096, 2000}, {4096, 32 << 10}} {
		t.Run(fmt.Sprintf("%d bytes, %d raw", c.size, c.raw), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rapid.Check(bubble{t}, func(t *rapid.T) {
					m := newDirectMachine(t, c.size, c.raw)
					defer m.close()
					t.Repeat(map[string]func(*rapid.T){
						"":       m.Check,
						"append": m.Append, "append again": m.Append, "append more": m.Append,
						"flush": m.Flush1, "block": m.Block, "refuse": m.Refuse, "part": m.Part,
						"end": func(t *rapid.T) {
							if m.ended || rapid.IntRange(0, 9).Draw(t, "really") != 0 {
								t.Skip("most streams live on")
							}
							m.End(t)
						},
					})
					m.finish(t)
				})
			})
		})
	}
}
