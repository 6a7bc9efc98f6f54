package report

import (
	"math"
	"strconv"
	"time"
)

// Seconds is a span of time, in JSON a number of seconds.
type Seconds float64

// Span makes Seconds of a duration.
func Span(d time.Duration) Seconds { return Seconds(d.Seconds()) }

// Duration is the way back, to the nanosecond.
func (s Seconds) Duration() time.Duration {
	return time.Duration(math.Round(float64(s) * float64(time.Second)))
}

// MarshalJSON writes null for what is no number: one division by zero must not
// cost the report of an hour.
func (s Seconds) MarshalJSON() ([]byte, error) {
	f := float64(s)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, f, 'f', -1, 64), nil
}
