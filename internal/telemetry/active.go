package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"tidegate/stream"
)

// active shows what is under way. It looks through the registry at each
// scrape, so that the streams themselves count nothing for it.
type active struct {
	t      *Telemetry
	buffer int // bytes of a stream's buffer
}

// sums are the figures of one route's streams.
type sums struct {
	streams, paused             float64
	lagEvents, maxLagEvents     float64
	lagBytes, maxLagBytes       float64
	bufferBytes, maxBufferBytes float64
}

// gauge is a metric per route, and where in sums it is.
type gauge struct {
	desc *prometheus.Desc
	of   func(*sums) float64
}

func perRouteGauge(name, help string, of func(*sums) float64) gauge {
	return gauge{prometheus.NewDesc(name, help, perRoute(), nil), of}
}

var gauges = []gauge{
	perRouteGauge("tidegate_streams_active", "Streams under way, from the provider's first event until the client has the last.",
		func(s *sums) float64 { return s.streams }),
	perRouteGauge("tidegate_streams_paused", "Streams whose provider is not read now because the client's buffer is full.",
		func(s *sums) float64 { return s.paused }),
	perRouteGauge("tidegate_stream_lag_events", "Events received and not yet acknowledged (or written, where the client does not acknowledge), of all streams under way.",
		func(s *sums) float64 { return s.lagEvents }),
	perRouteGauge("tidegate_stream_lag_max_events", "As tidegate_stream_lag_events, of the stream that is furthest behind.",
		func(s *sums) float64 { return s.maxLagEvents }),
	perRouteGauge("tidegate_stream_lag_bytes", "Bytes held for clients that have not acknowledged them, of all streams under way, events larger than a buffer included. Buffered events count as they are held: as differences.",
		func(s *sums) float64 { return s.lagBytes }),
	perRouteGauge("tidegate_stream_lag_max_bytes", "As tidegate_stream_lag_bytes, of the stream that holds the most.",
		func(s *sums) float64 { return s.maxLagBytes }),
	perRouteGauge("tidegate_stream_buffer_bytes", "Bytes in the buffers of all streams under way, events larger than a buffer not included.",
		func(s *sums) float64 { return s.bufferBytes }),
	perRouteGauge("tidegate_stream_buffer_max_bytes", "As tidegate_stream_buffer_bytes, of the fullest buffer.",
		func(s *sums) float64 { return s.maxBufferBytes }),
}

var (
	bufferLimitDesc = prometheus.NewDesc("tidegate_stream_buffer_limit_bytes", "How many bytes each stream's buffer may hold.", nil, nil)
	bufferHighDesc  = prometheus.NewDesc("tidegate_stream_buffer_high_water_max_bytes", "The most bytes that any stream's buffer has held since the start.", nil, nil)
	callsDesc       = prometheus.NewDesc("tidegate_calls_active", "Calls under way, streamed or not.", nil, nil)
	callsLimitDesc  = prometheus.NewDesc("tidegate_calls_limit", "How many calls may be under way at once.", nil, nil)
)

// Describe implements prometheus.Collector.
func (a *active) Describe(ch chan<- *prometheus.Desc) {
	for _, g := range gauges {
		ch <- g.desc
	}
	ch <- bufferLimitDesc
	ch <- bufferHighDesc
	ch <- callsDesc
	ch <- callsLimitDesc
}

// Collect implements prometheus.Collector.
func (a *active) Collect(ch chan<- prometheus.Metric) {
	all := make(map[*route]*sums, len(a.t.routes))
	for _, r := range a.t.routes {
		all[r] = new(sums)
	}
	a.t.calls.Each(func(s *stream.Stream) {
		st := s.Stats()
		a.t.raiseHigh(int64(st.High))
		all[a.t.route(s.Provider(), s.Model())].add(st, a.buffer)
	})
	for r, s := range all {
		for _, g := range gauges {
			ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.of(s), r.Provider, r.Model)
		}
	}
	show := func(desc *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v)
	}
	show(bufferLimitDesc, float64(a.buffer))
	show(bufferHighDesc, float64(a.t.high.Load()))
	show(callsDesc, float64(a.t.calls.Len()))
	show(callsLimitDesc, float64(a.t.calls.Max()))
}

func (s *sums) add(st stream.Stats, buffer int) {
	s.streams++
	if st.Full {
		s.paused++
	}
	lag := float64(st.Lag())
	s.lagEvents += lag
	s.maxLagEvents = max(s.maxLagEvents, lag)
	held := float64(st.Bytes)
	s.lagBytes += held
	s.maxLagBytes = max(s.maxLagBytes, held)
	if st.Bytes <= buffer { // else it is one event, outside of the buffer
		s.bufferBytes += held
		s.maxBufferBytes = max(s.maxBufferBytes, held)
	}
}
