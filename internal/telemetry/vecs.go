package telemetry

import "github.com/prometheus/client_golang/prometheus"

// vecs are the metrics that are counted as things happen.
type vecs struct {
	written, received, undelivered, dropped, bytesOut *prometheus.CounterVec
	pauses, pauseSeconds                              *prometheus.CounterVec
	ended, calls, tokens                              *prometheus.CounterVec
	writeLatency, acknowledgeLatency                  *prometheus.HistogramVec
	first, duration, highest                          *prometheus.HistogramVec
}

// The buckets. The latencies begin where a token that nobody holds up is
// written, and end well above keep-alive. Those of the buffer are fixed,
// whatever its size, so that gateways with different ones can be added up.
var (
	latencyBuckets = []float64{
		10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6,
		1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3,
		1, 2.5, 5, 10, 30, 60,
	}
	firstBuckets    = []float64{10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 30, 60, 120, 300}
	durationBuckets = []float64{100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800}
	highestBuckets  = prometheus.ExponentialBuckets(64, 2, 15) // to 1 MiB, the largest buffer
)

// perRoute are the labels of what belongs to a provider and model.
func perRoute(more ...string) []string {
	return append([]string{"provider", "model"}, more...)
}

func newVecs(reg prometheus.Registerer) *vecs {
	counter := func(name, help string, labels []string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		reg.MustRegister(v)
		return v
	}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, perRoute())
		reg.MustRegister(v)
		return v
	}
	return &vecs{
		written: counter("tidegate_events_written_total",
			"Events written to clients, counted as they are written.", perRoute()),
		received: counter("tidegate_events_received_total",
			"Events received from providers, counted when their stream ends.", perRoute()),
		undelivered: counter("tidegate_events_undelivered_total",
			"Events that a client had not taken when its stream broke off, counted when the stream ends.", perRoute()),
		dropped: counter("tidegate_events_dropped_total",
			"Events missing although the client was sent its stream's end. Anything but 0 is a defect of the gateway.", perRoute("reason")),
		bytesOut: counter("tidegate_client_written_bytes_total",
			"Bytes written to clients, framing included, counted when the call ends.", perRoute()),
		pauses: counter("tidegate_provider_pauses_total",
			"How often reading from a provider stood still because the client's buffer was full, counted when the pause is over.", perRoute()),
		pauseSeconds: counter("tidegate_provider_pause_seconds_total",
			"How long reading from providers stood still because the client's buffer was full, counted when the pause is over.", perRoute()),
		tokens: counter("tidegate_tokens_total",
			"Tokens that calls have used as far as providers have said, counted when the call ends: input (cached is part of it), output (reasoning is part of it), and estimated for output that was reckoned because the stream ended before the provider had said.",
			perRoute("kind")),
		ended: counter("tidegate_streams_ended_total",
			"Streams that ended, by reason and, where a reason covers several things, cause. Calls that were refused never were streams.", perRoute("reason", "cause")),
		calls: counter("tidegate_calls_total",
			"Calls that ended, streamed or not, by the HTTP status that the client got and the gateway's code for what went wrong.",
			[]string{"api", "provider", "status", "code"}),
		writeLatency: histogram("tidegate_event_write_latency_seconds",
			"From an event's receipt from the provider until it was written to the client; one observation a flush, for its oldest event.", latencyBuckets),
		acknowledgeLatency: histogram("tidegate_event_acknowledge_latency_seconds",
			"From an event's receipt from the provider until the client acknowledged it; one observation an acknowledgement, for its oldest event.", latencyBuckets),
		first: histogram("tidegate_time_to_first_event_seconds",
			"From a call's arrival until its provider's first event, for streams that had one.", firstBuckets),
		duration: histogram("tidegate_stream_duration_seconds",
			"From a call's arrival until its end, for streams that had an event.", durationBuckets),
		highest: histogram("tidegate_stream_buffer_high_water_bytes",
			"The most bytes that a stream's buffer ever held, one observation a stream that had an event, at its end.", highestBuckets),
	}
}
