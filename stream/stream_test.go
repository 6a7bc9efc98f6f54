package stream_test

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

// produce appends events in a goroutine of its own and flushes after each. The
// channel yields its result when it is through.
func produce(s *stream.Stream, events ...stream.Event) <-chan error {
	result := make(chan error, 1)
	go func() {
		for _, ev := range events {
			if err := s.Append(ev, time.Now()); err != nil {
				result <- err
				return
			}
			s.Flush()
		}
		result <- nil
	}()
	return result
}

func ack(t *testing.T, r *stream.Reader, seq uint64) {
	t.Helper()
	if err := r.Ack(seq, stream.NoLimit); err != nil {
		t.Fatal(err)
	}
}

// Full has hysteresis: the producer goes on when half of the buffer is free,
// not when the next event would fit.
func TestHysteresis(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var noted stall
		var times meter
		s := stream.New(stream.Config{Pages: stream.NewPages(1000), Now: time.Now, Stall: &noted, Meter: &times, Resumable: true})
		r := attach(t, s, 0, stream.NoLimit)
		var events []stream.Event
		for i := range 12 {
			events = append(events, numbered(i, 95)) // some 98 bytes each: ten fit
		}
		start := time.Now()
		result := produce(s, events...)
		synctest.Wait()
		if st := s.Stats(); st.Appended != 10 || !st.Full || !noted.full {
			t.Fatalf("%+v, want 10 events and full", st)
		}
		if last := take(t, r, 0); last != 10 {
			t.Fatalf("%d events handed out, want 10", last)
		}
		for seq := uint64(1); seq <= 4; seq++ { // 6 of 10 are held: more than half
			time.Sleep(time.Second)
			ack(t, r, seq)
			synctest.Wait()
			if st := s.Stats(); st.Appended != 10 || !st.Full || st.Paused != time.Since(start) {
				t.Fatalf("after ack %d: %+v, want still full and %v paused", seq, st, time.Since(start))
			}
		}
		ack(t, r, 5)
		synctest.Wait()
		if st := s.Stats(); st.Appended != 12 || st.Full || noted.full || noted.fulls != 1 {
			t.Fatalf("%+v, want 12 events and not full", st)
		}
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Paused != 4*time.Second || !slices.Equal(times.paused, []time.Duration{4 * time.Second}) {
			t.Errorf("paused %v, meter told %v, want 4s", st.Paused, times.paused)
		}
		if st := s.Stats(); st.High < 950 || st.High > 1000 || st.Lag() != 7 {
			t.Errorf("high-water mark %d, lag %d", st.High, st.Lag())
		}
	})
}

// An event larger than the buffer travels alone: what is before it drains
// first, what is after it waits.
func TestLargeAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(1000, true)
		r := attach(t, s, 0, stream.NoLimit)
		large := numbered(2, 100_000)
		result := produce(s, text(1), large, text(3))
		for seq := uint64(1); seq <= 3; seq++ {
			synctest.Wait()
			if st := s.Stats(); st.Appended != seq || st.Full != (seq < 3) {
				t.Fatalf("%+v, want %d events", st, seq)
			}
			var ev stream.Event
			if got, ok := r.Next(&ev); !ok || got != seq {
				t.Fatalf("event %d %v, want %d", got, ok, seq)
			}
			if seq == 2 && (!equal(ev, large) || s.Stats().Bytes != 100_000 || s.HoldsPage()) {
				t.Fatalf("large event changed, or not alone: %+v", s.Stats())
			}
			ack(t, r, seq)
		}
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		if st := s.Stats(); st.Bytes != 0 || s.HoldsPage() {
			t.Errorf("all acknowledged, %d bytes held", st.Bytes)
		}
	})
}

// A large event is sent again, and after it the events are compared anew.
func TestLargeResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(1000, true)
		large := numbered(1, 5000)
		result := produce(s, large, text(2), text(3))
		synctest.Wait()
		for range 3 {
			r := attach(t, s, 0, stream.NoLimit)
			var ev stream.Event
			if seq, ok := r.Next(&ev); !ok || seq != 1 || !equal(ev, large) {
				t.Fatalf("event %d %v of %d bytes", seq, ok, len(ev.Data))
			}
		}
		r := attach(t, s, 1, stream.NoLimit)
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		for _, want := range []stream.Event{text(2), text(3)} {
			var ev stream.Event
			if _, ok := r.Next(&ev); !ok || !equal(ev, want) {
				t.Fatalf("got %q, want %q", ev.Data, want.Data)
			}
		}
	})
}

// The memory of an event that was handed over is given back once, whatever
// becomes of the event.
func TestAppendOwned(t *testing.T) {
	freed := 0
	s := open(1000, true)
	r := attach(t, s, 0, stream.NoLimit)
	hand := func(size int) error {
		return s.AppendOwned(numbered(size, size), time.Now(), func() { freed++ })
	}
	want := func(n int, when string) {
		t.Helper()
		if freed != n {
			t.Fatalf("%s: %d freed, want %d", when, freed, n)
		}
	}
	small, large := 100, 5000

	if err := hand(small); err != nil {
		t.Fatal(err)
	}
	want(1, "small, so copied")
	take(t, r, 0)
	ack(t, r, 1)
	if err := hand(large); err != nil {
		t.Fatal(err)
	}
	take(t, r, 1)
	want(1, "handed out")
	ack(t, r, 2)
	want(2, "acknowledged")
	if err := hand(large); err != nil {
		t.Fatal(err)
	}
	s.End(stream.End{Reason: stream.Cancelled})
	want(2, "ended")
	for i, size := range []int{small, large} {
		if err := hand(size); !errors.Is(err, stream.ErrEnded) {
			t.Errorf("append after the end: %v, want ErrEnded", err)
		}
		want(3+i, "refused")
	}
	s.Drop()
	s.Drop()
	want(5, "dropped")
}

