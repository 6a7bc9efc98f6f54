package stream_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/breaker"
	"tidegate/stream"
)

const keepAlive = 15 * time.Second

// watched is a stream with the breaker in use, and a producer that is as fast
// as it can be. over is closed when the provider's call is cancelled.
type watched struct {
	*stream.Stream
	over   chan struct{}
	result chan error
}

func watch() *watched {
	w := &watched{over: make(chan struct{}), result: make(chan error, 1)}
	stall := breaker.NewStall(keepAlive, func() { w.End(stream.End{Reason: stream.SlowConsumer}) })
	w.Stream = stream.New(stream.Config{
		Pages: stream.NewPages(bufferSize), Now: time.Now, Resumable: true,
		Stall: stall, Stop: func() { close(w.over) },
	})
	go func() {
		var err error
		for i := 0; err == nil; i++ {
			err = w.Append(numbered(i, 100), time.Now()) // 39 fit
			w.Flush()
		}
		w.result <- err
	}()
	return w
}

// read takes and acknowledges so many events at every interval, until the
// call is cancelled or the time is over, and gives how long that was.
func (w *watched) read(t *testing.T, events int, every, atMost time.Duration) time.Duration {
	start := time.Now()
	r := attach(t, w.Stream, 0, stream.NoLimit)
	synctest.Wait() // full
	for time.Since(start) < atMost {
		select {
		case <-w.over:
			return time.Since(start)
		case <-time.After(every):
		}
		for range events {
			if seq, ok := r.Next(new(stream.Event)); ok {
				ack(t, r, seq)
			}
		}
		synctest.Wait()
	}
	return time.Since(start)
}

func (w *watched) wantEnd(t *testing.T, reason stream.Reason) {
	t.Helper()
	if err := <-w.result; !errors.Is(err, stream.ErrEnded) {
		t.Errorf("producer got %v, want ErrEnded", err)
	}
	if end, ok := w.Ended(); !ok || end.Reason != reason {
		t.Errorf("ended %v %v, want %v", end, ok, reason)
	}
}

func TestStallNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		if took := w.read(t, 0, time.Hour, time.Hour); took != keepAlive {
			t.Errorf("cancelled after %v, want %v", took, keepAlive)
		}
		w.wantEnd(t, stream.SlowConsumer)
	})
}

// One event every 14 s is no reading: the second one would come too late.
func TestStallTrickle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		if took := w.read(t, 1, 14*time.Second, time.Hour); took != keepAlive {
			t.Errorf("cancelled after %v, want %v", took, keepAlive)
		}
		w.wantEnd(t, stream.SlowConsumer)
	})
}

// A consumer that is slow but drains half of the buffer in every keep-alive
// keeps its stream, however long it takes.
func TestStallSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		// 20 of 39 events free half of the buffer: 14 s at 1.43 a second
		if took := w.read(t, 1, 700*time.Millisecond, time.Hour); took < time.Hour {
			t.Errorf("cancelled after %v", took)
		}
		if st := w.Stats(); st.Acked < 5000 || st.Paused < 30*time.Minute || st.High > bufferSize {
			t.Errorf("%+v, want 5000 events read by a consumer that is mostly waited for", st)
		}
		w.End(stream.End{Reason: stream.Cancelled})
		w.wantEnd(t, stream.Cancelled)
	})
}

// Just too slow to free half in time.
func TestStallTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch()
		if took := w.read(t, 1, 800*time.Millisecond, time.Hour); took != keepAlive {
			t.Errorf("cancelled after %v, want %v", took, keepAlive)
		}
		w.wantEnd(t, stream.SlowConsumer)
	})
}
