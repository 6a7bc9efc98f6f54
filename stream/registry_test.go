package stream_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
)

func seat(t *testing.T, r *stream.Registry, stop func(stream.End)) *stream.Seat {
	t.Helper()
	s, err := r.Take(stop)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unstopped(t *testing.T) func(stream.End) {
	return func(end stream.End) { t.Errorf("stopped with %v", end) }
}

func TestRegistryBound(t *testing.T) {
	r := stream.NewRegistry(2)
	one, two := seat(t, r, unstopped(t)), seat(t, r, unstopped(t))
	if _, err := r.Take(unstopped(t)); !errors.Is(err, stream.ErrFull) {
		t.Errorf("third of two: %v, want ErrFull", err)
	}
	one.Leave()
	one.Leave() // must not free a second seat
	if r.Len() != 1 || r.Max() != 2 {
		t.Errorf("%d of %d seats taken, want 1 of 2", r.Len(), r.Max())
	}
	seat(t, r, unstopped(t))
	if _, err := r.Take(unstopped(t)); !errors.Is(err, stream.ErrFull) {
		t.Errorf("a seat that was left twice counts twice: %v", err)
	}
	two.Leave()
	if r.Len() != 1 {
		t.Errorf("%d seats taken, want 1", r.Len())
	}
}

func TestRegistryEach(t *testing.T) {
	r := stream.NewRegistry(9)
	with, gone := seat(t, r, unstopped(t)), seat(t, r, unstopped(t))
	seat(t, r, unstopped(t)) // a call that does not stream
	want := open(4096, true)
	with.Put(want)
	gone.Put(open(4096, true))
	gone.Leave()
	seen := 0
	r.Each(func(s *stream.Stream) {
		seen++
		if s != want {
			t.Error("a stream that is not under way")
		}
		r.Len() // not locked
	})
	if seen != 1 {
		t.Errorf("%d streams, want 1", seen)
	}
}

func TestDrainEmpty(t *testing.T) {
	r := stream.NewRegistry(1)
	if cut := r.Drain(t.Context()); cut != 0 || !r.Draining() {
		t.Errorf("cut %d, draining %v", cut, r.Draining())
	}
	if _, err := r.Take(unstopped(t)); !errors.Is(err, stream.ErrDraining) {
		t.Errorf("take: %v, want ErrDraining", err)
	}
	if cut := r.Drain(t.Context()); cut != 0 {
		t.Errorf("again: cut %d", cut)
	}
}

// Calls that finish before the deadline are left alone, and the last of them
// ends the wait.
func TestDrainInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stream.NewRegistry(10)
		for i := range 10 {
			s := seat(t, r, unstopped(t))
			time.AfterFunc(time.Duration(i+1)*time.Second, s.Leave)
		}
		if r.Draining() {
			t.Error("draining before Drain")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		if cut := r.Drain(ctx); cut != 0 {
			t.Errorf("cut %d calls", cut)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v, want 10s", took)
		}
	})
}

// The deadline ends what is left, each once and with Shutdown, and Drain waits
// until they have gone.
func TestDrainDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stream.NewRegistry(10)
		stops := 0
		for i := range 10 {
			var s *stream.Seat
			s = seat(t, r, func(end stream.End) {
				if end.Reason != stream.Shutdown || end.Message == "" {
					t.Errorf("stopped with %+v", end)
				}
				stops++
				time.AfterFunc(time.Second, func() { s.Leave() })
			})
			if i < 4 {
				time.AfterFunc(time.Duration(i)*time.Second, s.Leave)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		if cut := r.Drain(ctx); cut != 6 || stops != 6 {
			t.Errorf("cut %d, stopped %d, want 6", cut, stops)
		}
		if took := time.Since(start); took != 6*time.Second || r.Len() != 0 {
			t.Errorf("took %v, want 6s; %d left", took, r.Len())
		}
	})
}

// Two signals, two drains: whoever is told to stop is told once.
func TestDrainTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := stream.NewRegistry(1)
		var stops atomic.Int32
		var s *stream.Seat
		s = seat(t, r, func(stream.End) {
			stops.Add(1)
			time.AfterFunc(3*time.Second, func() { s.Leave() })
		})
		cut := make(chan int, 2)
		for _, deadline := range []time.Duration{time.Second, 2 * time.Second} {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				cut <- r.Drain(ctx)
			}()
		}
		if sum := <-cut + <-cut; sum != 1 || stops.Load() != 1 {
			t.Errorf("cut %d, stopped %d times, want once", sum, stops.Load())
		}
	})
}

func TestRegistryConcurrent(t *testing.T) {
	const most = 8
	r := stream.NewRegistry(most)
	var inside, refused atomic.Int32
	var all sync.WaitGroup
	started := make(chan struct{}, 64)
	for range 16 {
		all.Go(func() {
			for turn := 0; ; turn++ {
				stopped := make(chan stream.End, 1)
				s, err := r.Take(func(end stream.End) { stopped <- end })
				if errors.Is(err, stream.ErrDraining) {
					return
				}
				if turn == 3 {
					started <- struct{}{}
				}
				if err != nil {
					refused.Add(1)
					continue
				}
				if n := inside.Add(1); n > most {
					t.Errorf("%d calls at once, want at most %d", n, most)
				}
				s.Put(open(64, true))
				r.Each(func(s *stream.Stream) { s.Stats() })
				if turn%5 == 4 && r.Draining() {
					<-stopped
				}
				inside.Add(-1)
				s.Leave()
			}
		})
	}
	for range 16 {
		<-started
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Drain(ctx)
	all.Wait()
	if r.Len() != 0 {
		t.Errorf("%d calls left", r.Len())
	}
}
