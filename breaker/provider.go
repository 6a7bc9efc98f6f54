package breaker

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// ErrOpen is returned for a call that is not to be made now.
var ErrOpen = errors.New("breaker: open")

// errFailure and errNothing are what gobreaker is told.
var (
	errFailure = errors.New("breaker: the call failed")
	errNothing = errors.New("breaker: the call says nothing about the provider")
)

// State is a breaker's state, as metrics show it.
type State int

// The states.
const (
	Closed   State = 0 // calls are made
	HalfOpen State = 1 // one call is let through, to see
	Open     State = 2 // no call is
)

// Limits say when a breaker opens and for how long.
type Limits struct {
	// Failures is how many calls have to fail within Window, and no fewer than
	// succeed. 0: the breaker never opens.
	Failures int
	Window   time.Duration
	// OpenFor is how long it stays open before one call is let through.
	OpenFor time.Duration
}

// Provider is the breaker between calls and a provider that fails. Safe for
// concurrent use. A nil one never opens.
//
// It is told a result when that is known and not when the call began: gobreaker
// drops silently what began before its window, which a provider that hangs
// always did. And it forgets results of calls that began before it last opened
// or closed, which say nothing about the provider's health now.
type Provider struct {
	two     *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor time.Duration
	changes atomic.Int64 // of state, so far
	opened  atomic.Int64 // when it last was, in nanoseconds
}

// buckets is in how many steps old results leave the window.
const buckets = 10

// NewProvider makes a closed breaker; nil where the limits want none.
func NewProvider(l Limits) *Provider {
	if l.Failures <= 0 {
		return nil
	}
	b := &Provider{openFor: l.OpenFor}
	b.two = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  1,
		Interval:     l.Window,
		BucketPeriod: l.Window / buckets,
		Timeout:      l.OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return int64(c.TotalFailures) >= int64(l.Failures) && c.TotalFailures >= c.TotalSuccesses
		},
		IsExcluded: func(err error) bool { return err == errNothing },
		OnStateChange: func(_ string, _, to gobreaker.State) { // its lock is held
			b.changes.Add(1)
			if to == gobreaker.StateOpen {
				b.opened.Store(time.Now().UnixNano())
			}
		},
	})
	return b
}

// State is the state now. Time changes it, so it is asked for when it is shown.
func (b *Provider) State() State {
	if b == nil {
		return Closed
	}
	switch b.two.State() {
	case gobreaker.StateOpen:
		return Open
	case gobreaker.StateHalfOpen:
		return HalfOpen
	}
	return Closed
}

// Left is how long an open breaker still lets nothing through.
func (b *Provider) Left() time.Duration {
	if b == nil {
		return 0
	}
	return max(0, b.openFor-time.Since(time.Unix(0, b.opened.Load())))
}

// Allow asks for leave to make a call. The error is ErrOpen. Whoever has leave
// has to say how the call went, whatever becomes of it: until then a half-open
// breaker lets nobody else through.
func (b *Provider) Allow() (*Leave, error) {
	if b == nil {
		return nil, nil
	}
	l := &Leave{b: b, changes: b.changes.Load()}
	if b.State() == Closed {
		return l, nil // gobreaker is told of the call when its result is known
	}
	done, err := b.two.Allow()
	if err != nil {
		return nil, ErrOpen
	}
	l.probe = done
	return l, nil
}

// Leave is one call's leave to be made. Its methods may be called in any order
// and number, from one goroutine at a time: the first one says how the call
// began, and a Failed after Succeeded that it broke off later. A nil Leave
// listens to nobody.
type Leave struct {
	b       *Provider
	changes int64 // of the breaker, when leave was given
	probe   func(error)
	told    result
}

type result int

const (
	untold result = iota
	good
	bad // or excluded: nothing that follows counts
)

// Succeeded says that the provider has begun to answer well.
func (l *Leave) Succeeded() {
	if l == nil || l.told != untold {
		return
	}
	l.told = good
	l.tell(nil)
}

// Failed says that the provider has failed.
func (l *Leave) Failed() {
	if l == nil || l.told == bad {
		return
	}
	l.told = bad
	l.tell(errFailure)
}

// Excluded says that the call has told nothing about the provider's health: its
// client has gone, or the request was wrong.
func (l *Leave) Excluded() {
	if l == nil || l.told != untold {
		return
	}
	l.told = bad
	if l.probe != nil {
		l.probe(errNothing)
	}
}

func (l *Leave) tell(err error) {
	if l.probe != nil {
		l.probe(err)
		l.probe, l.changes = nil, l.b.changes.Load() // it has closed or opened the breaker
		return
	}
	if l.changes != l.b.changes.Load() || l.b.State() != Closed {
		return
	}
	if done, err2 := l.b.two.Allow(); err2 == nil {
		done(err)
	}
}
