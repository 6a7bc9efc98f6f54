package stream_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// taker takes what it is offered, as long as it is willing.
type taker struct {
	unwilling bool
	got       []uint64
	flushes   int
}

func (d *taker) Offer(seq uint64, _ stream.Event) bool {
	if d.unwilling {
		return false
	}
	d.got = append(d.got, seq)
	return true
}

func (d *taker) Flush() { d.flushes++ }

// takeDirectly gives a stream a direct consumer.
func takeDirectly(t *testing.T, s *stream.Stream, max uint64) (*taker, *stream.Reader) {
	t.Helper()
	d, r := new(taker), attach(t, s, 0, max)
	r.TakeDirectly(d)
	return d, r
}

// A consumer that keeps up costs the buffer nothing, and is told once of all
// that came together.
func TestDirectPassesTheBuffer(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, stream.NoLimit)
	appendAll(t, s, text(1), text(2), text(3))
	if !slices.Equal(d.got, []uint64{1, 2, 3}) || d.flushes != 1 || s.HoldsPage() {
		t.Fatalf("offered %v, flushed %d times, page held: %v", d.got, d.flushes, s.HoldsPage())
	}
	want := 3 * len(textOf(text(1)))
	if st := s.Stats(); st.Appended != 3 || st.Sent != 3 || st.Acked != 0 || st.Raw != want || st.High != 0 {
		t.Fatalf("%+v, want %d raw bytes", st, want)
	}
	ack(t, r, 2) // which of the bytes are gone is not known
	if st := s.Stats(); st.Acked != 2 || st.Raw != want {
		t.Fatalf("%+v", st)
	}
	ack(t, r, 3)
	if st := s.Stats(); st.Raw != 0 || st.Lag() != 0 {
		t.Fatalf("%+v", st)
	}
}

// What is offered needs no credit, so one that gives credit is offered nothing.
func TestDirectNotWithCredit(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, 1)
	appendAll(t, s, text(1), text(2))
	if len(d.got) != 0 {
		t.Fatalf("offered %v", d.got)
	}
	if last := take(t, r, 0); last != 1 {
		t.Errorf("%d events handed out", last)
	}
}

// Nothing overtakes what the buffer holds.
func TestDirectAfterTheBuffer(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, stream.NoLimit)
	d.unwilling = true
	appendAll(t, s, text(1))
	d.unwilling = false
	appendAll(t, s, text(2)) // event 1 is not handed out
	if last := take(t, r, 0); last != 2 {
		t.Fatalf("%d events handed out", last)
	}
	appendAll(t, s, text(3)) // event 2 is not acknowledged
	take(t, r, 2)
	ack(t, r, 3)
	appendAll(t, s, text(4))
	if !slices.Equal(d.got, []uint64{4}) {
		t.Errorf("offered %v, want event 4 only", d.got)
	}
}

// After events that passed the buffer by, the first one in it stands by itself:
// the consumer's decoder has not seen those before it.
func TestDirectStartsTheEncodingAnew(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, stream.NoLimit)
	seq := uint64(0)
	for round := range 3 {
		d.unwilling = true
		for i := range 2 {
			before := s.Stats().Bytes
			appendAll(t, s, text(10*round+i))
			cost, whole := s.Stats().Bytes-before, len(textOf(text(10)))
			if first := i == 0; first != (cost > whole/2) {
				t.Errorf("round %d, event %d: %d bytes", round, i, cost)
			}
		}
		for i := range 2 {
			var ev stream.Event
			if _, ok := r.Next(&ev); !ok || !equal(ev, text(10*round+i)) {
				t.Fatalf("round %d, event %d: %q", round, i, ev.Data)
			}
		}
		d.unwilling = false
		seq += 2
		ack(t, r, seq)
		appendAll(t, s, text(10*round+5))
		seq++
		ack(t, r, seq)
	}
	if !slices.Equal(d.got, []uint64{3, 6, 9}) {
		t.Errorf("offered %v", d.got)
	}
}

// A batch is as old as its oldest event.
func TestDirectLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		noted := new(meter)
		s := stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now, Meter: noted})
		_, r := takeDirectly(t, s, stream.NoLimit)
		for _, batch := range [][]time.Duration{{0, 2, 3}, {0}, {4, 0}} {
			for _, wait := range batch {
				time.Sleep(wait * time.Millisecond)
				if err := s.Append(text(1), time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			s.Flush()
			time.Sleep(time.Millisecond)
			r.Delivered(time.Now())
			ack(t, r, s.Stats().Sent)
		}
		want := []report{{3, 6 * time.Millisecond}, {1, time.Millisecond}, {2, time.Millisecond}}
		if !slices.Equal(noted.delivered, want) || len(noted.acknowledged) != 0 {
			t.Errorf("meter told %v, want %v", noted.delivered, want)
		}
	})
}

// An event larger than the buffer waits until what passed the buffer by has
// arrived too: it travels alone.
func TestDirectLargeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.Config{Pages: stream.NewPages(1000), Now: time.Now, Raw: 8000})
		d, r := takeDirectly(t, s, stream.NoLimit)
		result := produce(s, text(1), numbered(2, 5000), text(3))
		synctest.Wait()
		if st := s.Stats(); st.Appended != 1 || !st.Full {
			t.Fatalf("%+v, want the large event to wait", st)
		}
		ack(t, r, 1)
		synctest.Wait()
		if st := s.Stats(); st.Appended != 2 || !st.Full || st.Raw != 5000 {
			t.Fatalf("%+v, want the large event and nothing else", st)
		}
		take(t, r, 1)
		ack(t, r, 2)
		if err := <-result; err != nil || s.Stats().Appended != 3 {
			t.Fatalf("%v, %+v", err, s.Stats())
		}
		if !slices.Equal(d.got, []uint64{1}) {
			t.Errorf("offered %v", d.got)
		}
	})
}

// In the middle of a batch another reader would miss what is in it.
func TestDirectAttachInABatch(t *testing.T) {
	s := open(4096, false)
	takeDirectly(t, s, stream.NoLimit)
	if err := s.Append(text(1), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Attach(0, stream.NoLimit, nil); !errors.Is(err, stream.ErrGone) {
		t.Errorf("attached: %v, want ErrGone", err)
	}
}

// A consumer may leave in the middle of a batch.
func TestDirectDetachInABatch(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, stream.NoLimit)
	d.unwilling = true
	appendAll(t, s, text(1))
	take(t, r, 0)
	ack(t, r, 1)
	d.unwilling = false
	if err := s.Append(text(2), time.Now()); err != nil {
		t.Fatal(err)
	}
	r.Detach()
	s.Flush()
	if st := s.Stats(); st.Appended != 2 || st.Attached || d.flushes != 1 {
		t.Errorf("%+v, flushed %d times", st, d.flushes)
	}
}

// The end comes after the batch that is under way.
func TestDirectEndInABatch(t *testing.T) {
	s := open(4096, false)
	d, r := takeDirectly(t, s, stream.NoLimit)
	if err := s.Append(text(1), time.Now()); err != nil {
		t.Fatal(err)
	}
	s.End(stream.End{Reason: stream.Complete})
	s.Flush()
	if end, ok := r.End(); !ok || end.Reason != stream.Complete || d.flushes != 1 || s.Stats().Sent != 1 {
		t.Errorf("end %v %v, %+v", end, ok, s.Stats())
	}
	if err := s.Append(text(2), time.Now()); !errors.Is(err, stream.ErrEnded) || len(d.got) != 1 {
		t.Errorf("after the end: %v, offered %v", err, d.got)
	}
}
