package check

import (
	"time"

	"tidegate/loadtest/report"
)

// Judge looks for what should have happened by now. It is to be called now and
// then while the stream lives, and returns whether waiting for it is of use.
func (s *Stream) Judge(at time.Time) (wait bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overdue || s.closed {
		return false
	}
	if !s.waste(at) {
		return true
	}
	s.overdue = true
	close(s.settled)
	return false
}

// waste says whether waiting longer is of no use.
func (s *Stream) waste(at time.Time) bool {
	grace := s.Limits.KeepAlive + s.Limits.Slack
	still := at.Sub(s.since)
	if !s.Witnessed {
		return s.presence.gone() && still > grace+s.Limits.KeepAlive // nobody can tell
	}
	// Without credit nothing can come: events wait for it, and the end for them.
	broke := s.Resumable && s.got >= s.granted && s.sent > s.got
	if s.calling {
		switch {
		case s.end != nil && at.Sub(s.ended) > s.Limits.Cancel+s.Limits.Slack:
			s.violate(report.CancelMissing, at, "the provider's call goes on %v after its stream has ended", at.Sub(s.ended).Round(time.Millisecond))
			return true
		case s.presence == Left, s.presence == Stopped:
			allowed := s.Limits.Cancel
			if s.Resumable && s.presence == Left {
				allowed = grace
			}
			if still > allowed {
				s.violate(report.CancelMissing, at, "the provider's call goes on %v after the client has left", still.Round(time.Millisecond))
				return true
			}
		case s.presence == Stalled, s.presence == Vanished:
			if held := min(at.Sub(s.blocked), still); !s.blocked.IsZero() && held > grace {
				s.violate(report.CancelMissing, at, "the provider is held up for %v by a client that reads nothing", held.Round(time.Millisecond))
				return true
			}
		case s.presence == Present && !broke && !s.blocked.IsZero() && at.Sub(s.blocked) > 2*grace && at.Sub(s.gotAt) > 2*grace:
			s.violate(report.EndMissing, at, "the provider is held up for %v, and the client that reads gets nothing", at.Sub(s.blocked).Round(time.Millisecond))
			return true
		}
		return false
	}
	// The call is over: the client that reads has to be told how.
	if s.presence == Present && s.end == nil && s.calls > 0 && !broke {
		from := s.callAt
		for _, t := range []time.Time{s.gotAt, s.since} {
			if t.After(from) {
				from = t
			}
		}
		if at.Sub(from) > grace+s.Limits.KeepAlive {
			s.violate(report.EndMissing, at, "the provider's call is over for %v, and the client was not told", at.Sub(s.callAt).Round(time.Millisecond))
			return true
		}
	}
	return false
}

// Result is what there is to say about a stream when it is over.
type Result struct {
	Violations []Violation
	Timeline   []report.Moment
	Omitted    int
	Judged     []report.Kind // what could be told
	Sent       uint64
	Got        uint64
	Wasted     int64
	Ahead      int64 // bytes; -1: nobody knows
	Pauses     []time.Duration
	Gone       bool          // the client was gone at the end, by its own doing
	Gave       bool          // the target has given the client up, and may have
	Cancel     time.Duration // from the client's leaving to the provider's noticing; 0: it did not come to that
	End        *End          // nil: the client left before
	Call       CallEnd       // "": there was none, or it goes on
}

// Close is the last word: nothing is said about the stream after it.
func (s *Stream) Close(at time.Time) Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.Witnessed && s.calling && s.presence.gone() && !s.overdue && s.callEnd == "" {
		s.mark(Checker, "the provider's call was not waited for any longer", at)
	}
	s.held(at)
	s.short(at)
	r := Result{
		Violations: s.found, Judged: s.judged(), Sent: s.sent, Got: s.got, Wasted: s.wasted,
		Ahead: -1, Pauses: s.pauses, End: s.end, Call: s.callEnd,
	}
	if s.Witnessed {
		r.Ahead = s.ahead
	}
	r.Timeline, r.Omitted = s.timeline.all()
	away := s.presence == Away || s.presence == Stalled || s.presence == Vanished
	r.Gave = s.callEnd == Cancelled && !s.marker && (away || s.presence != Left && s.presence != Stopped) ||
		s.end != nil && s.end.Outcome != Whole && s.excused
	r.Gone = s.presence.gone()
	atOnce := s.presence == Stopped || s.presence == Left && !s.Resumable
	if s.callEnd == Cancelled && atOnce && s.callAt.After(s.since) {
		r.Cancel = s.callAt.Sub(s.since)
	}
	return r
}

// held judges how much was taken for a client that reads nothing, where there
// are no acknowledgements.
func (s *Stream) held(at time.Time) {
	if s.Witnessed && s.Bounded && !s.Resumable && s.Limits.Held > 0 && s.ahead > s.Limits.Held {
		s.violate(report.BeyondBuffer, at, "%d bytes were taken from the provider beyond what the client had read, at most %d may be", s.ahead, s.Limits.Held)
	}
}

// judged are the kinds of violations that would have been seen.
func (s *Stream) judged() []report.Kind {
	var kinds []report.Kind
	add := func(can bool, k ...report.Kind) {
		if can {
			kinds = append(kinds, k...)
		}
	}
	events := s.got > 0
	add(events && (s.Witnessed || s.Resumable), report.Lost, report.Doubled, report.Reordered)
	add(events && s.Witnessed, report.Altered)
	ended := s.end != nil && s.end.Outcome != Refused
	add(ended && s.Witnessed, report.Short)
	add(ended, report.EndMissing, report.EndTwice)
	add(events && s.Resumable, report.BeyondCredit)
	add(events && s.Resumable && s.buffer > 0 || s.Witnessed && s.Bounded && !s.Resumable && events, report.BeyondBuffer)
	add(s.Witnessed && s.calls > 0 && s.presence.gone(), report.CancelMissing)
	add(s.Witnessed && s.calls > 0, report.CancelEarly)
	return kinds
}
