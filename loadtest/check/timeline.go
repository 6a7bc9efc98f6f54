package check

import (
	"time"

	"tidegate/loadtest/report"
)

// timeline is what happened to a stream: its first moments and its last ones.
type timeline struct {
	first, last []report.Moment
	next        int // where in last the next one goes, once it is full
	omitted     int
}

const (
	keepFirst = 16
	keepLast  = report.MaxMoments - keepFirst
)

func (t *timeline) add(m report.Moment) {
	switch {
	case len(t.first) < keepFirst:
		t.first = append(t.first, m)
	case len(t.last) < keepLast:
		t.last = append(t.last, m)
	default:
		t.last[t.next] = m
		t.next = (t.next + 1) % keepLast
		t.omitted++
	}
}

func (t *timeline) all() (moments []report.Moment, omitted int) {
	moments = append(moments, t.first...)
	moments = append(moments, t.last[t.next:]...)
	return append(moments, t.last[:t.next]...), t.omitted
}

// Who a moment is about.
const (
	Client   = "client"
	Target   = "target"
	Provider = "provider"
	Checker  = "checker"
)

// Mark notes a moment of the stream.
func (s *Stream) Mark(who, what string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark(who, what, at)
}

func (s *Stream) mark(who, what string, at time.Time) {
	s.timeline.add(report.Moment{At: report.Span(at.Sub(s.Begun)), Who: who, What: what})
}
