package telemetry

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/stream"
)

// ends are the ends that every route's metrics show from the start.
var ends = append(bare(stream.Reasons),
	stream.End{Reason: stream.UpstreamError, Cause: stream.CauseReset},
	stream.End{Reason: stream.UpstreamError, Cause: stream.CauseErrorEvent},
	stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseCut},
	stream.End{Reason: stream.UpstreamTruncated, Cause: stream.CauseNoMarker},
	stream.End{Reason: stream.UpstreamStalled, Cause: stream.CauseSilence},
)

func bare(reasons []stream.Reason) []stream.End {
	all := make([]stream.End, len(reasons))
	for i, reason := range reasons {
		all[i].Reason = reason
	}
	return all
}

// Ended counts a call and logs its line. It takes as long as the log's handler
// takes for a line.
func (t *Telemetry) Ended(r *stream.Report) {
	rt := t.route(r.Provider, r.Model)
	t.ended(r.API, rt.Provider, answer{r.Status, r.Code}).Inc()
	rt.bytesOut.Add(float64(r.BytesOut))
	rt.tokens(r.Usage)
	if r.Streamed && r.Status/100 == 2 && r.End.Reason != "" { // not one refused, or left, before it was a stream
		t.vecs.ended.WithLabelValues(rt.Provider, rt.Model,
			t.reasons.admit(string(r.End.Reason)), t.causes.admit(string(r.End.Cause))).Inc()
		rt.events(r)
		t.raiseHigh(int64(r.High))
	}
	t.logEnd(r)
}

// events counts a stream's events.
func (r *route) events(rep *stream.Report) {
	r.received.Add(float64(rep.Received))
	if rep.Received > rep.Delivered {
		missing := float64(rep.Received - rep.Delivered)
		if rep.EndSent {
			r.lost.Add(missing)
		} else {
			r.undelivered.Add(missing)
		}
	}
	if rep.First > 0 {
		r.first.Observe(rep.First.Seconds())
		r.duration.Observe(rep.Duration.Seconds())
		r.highest.Observe(float64(rep.High))
	}
}

// tokens counts what a call has used. A counter panics at less than 0, and what
// a provider says may be anything.
func (r *route) tokens(u stream.Usage) {
	add := func(c prometheus.Counter, n int64) { c.Add(float64(max(0, n))) }
	add(r.input, u.Input)
	add(r.cached, u.Cached)
	add(r.reasoning, u.Reasoning)
	if u.Estimated {
		add(r.estimated, u.Output)
	} else {
		add(r.output, u.Output)
	}
}

// raiseHigh notes how much a buffer has held.
func (t *Telemetry) raiseHigh(n int64) {
	for {
		high := t.high.Load()
		if n <= high || t.high.CompareAndSwap(high, n) {
			return
		}
	}
}

// status is a status as a label's value. It may be a provider's own, so only
// those that net/http knows are told apart.
func status(code int) string {
	switch {
	case code == 0:
		return none
	case http.StatusText(code) == "":
		return other
	}
	return strconv.Itoa(code)
}