// A producer that waits is released by the end, and its event is not taken.
func TestEndReleasesProducer(t *testing.T) {
	for name, waiting := range map[string]stream.Event{"small": text(1), "large": numbered(1, 5000)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var noted stall
				s := stream.New(stream.Config{Pages: stream.NewPages(1000), Now: time.Now, Stall: &noted, Resumable: true})
				appendAll(t, s, numbered(0, 990))
				result := produce(s, waiting)
				synctest.Wait()
				if !noted.full {
					t.Fatal("not full")
				}
				if !s.End(stream.End{Reason: stream.SlowConsumer}) {
					t.Fatal("not ended")
				}
				if err := <-result; !errors.Is(err, stream.ErrEnded) {
					t.Errorf("append gave %v, want ErrEnded", err)
				}
				if noted.full || noted.broken != "" {
					t.Errorf("the breaker's clock still runs; %s", noted.broken)
				}
				r := attach(t, s, 0, stream.NoLimit)
				if last := take(t, r, 0); last != 1 {
					t.Errorf("%d events, want the one that came before", last)
				}
				if end, ok := r.End(); !ok || end.Reason != stream.SlowConsumer {
					t.Errorf("end %v %v", end, ok)
				}
			})
		})
	}
}

// A stream that ends while its producer makes room was never paused.
func TestEndInWake(t *testing.T) {
	var noted stall
	var times meter
	s := stream.New(stream.Config{Pages: stream.NewPages(200), Now: time.Now, Stall: &noted, Meter: &times})
	if _, err := s.Attach(0, stream.NoLimit, func() { s.End(stream.End{Reason: stream.Cancelled}) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(numbered(0, 150), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(numbered(1, 150), time.Now()); !errors.Is(err, stream.ErrEnded) {
		t.Errorf("append gave %v, want ErrEnded", err)
	}
	if noted.fulls != 0 || len(times.paused) != 0 {
		t.Errorf("full %d times, paused %v, want never", noted.fulls, times.paused)
	}
}

// The first end wins, and everybody is told the same.
func TestOneEnd(t *testing.T) {
	var stops, won atomic.Int32
	s := stream.New(stream.Config{
		Pages: stream.NewPages(4096), Now: time.Now, Resumable: true,
		Stop: func() { stops.Add(1) },
	})
	var winner stream.End
	var all sync.WaitGroup
	for _, reason := range stream.Reasons[1:] {
		all.Go(func() {
			end := stream.End{Reason: reason, Message: "over"}
			if s.End(end) {
				won.Add(1)
				winner = end
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || stops.Load() != 1 {
		t.Fatalf("%d ends won, call stopped %d times", won.Load(), stops.Load())
	}
	for range 3 {
		if end, ok := attach(t, s, 0, 0).End(); !ok || end != winner {
			t.Errorf("reader was told %v %v, want %v", end, ok, winner)
		}
	}
	if end, ok := s.Ended(); !ok || end != winner {
		t.Errorf("ended %v %v, want %v", end, ok, winner)
	}
}

// A complete answer needs no cancelling: its connection can serve another.
func TestCompleteDoesNotStop(t *testing.T) {
	s := stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now, Stop: func() { t.Error("stopped") }})
	s.End(stream.End{Reason: stream.Complete})
	s.End(stream.End{Reason: stream.Cancelled})
}

// A token on its way through a stream that keeps up costs no allocation.
func TestStreamAllocs(t *testing.T) {
	events := warm(t)
	s := stream.New(stream.Config{Pages: stream.NewPages(2 * stream.MaxBase), Now: time.Now, Meter: nothing{}, Resumable: true})
	r := attach(t, s, 0, stream.NoLimit)
	var ev stream.Event
	i := 0
	one := func() {
		if err := s.Append(events[i%len(events)], time.Now()); err != nil {
			t.Fatal(err)
		}
		i++
		s.Flush()
		seq, ok := r.Next(&ev)
		if !ok {
			t.Fatal("no event")
		}
		r.Delivered(time.Now())
		if err := r.Ack(seq, 0); err != nil {
			t.Fatal(err)
		}
	}
	for range events {
		one()
	}
	// a page may be lost to the garbage collector now and then
	if n := testing.AllocsPerRun(len(events), one); n >= 1 {
		t.Errorf("%v allocations per event, want none", n)
	}
}

type nothing struct{}

func (nothing) Delivered(int, time.Duration)    {}
func (nothing) Acknowledged(int, time.Duration) {}
func (nothing) Paused(time.Duration)            {}

// Once the provider has said that it failed, that is the end, whoever calls it:
// a client that has read so and leaves has not cancelled anything.
func TestSettle(t *testing.T) {
	s := stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now})
	failed := stream.End{Reason: stream.UpstreamError, Cause: stream.CauseErrorEvent}
	s.Settle(failed)
	s.Settle(stream.End{Reason: stream.Shutdown})
	if _, ended := s.Ended(); ended {
		t.Error("ended by Settle")
	}
	if !s.End(stream.End{Reason: stream.Cancelled}) || s.End(failed) {
		t.Error("not exactly one end")
	}
	if end, _ := s.Ended(); end != failed {
		t.Errorf("%+v", end)
	}
}
