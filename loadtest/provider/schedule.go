package provider

import "time"

// schedule says when events are due. Each due time is computed from the start,
// never from the event before, so that no error adds up.
type schedule struct {
	start time.Time
	pace  float64 // events per second, above 0
}

// due is when event n, counted from 0, is to be sent.
func (s *schedule) due(n int) time.Time {
	return s.start.Add(time.Duration(float64(n) / s.pace * float64(time.Second)))
}

// shift moves all later events back, after a stall that was meant.
func (s *schedule) shift(by time.Duration) { s.start = s.start.Add(by) }
