package loadtest

import (
	"math"
	"time"
)

// schedule says when streams begin.
type schedule struct {
	rate float64 // per second, once it has risen
	ramp time.Duration
}

// due is when stream n begins, counted from 0. During the ramp the rate rises
// evenly from nothing.
func (s schedule) due(n int) time.Duration {
	ramp := s.ramp.Seconds()
	rising := s.rate * ramp / 2 // streams that begin during the ramp
	at := ramp + (float64(n)-rising)/s.rate
	if float64(n) < rising {
		at = math.Sqrt(2 * float64(n) * ramp / s.rate)
	}
	return time.Duration(at * float64(time.Second))
}
