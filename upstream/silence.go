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
// looks, when it fires, until when the reader waits, and again after each.
type silence struct {
	each  time.Duration // the shortest wait
	fire  func()        // once
	start time.Time

	until atomic.Int64 // in nanoseconds after start, plus one; 0: not waiting

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func newSilence(each time.Duration, fire func()) *silence {
	s := &silence{each: each, fire: fire, start: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(each, s.look)
	return s
}

// wait says that the reader waits, and until when it will at most.
func (s *silence) wait(until time.Time) { s.until.Store(max(0, int64(until.Sub(s.start))) + 1) }

// heard says that the reader does not wait, and reports whether it did.
func (s *silence) heard() bool { return s.until.Swap(0) != 0 }

func (s *silence) look() {
	left := s.each
	if until := s.until.Load(); until != 0 {
		left = min(left, time.Duration(until-1)-time.Since(s.start))
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
