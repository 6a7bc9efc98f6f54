package stream

import "time"

// Stats is a stream's figures at one moment.
type Stats struct {
	Appended uint64 // events the provider has sent
	Sent     uint64 // the newest event handed out
	Reached  uint64 // the same, ever: more than Sent where the consumer came back from further behind
	Acked    uint64 // the newest event acknowledged, or written where nobody acknowledges
	Max      uint64 // the newest event that may be handed out
	Bytes    int    // held in the buffer; for an event larger than the buffer, its size
	Raw      int    // what the events held had in bytes when the provider sent them; without a batch under way
	High     int    // most bytes the buffer ever held
	Full     bool   // nothing is read from the provider until the buffer is half empty
	Paused   time.Duration
	Attached bool
	Ended    bool
}

// Lag is how many events the consumer is behind the provider.
func (s Stats) Lag() uint64 { return s.Appended - s.Acked }

// Stats returns the stream's figures.
func (s *Stream) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Appended: s.appended, Sent: s.sent, Reached: s.furthest(), Acked: s.acked, Max: s.max,
		Bytes: s.buf.used() + s.large.size(), High: s.buf.high,
		Raw: s.raw.held + s.raw.sent + s.large.size(), Full: s.full, Paused: s.paused,
		Attached: s.reader != nil, Ended: s.ended,
	}
	if !s.pausedAt.IsZero() {
		st.Paused += s.cfg.Now().Sub(s.pausedAt)
	}
	return st
}
