package check

import (
	"time"

	"tidegate/loadtest/report"
)

// unacked is what has come and was not acknowledged.
type unacked struct {
	events  queue[size]
	raw     int64 // bytes of the events
	records int64 // bytes of their records
	judge   bool  // the records are those of the buffer
	fresh   bool  // the next record is the first of a connection
}

type size struct{ raw, record int64 }

// Attached says that the target has accepted the stream, or its client's
// return, and how large it says its buffer is.
func (s *Stream) Attached(buffer int, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buffer = int64(buffer)
	s.unacked.fresh = true
	// After a return records are encoded anew, and may be longer.
	s.unacked.judge = s.got == 0
	if s.presence == Away {
		s.absent = at.Sub(s.since)
	}
	s.attached = true
	if !s.presence.gone() { // the test may have ended while the target was asked
		s.presence, s.since = Present, at
	}
	s.mark(Target, "accepts", at)
}

// Granted says that events up to max may come from now on.
func (s *Stream) Granted(max uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if max > s.granted {
		s.granted = max
	}
}

// Acked says that everything up to seq is being acknowledged.
func (s *Stream) Acked(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.acked < seq {
		s.acked++
		if s.unacked.events.len() > 0 {
			e := *s.unacked.events.at(0)
			s.unacked.events.drop(1)
			s.unacked.raw -= e.raw
			s.unacked.records -= e.record
		}
	}
	s.release()
}

// count adds an event to what is not acknowledged. What the target knows to be
// acknowledged is never more than what was said, so this is the least that it
// holds.
func (s *Stream) count(e *Event, at time.Time) {
	if !s.Resumable || s.buffer == 0 {
		return
	}
	u := &s.unacked
	z := size{raw: int64(len(e.Name) + len(e.Data)), record: int64(e.Wire)}
	if u.fresh {
		z.record, u.fresh = 0, false // it is encoded against nothing
	}
	u.events.push(z)
	u.raw += z.raw
	u.records += z.record
	switch {
	case u.events.len() == 1: // the largest event travels alone
	case u.judge && u.records > s.buffer:
		s.violate(report.BeyondBuffer, at, "%d events of %d encoded bytes are not acknowledged, the buffer has %d", u.events.len(), u.records, s.buffer)
	case s.Limits.Raw > 0 && u.raw > s.Limits.Raw*s.buffer:
		s.violate(report.BeyondBuffer, at, "%d events of %d bytes are not acknowledged, at most %d may be", u.events.len(), u.raw, s.Limits.Raw*s.buffer)
	}
}
