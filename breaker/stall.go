// Package breaker decides when to give up: on a consumer that stalls, and on a
// provider that fails.
package breaker

import (
	"sync"
	"time"
)

// Stall is the breaker between a consumer that does not read and the money
// that its answer costs. Its clock starts when the consumer's buffer is full
// and stops when it has drained to half; a clock that reaches keep-alive
// opens the breaker, once and for good.
//
// The distance between full and half is the hysteresis: a consumer that takes
// one event just before every deadline does not keep a model call alive.
//
// OnFull and OnDrained do nothing but start and stop a timer, so they may be
// called with locks held. Safe for concurrent use.
type Stall struct {
	keepAlive time.Duration
	open      func()

	mu     sync.Mutex
	timer  *time.Timer
	since  time.Time // when the clock started; zero while it stands still
	round  uint64    // a timer of an earlier round that fires late is not heard
	opened bool
}

// NewStall makes a closed breaker. open is called once when it opens, in a
// goroutine of its own: it cancels the provider's call.
func NewStall(keepAlive time.Duration, open func()) *Stall {
	return &Stall{keepAlive: keepAlive, open: open}
}

// OnFull starts the clock, unless it runs or the breaker has opened.
func (b *Stall) OnFull() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.since.IsZero() || b.opened {
		return
	}
	b.since = time.Now()
	b.round++
	round := b.round
	b.timer = time.AfterFunc(b.keepAlive, func() { b.fire(round) })
}

// OnDrained stops the clock.
func (b *Stall) OnDrained() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() {
		return
	}
	b.since = time.Time{}
	b.timer.Stop()
	b.timer = nil
}

// Left is how long the consumer still has, and whether the clock runs.
func (b *Stall) Left() (left time.Duration, running bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.since.IsZero() {
		return 0, false
	}
	return max(0, b.keepAlive-time.Since(b.since)), true
}

func (b *Stall) fire(round uint64) {
	b.mu.Lock()
	late := b.since.IsZero() || round != b.round
	if !late {
		b.opened = true
	}
	b.mu.Unlock()
	if !late {
		b.open()
	}
}
