package stream_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

func open(size int, resumable bool) *stream.Stream {
	return stream.New(stream.Config{Pages: stream.NewPages(size), Now: time.Now, Resumable: resumable})
}

// Without acknowledgements nothing says what the consumer has, so a second
// reader could only guess where to go on.
func TestAttachTwiceNotResumable(t *testing.T) {
	s := open(4096, false)
	attach(t, s, 0, stream.NoLimit) // a reader that took nothing may be replaced
	r := attach(t, s, 0, stream.NoLimit)
	appendAll(t, s, text(1), text(2))
	if _, ok := r.Next(new(stream.Event)); !ok {
		t.Fatal("no event")
	}
	for _, seq := range []uint64{0, 1} {
		if _, err := s.Attach(seq, stream.NoLimit, nil); !errors.Is(err, stream.ErrGone) {
			t.Errorf("attached at %d: %v, want ErrGone", seq, err)
		}
	}
	if last := take(t, r, 1); last != 2 {
		t.Errorf("the first reader got %d events, want 2", last)
	}
}

// A consumer that comes back after its stream was dropped must not be handed
// events that are no longer there.
func TestAttachDropped(t *testing.T) {
	s := open(4096, true)
	r := attach(t, s, 0, 2)
	appendAll(t, s, text(1), text(2), text(3))
	if last := take(t, r, 0); last != 2 {
		t.Fatalf("%d events, want 2", last)
	}
	s.End(stream.End{Reason: stream.Complete})
	s.Drop()
	if s.HoldsPage() {
		t.Error("dropped, but its page is still borrowed")
	}
	for seq := range uint64(4) {
		if _, err := s.Attach(seq, stream.NoLimit, nil); !errors.Is(err, stream.ErrGone) {
			t.Errorf("attached at %d: %v, want ErrGone", seq, err)
		}
	}
	if end, ok := s.Ended(); !ok || end.Reason != stream.Complete {
		t.Errorf("end %v %v, want it kept", end, ok)
	}
}

// A consumer that had everything is told the end, dropped or not.
func TestAttachDroppedWhole(t *testing.T) {
	s := open(4096, true)
	r := attach(t, s, 0, stream.NoLimit)
	appendAll(t, s, text(1), text(2))
	take(t, r, 0)
	s.End(stream.End{Reason: stream.Complete})
	s.Drop()
	r = attach(t, s, 2, 2)
	if _, ok := r.Next(new(stream.Event)); ok {
		t.Error("an event after the last one")
	}
	if end, ok := r.End(); !ok || end.Reason != stream.Complete {
		t.Errorf("end %v %v", end, ok)
	}
}

func TestAttachGone(t *testing.T) {
	s := open(4096, true)
	r := attach(t, s, 0, 3)
	appendAll(t, s, text(1), text(2), text(3), text(4))
	take(t, r, 0)
	if err := r.Ack(2, 3); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{0, 1, 4, 5, stream.NoLimit} {
		if _, err := s.Attach(seq, stream.NoLimit, nil); !errors.Is(err, stream.ErrGone) {
			t.Errorf("attached at %d: %v, want ErrGone", seq, err)
		}
	}
	if err := r.Ack(2, 4); err != nil {
		t.Errorf("refused attaches have cost the reader its place: %v", err)
	}
	if last := take(t, attach(t, s, 2, stream.NoLimit), 2); last != 4 {
		t.Errorf("resumed to %d, want 4", last)
	}
}

// Credit is absolute: late, repeated and reordered grants change nothing, and
// the end needs none.
func TestCredit(t *testing.T) {
	s := open(4096, true)
	r := attach(t, s, 0, 2)
	appendAll(t, s, text(1), text(2), text(3), text(4), text(5))
	at := take(t, r, 0)
	for _, step := range []struct{ seq, max, want uint64 }{
		{1, 2, 2}, {2, 3, 3}, {2, 3, 3}, {1, 1, 3}, {0, 0, 3}, {3, 4, 4}, {2, 5, 5},
	} {
		if err := r.Ack(step.seq, step.max); err != nil {
			t.Fatal(err)
		}
		if at = take(t, r, at); at != step.want {
			t.Fatalf("ack %d, max %d: at event %d, want %d", step.seq, step.max, at, step.want)
		}
	}
	if err := r.Ack(6, 100); !errors.Is(err, stream.ErrBeyondSent) {
		t.Errorf("acknowledged what was not sent: %v", err)
	}
	appendAll(t, s, text(6))
	if _, ok := r.Next(new(stream.Event)); ok {
		t.Error("a refused acknowledgement has given credit")
	}
	s.End(stream.End{Reason: stream.Cancelled})
	if _, ok := r.End(); ok {
		t.Error("the end came before the last event")
	}
	if err := r.Ack(5, 6); err != nil {
		t.Fatal(err)
	}
	take(t, r, 5)
	if end, ok := r.End(); !ok || end.Reason != stream.Cancelled {
		t.Errorf("end %v %v", end, ok)
	}
}

