package upstream

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Streams bound how many calls run at a provider at once, and how many wait
// for that, first come first served.
type Streams struct {
	Max   int           // calls at once, streamed or not; 0: no bound
	Queue int           // calls that wait
	Wait  time.Duration // how long each does
}

// slots are what a provider has of Streams.
type slots struct {
	Streams
	sem           *semaphore.Weighted // nil: no bound
	used, waiting atomic.Int64
}

func newSlots(s Streams) *slots {
	all := &slots{Streams: s}
	if s.Max > 0 {
		all.sem = semaphore.NewWeighted(int64(s.Max))
	}
	return all
}

// slot is a call's place at its provider. A nil one is none.
type slot struct {
	of   *slots
	free atomic.Bool
}

// release gives the place back, once however often it is called: whatever ends
// a call may call it.
func (s *slot) release() {
	if s == nil || s.free.Swap(true) {
		return
	}
	s.of.used.Add(-1)
	if s.of.sem != nil {
		s.of.sem.Release(1)
	}
}

// try gives a place if one is free and nobody waits for it; else nil.
func (a *slots) try() *slot {
	if a.sem != nil && !a.sem.TryAcquire(1) {
		return nil
	}
	a.used.Add(1)
	return &slot{of: a}
}

// wait waits for a place until the deadline, or ctx is done, or Wait is over.
// It gives nil at once if the queue is full.
func (a *slots) wait(ctx context.Context, deadline time.Time) *slot {
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > int64(a.Queue) {
		return nil
	}
	ctx, cancel := context.WithDeadline(ctx, earlier(deadline, time.Now().Add(a.Wait)))
	defer cancel()
	if a.sem.Acquire(ctx, 1) != nil {
		return nil
	}
	a.used.Add(1)
	return &slot{of: a}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
