package transport

import (
	"testing"
	"time"
)

// line is a server that has a token every period, and a client's system that
// sends acknowledgements as acks says: at once, or with every second token, 40 ms
// later at most.
type line struct {
	period time.Duration
	nagle  bool                      // a token waits until all before it is acknowledged
	pause  func(i int) time.Duration // before the token of that number
	always bool                      // acks is not asked: all is acknowledged late
}

const (
	roundTrip = 200 * time.Microsecond
	systems   = 40 * time.Millisecond
)

// run sends n tokens. It returns how many came late by more than a few round
// trips, and how many were acknowledged by themselves.
func (l line) run(n int) (behind, acknowledged int) {
	var a acks
	due := time.Unix(0, 0)
	var last time.Time   // when the client had the newest
	var held bool        // late is in force
	var owed bool        // something is not acknowledged
	var oldest time.Time // when that came
	for i := 0; i < n; {
		if due = due.Add(l.period); l.pause != nil {
			due = due.Add(l.pause(i))
		}
		at := due
		if owed && !at.Before(oldest.Add(systems)) { // the system's timer
			owed, held = false, false
			acknowledged++
		}
		if l.nagle && owed {
			at = oldest.Add(systems + roundTrip)
			owed, held = false, false
			acknowledged++
		}
		if at = at.Add(roundTrip / 2); at.Before(last) {
			at = last
		}
		last = at
		late, choose := a.came(at)
		if choose {
			held = late
		}
		if l.always {
			held = true
		}
		if !held || owed { // at once, or with the second one
			owed = false
			acknowledged++
		} else if !owed {
			owed, oldest = true, at
		}
		// all that was held back comes along
		for first := true; i < n && (first || due.Add(l.period).Before(at)); i++ {
			if !first {
				due = due.Add(l.period)
			}
			if first = false; at.Sub(due) > 3*roundTrip {
				behind++
			}
		}
	}
	return behind, acknowledged
}

// A server with Nagle's algorithm on is found out, and goes on as if each token
// was acknowledged at once.
func TestAcksOfNagle(t *testing.T) {
	const n = 20_000
	for _, period := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 12500 * time.Microsecond, 25 * time.Millisecond} {
		l := line{period: period, nagle: true, always: true}
		if behind, _ := l.run(n); behind < n/4 {
			t.Fatalf("%v: only %d of %d tokens are behind if nothing is done: the test shows nothing", period, behind, n)
		}
		l.always = false
		if behind, _ := l.run(n); behind > n/50 {
			t.Errorf("%v: %d of %d tokens were behind", period, behind, n)
		}
	}
}

// A server that sends what it has is acknowledged late, pauses or not.
func TestAcksLate(t *testing.T) {
	const n = 20_000
	rare := func(i int) time.Duration {
		if i%500 == 499 {
			return time.Second
		}
		return 0
	}
	for name, l := range map[string]line{
		"80 tokens/s":              {period: 12500 * time.Microsecond},
		"300 tokens/s":             {period: 3300 * time.Microsecond},
		"80 tokens/s, with pauses": {period: 12500 * time.Microsecond, pause: rare},
	} {
		behind, acknowledged := l.run(n)
		if behind > 0 || acknowledged > n*2/3 {
			t.Errorf("%s: %d of %d tokens were acknowledged by themselves, %d came late", name, acknowledged, n, behind)
		}
	}
	// nothing is to be had, and nothing asked for
	slow := line{period: 50 * time.Millisecond}
	if _, acknowledged := slow.run(n); acknowledged < n*9/10 {
		t.Errorf("of %d slow tokens, %d were acknowledged by themselves", n, acknowledged)
	}
}

// What nobody waited for before a call's first bytes is no gap.
func TestAcksOfCalls(t *testing.T) {
	var a acks
	now := time.Unix(0, 0)
	for range 100 {
		a.begin()
		now = now.Add(time.Minute)
		for range 100 {
			now = now.Add(time.Millisecond)
			a.came(now)
		}
	}
	if a.prompt > 0 || a.span != minPrompt {
		t.Errorf("after calls without a gap: prompt %d, span %d", a.prompt, a.span)
	}
}
