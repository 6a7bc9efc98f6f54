package check

import "time"

// Presence is what the client is doing, as far as a target has to care.
type Presence int

// What clients do.
const (
	Present  Presence = iota
	Paused            // connected, and not reading for a while
	Away              // its connection is gone, and it may come back
	Left              // gone for good, as the target can see
	Stopped           // it has asked to cancel the call
	Stalled           // connected, and it will never read again
	Vanished          // gone for good, and nobody told the target
)

var presences = [...]string{"reads", "pauses", "breaks its connection", "leaves", "cancels the call", "stops reading for good", "vanishes"}

// gone says that nothing that is sent from now on will be read.
func (p Presence) gone() bool { return p >= Left }

// Is says what the client does from now on. It is said before it is done, so
// that the target can't react before.
func (s *Stream) Is(p Presence, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.presence == p || s.presence.gone() {
		return
	}
	s.presence, s.since = p, at
	s.mark(Client, presences[p], at)
}

// Broke says that the target has broken the connection. It may have done so at
// any time since it was last heard.
func (s *Stream) Broke(why string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark(Target, "the connection breaks: "+why, at)
	if s.presence.gone() || s.presence == Away {
		return
	}
	s.presence = Away
	if s.gotAt.After(s.since) {
		s.since = s.gotAt
	}
}

// Applied is the number of events that have come.
func (s *Stream) Applied() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}
