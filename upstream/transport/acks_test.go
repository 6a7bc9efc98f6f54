package transport

import (
	"testing"
	"time"
)

// server has a token every period, and a client whose system acknowledges as
// acks says: at once, or with every second piece, 40 ms later at most.
type server struct {
	period time.Duration
	size   int                       // of a token, in bytes
	nagle  bool                      // holds back what is less than a segment until all is acknowledged
	pause  func(i int) time.Duration // before the token of that number
	ignore bool                      // acks is not asked: all is acknowledged late
}

const (
	roundTrip   = 200 * time.Microsecond
	systems     = 40 * time.Millisecond
	fullSegment = 1460
)

// seen is what came of it.
type seen struct {
	behind       int // tokens that came late by more than a few round trips
	acknowledged int // pieces that were acknowledged by themselves
	told         int // choices that the system was told of
}

// run sends n tokens.
func (s server) run(n int) (got seen) {
	a := newAcks()
	due := time.Unix(0, 0)
	var late bool        // is in force
	var owed bool        // something is not acknowledged
	var oldest time.Time // when that came
	for i := 0; i < n; {
		next := func() {
			if due, i = due.Add(s.period), i+1; s.pause != nil {
				due = due.Add(s.pause(i))
			}
		}
		next()
		first, size := due, s.size
		at := due.Add(roundTrip / 2)
		switch timer := oldest.Add(systems); {
		case owed && !due.Before(timer): // the system has sent it
			owed, late = false, false
			got.acknowledged++
		case owed && s.nagle: // more gathers until a segment is full, or that
			for i < n && size < fullSegment && !due.Add(s.period).After(timer) {
				next()
				size += s.size
			}
			if at = due.Add(roundTrip / 2); size < fullSegment {
				at = timer.Add(roundTrip)
				owed, late = false, false
				got.acknowledged++
			}
		}
		for held := first; !held.After(due); held = held.Add(s.period) {
			if at.Sub(held) > 3*roundTrip {
				got.behind++
			}
		}
		choice := asBefore
		if !s.ignore {
			choice = a.came(at, size)
		}
		if choice != asBefore {
			got.told++
		}
		switch {
		case !late && !s.ignore, owed, choice == ackNow: // at once, or with the second piece
			owed = false
			got.acknowledged++
		default:
			owed, oldest = true, at
		}
		if choice != asBefore {
			late = choice == ackLate
		}
	}
	return got
}

// A server with Nagle's algorithm on is found out, however fast it is, and goes
// on as if each token was acknowledged at once.
func TestAcksOfNagle(t *testing.T) {
	const n = 20_000
	for _, period := range []time.Duration{time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 12500 * time.Microsecond, 25 * time.Millisecond} {
		for _, size := range []int{100, 300, 600, 1000} {
			s := server{period: period, size: size, nagle: true, ignore: true}
			if got := s.run(n); got.behind < n/4 {
				t.Fatalf("%v, %d bytes: only %d of %d tokens are behind if nothing is done: the test shows nothing", period, size, got.behind, n)
			}
			s.ignore = false
			if got := s.run(n); got.behind > n/50 {
				t.Errorf("%v, %d bytes: %d of %d tokens were behind", period, size, got.behind, n)
			}
		}
	}
}

// every pauses before each token whose number n divides.
func every(n int, d time.Duration) func(int) time.Duration {
	return func(i int) time.Duration {
		if i%n == 0 {
			return d
		}
		return 0
	}
}

// A server that sends what it has is acknowledged late, pauses or not.
func TestAcksLate(t *testing.T) {
	const n = 20_000
	for name, s := range map[string]server{
		"80 tokens/s":          {period: 12500 * time.Microsecond, size: 300},
		"300 tokens/s":         {period: 3300 * time.Microsecond, size: 300},
		"a pause now and then": {period: 12500 * time.Microsecond, size: 300, pause: every(501, time.Second)},
		"many pauses":          {period: 12500 * time.Microsecond, size: 300, pause: every(151, 60*time.Millisecond)},
		"pauses in the beginning": {period: 12500 * time.Microsecond, size: 300, pause: func(i int) time.Duration {
			if i < 500 {
				return every(38, 60*time.Millisecond)(i)
			}
			return 0
		}},
	} {
		got := s.run(n)
		if got.behind > 0 || got.acknowledged > n*2/3 {
			t.Errorf("%s: %d of %d tokens were acknowledged by themselves, %d came late", name, got.acknowledged, n, got.behind)
		}
	}
	for name, s := range map[string]server{
		"slow":  {period: 50 * time.Millisecond, size: 300},
		"large": {period: 12500 * time.Microsecond, size: 1200},
	} {
		if got := s.run(n); got.told > n/100 {
			t.Errorf("%s tokens: the system was told %d times for %d, for nothing", name, got.told, n)
		}
	}
}

// What nobody waited for before a call's first bytes is no gap.
func TestAcksOfCalls(t *testing.T) {
	a := newAcks()
	now := time.Unix(0, 0)
	for call := range 100 {
		a.begin()
		now = now.Add(time.Minute)
		a.came(now, 300)
		if call > 0 && a.prompt > 0 {
			t.Fatalf("call %d: %d are acknowledged at once, for a gap before the call", call, a.prompt)
		}
		for range 100 {
			now = now.Add(time.Millisecond)
			a.came(now, 300)
		}
	}
}
