package check

import (
	"time"

	"tidegate/loadtest/report"
)

// CallEnd is how a provider's call ended, as the provider saw it.
type CallEnd string

// The ends of calls.
const (
	Finished  CallEnd = "finished"  // all of the answer was sent
	Faulted   CallEnd = "faulted"   // broken off, or refused, as it was told
	Cancelled CallEnd = "cancelled" // its caller went away
	Closed    CallEnd = "closed"    // by the end of the test
)

// alone is the size in bytes above which an event is not counted into what is
// held for a client: it is held whole or not at all, whatever the bound.
const alone = 16 << 10

// pause is how long a write has to block to be called one.
const pause = 20 * time.Millisecond

// Called says that the provider was called.
func (s *Stream) Called(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.calling = true
	s.mark(Provider, "is called", at)
	if s.calls > 1 && s.sent > 0 {
		s.violate(report.Doubled, at, "the provider was called again after it had sent %d events", s.sent)
	}
}

// Sent says that an event is about to be written. Sockets come later, so that
// no event can come that is not known.
func (s *Stream) Sent(name, data []byte, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := at
	// A provider that was kept from writing is late by the target's doing:
	// what it says after that counts from when it would have been said.
	if next := s.planned.Add(s.Interval); s.Interval > 0 && s.sent > 0 && s.wrote.After(next) {
		due = next
	}
	s.planned = due
	s.sent++
	if s.sent == 1 {
		s.mark(Provider, "sends its first event", at)
	}
	size := int64(len(name) + len(data))
	if size > alone {
		size = 0
	}
	s.flight.push(entry{hash(name, data), size, due, at})
	s.flying += size
	s.blocked = at
	s.ahead = max(s.ahead, s.flying)
	if s.presence.gone() {
		s.wasted++
	}
}

// Marker says that the provider is about to say that its answer is whole.
func (s *Stream) Marker(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marker = true
	s.mark(Provider, "says that the answer is whole", at)
}

// Written says that what was sent is taken: by the provider's socket, at the
// least.
func (s *Stream) Written(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := at.Sub(s.blocked); d >= pause && !s.blocked.IsZero() {
		if len(s.pauses) < maxPauses {
			s.pauses = append(s.pauses, d)
		}
		s.mark(Provider, "could not write for "+d.Round(time.Millisecond).String(), at)
	}
	s.blocked, s.wrote = time.Time{}, at
}

// CallOver says that the provider's call has ended. at is when its caller's
// leaving was noticed, where that was why.
func (s *Stream) CallOver(how CallEnd, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calling, s.callEnd, s.callAt, s.blocked = false, how, at, time.Time{}
	s.mark(Provider, "call ends: "+string(how), at)
	if how == Cancelled {
		s.cancelled(at)
	}
	select {
	case <-s.over:
	default:
		close(s.over)
	}
}

// cancelled judges whether the target had a reason.
func (s *Stream) cancelled(at time.Time) {
	early := s.Limits.early()
	lag := s.lag(at)
	switch {
	case s.end != nil && s.end.Outcome == Told && !s.excused && !s.marker:
		s.violate(report.CancelEarly, at, "cancelled, and the client that was there was told: %s", s.end.Detail)
		return
	case s.Resumable && !s.attached: // nobody can come back to what was not accepted
		return
	case s.marker, s.end != nil, s.presence == Left, s.presence == Stopped, lag >= early, s.absent >= early:
		return
	case s.presence != Present && s.presence != Paused && at.Sub(s.since) >= early:
		return
	case s.presence == Away:
		s.violate(report.CancelEarly, at, "cancelled %v after the client's connection broke; it has %v to come back",
			at.Sub(s.since).Round(time.Millisecond), s.Limits.KeepAlive)
		return
	}
	s.violate(report.CancelEarly, at, "cancelled while the client was there and %v behind; it may be %v behind",
		lag.Round(time.Millisecond), s.Limits.KeepAlive)
}

// Calling says whether the provider's call is under way.
func (s *Stream) Calling() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calling
}
