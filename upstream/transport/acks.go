package transport

import "time"

// acks decides when what comes in is acknowledged: at once, or late.
//
// Linux acknowledges small segments as soon as they are read, unless told
// otherwise. To a reader that takes token by token that is a packet back for
// each, a fifth of what it spends on one. It may be late by up to half a second,
// and one is to go back for every second segment (RFC 9293 section 3.8.6.3);
// Linux waits 40 ms, or longer where the way is.
//
// But a server that has Nagle's algorithm on (RFC 9293 section 3.7.4) sends the
// next token only once the one before is acknowledged: it would send them in
// lumps, 40 ms apart. Whether a server does can't be seen from here. So after a
// gap as long, all is acknowledged at once for some time, and for longer after
// each. Where tokens come that slowly, there is nothing to be saved anyway.
type acks struct {
	heard  time.Time // when something that was waited for came in last
	chosen time.Time // when late was said last
	prompt int       // so many waits are still acknowledged at once
	span   int       // so many are after the next gap
	late   int       // so many were acknowledged late since the last gap
}

const (
	// lateAfter is less than what systems wait, and renewAfter as much: then
	// Linux has sent what was late, and goes back to sending at once.
	lateAfter  = 30 * time.Millisecond
	renewAfter = 40 * time.Millisecond

	minPrompt = 32
	maxPrompt = 4096
)

// begin begins a call: that nothing came before its response is no gap.
func (a *acks) begin() { a.heard = time.Time{} }

// came says that something that was waited for came in at now, and how it is to
// be acknowledged; choose: the system has to be told.
func (a *acks) came(now time.Time) (late, choose bool) {
	gap := now.Sub(a.heard)
	if a.heard.IsZero() {
		gap = 0
	}
	a.heard = now
	switch {
	case a.span == 0:
		a.span, a.prompt = minPrompt, minPrompt
		return false, false
	case a.prompt > 0:
		a.prompt--
		return false, false
	case gap >= lateAfter && !a.chosen.IsZero():
		if a.late > a.span {
			a.span = minPrompt / 4
		}
		a.span = min(4*a.span, maxPrompt)
		a.prompt, a.late, a.chosen = a.span, 0, time.Time{}
		return false, true
	}
	a.late++
	if now.Sub(a.chosen) < renewAfter {
		return true, false
	}
	a.chosen = now
	return true, true
}
