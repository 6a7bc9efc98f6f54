package upstream

import (
	"sync"
	"sync/atomic"
	"time"
)

// silence is a timer over what the gateway waits for from a provider. Only
// waiting counts: while the gateway itself does not read, because its
// consumer does not, the timer stands still.
//
// It costs the reader one atomic store per read and no timer call: the timer
// looks, when it fires, how long the reader has waited.
type silence struct {
	limit time.Duration
	fire  func() // once
	start time.Time

	waiting atomic.Int64 // since when, in nanoseconds after start, plus one; 0: not waiting

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func newSilence(limit time.Duration, fire func()) *silence {
	s := &silence{limit: limit, fire: fire, start: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(limit, s.look)
	return s
}

// wait says that the reader has been waiting since then.
func (s *silence) wait(since time.Time) { s.waiting.Store(int64(since.Sub(s.start)) + 1) }

// heard says that the reader does not wait, and reports whether it did.
func (s *silence) heard() bool { return s.waiting.Swap(0) != 0 }

func (s *silence) look() {
	left := s.limit
	if since := s.waiting.Load(); since != 0 {
		left -= time.Since(s.start) - time.Duration(since-1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	if left > 0 {
		s.timer.Reset(left)
		return
	}
	s.stopped = true
	s.fire()
}

func (s *silence) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	s.timer.Stop()
}
