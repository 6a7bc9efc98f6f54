package check

import (
	"time"

	"tidegate/loadtest/report"
)

// Outcome is how a stream ended for its application.
type Outcome int

// The outcomes.
const (
	Whole   Outcome = iota // an end that programs take for a whole answer
	Told                   // an error, or a connection that broke off
	Refused                // it never began
	Silent                 // nothing more came
)

// End is how a stream ended for its application.
type End struct {
	Outcome Outcome
	Marker  bool   // the API's end marker came
	Seq     uint64 // how many events there were, as the target says; 0 where it does not
	Detail  string // a status, a reason or an error, for the timeline
}

// Ended says how the stream ended for its application.
func (s *Stream) Ended(e End, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		s.violate(report.EndTwice, at, "the stream ended again: %s", e.Detail)
		return
	}
	s.end, s.ended = &e, at
	s.mark(Target, "ends: "+e.Detail, at)
	if e.Outcome == Refused {
		return
	}
	if e.Seq > 0 && e.Outcome == Whole && e.Seq != s.got && e.Seq != s.came {
		s.violate(report.Lost, at, "the end says %d events, %d came", e.Seq, s.came)
	}
	switch {
	case e.Outcome == Silent && s.excuses(at):
		s.excused = true
	case e.Outcome == Silent:
		s.violate(report.EndMissing, at, "after event %d nothing came, and no end", s.got)
	case !s.Witnessed:
	case e.Outcome == Whole && !s.marker:
		s.violate(report.Short, at, "the end says that the answer is whole after %d events; the provider never said so", s.got)
	case e.Outcome == Whole:
		s.whole(&e, at)
	default:
		s.told(&e, at)
	}
	s.lose(at)
}

func (s *Stream) whole(e *End, at time.Time) {
	if !e.Marker {
		s.violate(report.EndMissing, at, "the provider's end marker did not come")
	}
	if n := s.sent - s.got; n > 0 {
		s.violate(report.Lost, at, "the last %d of %d events did not come", n, s.sent)
	}
}

// excuses says whether a target may have given the client up by then: it has
// not read, or was away, for so long.
func (s *Stream) excuses(at time.Time) bool {
	early := s.Limits.early()
	return s.presence.gone() || s.lag(at) >= early || s.absent >= early ||
		s.presence == Away && at.Sub(s.since) >= early
}

// told judges an end that says that the answer is not whole.
func (s *Stream) told(e *End, at time.Time) {
	s.excused = s.excuses(at)
	if s.marker && !s.excused {
		s.violate(report.EndMissing, at, "the answer was whole, and the client was told otherwise: %s", e.Detail)
	}
}

// short looks for what a broken answer lacks, once it is known how its
// provider's call has ended.
func (s *Stream) short(at time.Time) {
	if !s.Witnessed || s.end == nil || s.end.Outcome != Told || s.excused || s.Tail || s.marker {
		return
	}
	if s.callEnd != Finished && s.callEnd != Faulted {
		return
	}
	if n := s.sent - s.got; n > 0 {
		s.violate(report.Lost, at, "the provider sent %d events before it broke off, the last %d did not come", s.sent, n)
	}
}

// lose names what was skipped and did not come later.
func (s *Stream) lose(at time.Time) {
	if n := len(s.missing); n > 0 {
		s.violate(report.Lost, at, "%d events did not come, the first of them event %d", n, s.missing[0].number)
	}
}
