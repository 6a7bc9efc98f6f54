package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Route is a configured pair of provider and model: what metrics are labelled
// with.
type Route struct {
	Provider string
	Model    string // "*" for the models without a route of their own
}

// route is a pair's own metrics, found once: to find one by its labels costs a
// hundred times what counting does.
type route struct {
	Route

	written, received        prometheus.Counter
	undelivered, lost        prometheus.Counter
	bytesOut                 prometheus.Counter
	pauses, pauseSeconds     prometheus.Counter
	writeLatency             prometheus.Observer
	acknowledgeLatency       prometheus.Observer
	first, duration, highest prometheus.Observer

	input, output, cached, reasoning, estimated prometheus.Counter // tokens
}

// addRoute finds a pair's metrics, which makes them present from the start: a
// counter that appears only with its first increment shows no increase.
func (t *Telemetry) addRoute(pair Route) *route {
	if r, ok := t.routes[pair]; ok {
		return r
	}
	v, p, m := t.vecs, pair.Provider, pair.Model
	r := &route{
		Route:              pair,
		written:            v.written.WithLabelValues(p, m),
		received:           v.received.WithLabelValues(p, m),
		undelivered:        v.undelivered.WithLabelValues(p, m),
		lost:               v.dropped.WithLabelValues(p, m, "lost"),
		bytesOut:           v.bytesOut.WithLabelValues(p, m),
		pauses:             v.pauses.WithLabelValues(p, m),
		pauseSeconds:       v.pauseSeconds.WithLabelValues(p, m),
		writeLatency:       v.writeLatency.WithLabelValues(p, m),
		acknowledgeLatency: v.acknowledgeLatency.WithLabelValues(p, m),
		first:              v.first.WithLabelValues(p, m),
		duration:           v.duration.WithLabelValues(p, m),
		highest:            v.highest.WithLabelValues(p, m),
		input:              v.tokens.WithLabelValues(p, m, "input"),
		output:             v.tokens.WithLabelValues(p, m, "output"),
		cached:             v.tokens.WithLabelValues(p, m, "cached"),
		reasoning:          v.tokens.WithLabelValues(p, m, "reasoning"),
		estimated:          v.tokens.WithLabelValues(p, m, "estimated"),
	}
	for _, end := range ends {
		v.ended.WithLabelValues(p, m, t.reasons.admit(string(end.Reason)), t.causes.admit(string(end.Cause)))
	}
	t.routes[pair] = r
	return r
}

// route is the pair's, or other's if the pair is not configured.
func (t *Telemetry) route(provider, model string) *route {
	if r, ok := t.routes[Route{provider, model}]; ok {
		return r
	}
	return t.other
}
