package telemetry

import (
	"time"

	"tidegate/stream"
)

// Meter returns the meter of a configured pair of provider and model. All
// streams of the pair share it. For any other pair it is the one of "other".
func (t *Telemetry) Meter(provider, model string) stream.Meter {
	return t.route(provider, model)
}

// Delivered counts events written to a client in one go. It is called for
// every flush, so the latency is observed once for all of its events: it is
// the oldest one's, and no event of the flush took longer.
func (r *route) Delivered(events int, latency time.Duration) {
	r.written.Add(float64(events))
	r.writeLatency.Observe(latency.Seconds())
}

// Acknowledged observes the latency of the oldest of the events that a client
// has acknowledged in one go.
func (r *route) Acknowledged(_ int, latency time.Duration) {
	r.acknowledgeLatency.Observe(latency.Seconds())
}

// Paused counts a pause that is over.
func (r *route) Paused(d time.Duration) {
	r.pauses.Inc()
	r.pauseSeconds.Add(max(0, d).Seconds()) // a counter panics at less than 0
}