// Nobody reads two connections' worth: the newest wins, and what the older
// one says does not count.
func TestSuperseded(t *testing.T) {
	s := open(4096, true)
	older := attach(t, s, 0, stream.NoLimit)
	appendAll(t, s, text(1), text(2))
	take(t, older, 0)
	newer := attach(t, s, 1, stream.NoLimit)
	if err := older.Ack(2, 9); !errors.Is(err, stream.ErrSuperseded) {
		t.Errorf("older reader's acknowledgement: %v, want ErrSuperseded", err)
	}
	older.Detach()
	if !s.Stats().Attached {
		t.Error("the older reader has detached the newer one")
	}
	if last := take(t, newer, 1); last != 2 {
		t.Errorf("newer reader at %d, want 2", last)
	}
	newer.Detach()
	if s.Stats().Attached {
		t.Error("still attached")
	}
}

func TestWake(t *testing.T) {
	s := open(4096, true)
	woken := 0
	r, err := s.Attach(0, stream.NoLimit, func() {
		woken++
		s.Stats() // not locked
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(text(1), time.Now()); err != nil {
		t.Fatal(err)
	}
	if woken != 0 {
		t.Error("woken by Append: two events at hand would cost two writes")
	}
	s.Flush()
	if woken != 1 {
		t.Errorf("woken %d times by Flush", woken)
	}
	s.End(stream.End{Reason: stream.Complete})
	s.End(stream.End{Reason: stream.Cancelled})
	if woken != 2 {
		t.Errorf("woken %d times, want once more by the one end", woken)
	}
	r.Detach()
	s.Flush()
	if woken != 2 {
		t.Error("woken although detached")
	}
}

// A reader that frees its events in wake itself gives the producer room
// without a pause.
func TestWakeMakesRoom(t *testing.T) {
	var noted stall
	s := stream.New(stream.Config{Pages: stream.NewPages(256), Now: time.Now, Stall: &noted})
	var r *stream.Reader
	at := uint64(0)
	r, err := s.Attach(0, stream.NoLimit, func() {
		at = take(t, r, at)
		if err := r.Ack(at, 0); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		appendAll(t, s, numbered(i, 100))
	}
	if noted.fulls != 0 || at != 100 {
		t.Errorf("full %d times, %d events read of 100", noted.fulls, at)
	}
}

// The latency reported is that of the oldest event written, exactly.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var noted meter
		s := stream.New(stream.Config{Pages: stream.NewPages(4096), Now: time.Now, Meter: &noted, Resumable: true})
		r := attach(t, s, 0, stream.NoLimit)
		appendAll(t, s, text(1))
		time.Sleep(10 * time.Millisecond)
		appendAll(t, s, text(2), text(3))
		time.Sleep(5 * time.Millisecond)
		take(t, r, 0)
		r.Delivered(time.Now()) // 1 waited 15 ms, 2 and 3 waited 5
		appendAll(t, s, text(4))
		take(t, r, 3)
		time.Sleep(time.Millisecond)
		if err := r.Ack(2, stream.NoLimit); err != nil { // 16 ms since 1 came
			t.Fatal(err)
		}
		r.Delivered(time.Now())                          // 4, after 1 ms
		r.Delivered(time.Now())                          // nothing new
		if err := r.Ack(4, stream.NoLimit); err != nil { // 6 ms since 3 came
			t.Fatal(err)
		}
		// what is sent again is no second delivery
		appendAll(t, s, text(5))
		take(t, r, 4)
		r.Delivered(time.Now())
		r = attach(t, s, 4, stream.NoLimit)
		time.Sleep(time.Second)
		take(t, r, 4)
		r.Delivered(time.Now())

		ms := time.Millisecond
		if want := []report{{3, 15 * ms}, {1, 1 * ms}, {1, 0}}; !slices.Equal(noted.delivered, want) {
			t.Errorf("delivered %v, want %v", noted.delivered, want)
		}
		if want := []report{{2, 16 * ms}, {2, 6 * ms}}; !slices.Equal(noted.acknowledged, want) {
			t.Errorf("acknowledged %v, want %v", noted.acknowledged, want)
		}
	})
}
