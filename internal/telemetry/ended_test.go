package telemetry

import (
	"testing"
	"time"

	"tidegate/stream"
)

func report(change func(*stream.Report)) *stream.Report {
	r := &stream.Report{
		ID: "ID", API: stream.ChatCompletions, Principal: "app", Provider: "local", Model: "small", Asked: "small-2",
		Streamed: true, Status: 200, End: stream.End{Reason: stream.Complete},
		Received: 10, Delivered: 10, EndSent: true, BytesOut: 3000, High: 200,
		First: 400 * time.Millisecond, Duration: 3 * time.Second,
		Usage: stream.Usage{Input: 20, Output: 10, Cached: 8, Reasoning: 3}, Tries: 1,
	}
	if change != nil {
		change(r)
	}
	return r
}

func TestEnded(t *testing.T) {
	tel := New(options())
	tel.Ended(report(nil))
	tel.Ended(report(func(r *stream.Report) {
		r.End = stream.End{Reason: stream.UpstreamError, Cause: stream.CauseReset}
		r.Code, r.Received, r.Delivered, r.High = "upstream_error.reset", 4, 4, 700
	}))
	wants(t, tel, []wanted{
		{"tidegate_streams_ended_total", "none small local complete", 1},
		{"tidegate_streams_ended_total", "reset small local upstream_error", 1},
		{"tidegate_streams_ended_total", "none small local slow_consumer", 0},
		{"tidegate_streams_ended_total", "none * local complete", 0},
		{"tidegate_calls_total", "chat.completions none local 200", 1},
		{"tidegate_calls_total", "chat.completions upstream_error.reset local 200", 1},
		{"tidegate_events_received_total", "small local", 14},
		{"tidegate_client_written_bytes_total", "small local", 6000},
		{"tidegate_events_dropped_total", "small local lost", 0},
		{"tidegate_events_undelivered_total", "small local", 0},
		{"tidegate_stream_buffer_high_water_max_bytes", "", 700},
	})
	for name, want := range map[string]sample{
		"tidegate_time_to_first_event_seconds":    {0.8, 2},
		"tidegate_stream_duration_seconds":        {6, 2},
		"tidegate_stream_buffer_high_water_bytes": {900, 2},
	} {
		if got := gather(t, tel, name)["small local"]; got.count != want.count || !near(got.value, want.value) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestEndedTokens(t *testing.T) {
	tel := New(options())
	tel.Ended(report(nil))
	tel.Ended(report(func(r *stream.Report) { r.Usage = stream.Usage{Input: 5, Output: 7, Estimated: true} }))
	tel.Ended(report(func(r *stream.Report) { r.Usage = stream.Usage{Input: -1, Output: -1, Cached: -1, Reasoning: -1} }))
	wants(t, tel, []wanted{
		{"tidegate_tokens_total", "input small local", 25},
		{"tidegate_tokens_total", "output small local", 10},
		{"tidegate_tokens_total", "cached small local", 8},
		{"tidegate_tokens_total", "reasoning small local", 3},
		{"tidegate_tokens_total", "estimated small local", 7},
	})
}

// An event that is missing is a drop only if its client was sent the end; a
// client that left has not taken it.
func TestEndedMissing(t *testing.T) {
	for name, test := range map[string]struct {
		change            func(*stream.Report)
		lost, undelivered float64
	}{
		"client left after the provider had finished": {func(r *stream.Report) { r.Delivered, r.EndSent = 7, false }, 0, 3},
		"client left in the middle":                   {func(r *stream.Report) { r.Delivered, r.EndSent, r.End.Reason = 7, false, stream.Cancelled }, 0, 3},
		"complete but short":                          {func(r *stream.Report) { r.Delivered = 8 }, 2, 0},
		"failed and short":                            {func(r *stream.Report) { r.Delivered, r.End.Reason = 9, stream.UpstreamError }, 1, 0},
		"more than there were":                        {func(r *stream.Report) { r.Delivered = 11 }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tel := New(options())
			tel.Ended(report(test.change))
			wants(t, tel, []wanted{
				{"tidegate_events_dropped_total", "small local lost", test.lost},
				{"tidegate_events_undelivered_total", "small local", test.undelivered},
			})
		})
	}
}

// A call that is no stream, or never became one, is counted as a call alone.
func TestEndedCalls(t *testing.T) {
	tel := New(options())
	whole := func(r *stream.Report) {
		r.Streamed, r.Received, r.Delivered, r.First = false, 0, 0, 0
	}
	tel.Ended(report(whole))
	tel.Ended(report(func(r *stream.Report) {
		whole(r)
		r.Streamed, r.End, r.Provider, r.Model = true, stream.End{}, "", ""
		r.Status, r.Code = 401, "invalid_api_key"
	}))
	tel.Ended(report(func(r *stream.Report) {
		whole(r)
		r.Status, r.Code, r.End.Reason = 799, "upstream_status", stream.UpstreamError
	}))
	tel.Ended(report(func(r *stream.Report) {
		whole(r)
		r.Status, r.End.Reason = 0, stream.Cancelled
	}))
	wants(t, tel, []wanted{
		{"tidegate_calls_total", "chat.completions none local 200", 1},
		{"tidegate_calls_total", "chat.completions invalid_api_key other 401", 1},
		{"tidegate_calls_total", "chat.completions upstream_status local other", 1},
		{"tidegate_calls_total", "chat.completions none local none", 1},
		{"tidegate_events_received_total", "small local", 0},
	})
	for labels, s := range gather(t, tel, "tidegate_streams_ended_total") {
		if s.value != 0 {
			t.Errorf("a stream has ended: %s", labels)
		}
	}
	if got := gather(t, tel, "tidegate_time_to_first_event_seconds")["small local"]; got.count != 0 {
		t.Errorf("a first event: %+v", got)
	}
}

// A stream that was asked for and refused, by the provider or for it, has not
// broken: only what had begun can.
func TestEndedRefused(t *testing.T) {
	tel := New(options())
	for _, status := range []int{400, 429, 502, 0} {
		tel.Ended(report(func(r *stream.Report) {
			r.Status, r.Code, r.End.Reason = status, "upstream_status", stream.UpstreamError
			r.Received, r.Delivered, r.First, r.High = 0, 0, 0, 0
		}))
	}
	wants(t, tel, []wanted{{"tidegate_streams_ended_total", "none small local upstream_error", 0}})
	tel.Ended(report(func(r *stream.Report) { // a heartbeat had begun the answer
		r.Received, r.Delivered, r.First, r.End.Reason = 0, 0, 0, stream.UpstreamError
	}))
	wants(t, tel, []wanted{{"tidegate_streams_ended_total", "none small local upstream_error", 1}})
}

// Every reason there is has its series before the first stream has ended.
func TestEndedFromTheStart(t *testing.T) {
	tel := New(options())
	there := gather(t, tel, "tidegate_streams_ended_total")
	for _, reason := range stream.Reasons {
		if _, ok := there["none small local "+string(reason)]; !ok {
			t.Errorf("%s is missing", reason)
		}
	}
	wants(t, tel, []wanted{{"tidegate_events_dropped_total", "small local lost", 0}})
}

func BenchmarkEnded(b *testing.B) {
	tel, r := New(options()), report(nil)
	b.ReportAllocs()
	for b.Loop() {
		tel.Ended(r)
	}
}
