package main

import (
	"strings"
	"testing"

	"tidegate/loadtest/provider"
)

// The figures that make a streaming hop observable: they move when they
// should, and come back.
func TestMetrics(t *testing.T) {
	o := unpaced()
	o.Script.Tokens = 3000
	h := start(t, setup{provider: o})
	route := []string{`provider="default"`, `model="*"`}
	c := h.dialBounded(t)
	c.begin(t, "m", 0)

	h.scrapeUntil(t, "a stream that is behind", func(m metrics) bool {
		return m.value(t, "tidegate_streams_paused", route...) == 1
	})
	m := h.scrape(t)
	for name, least := range map[string]float64{
		"tidegate_streams_active":                     1,
		"tidegate_calls_active":                       1,
		"tidegate_stream_lag_events":                  20,
		"tidegate_stream_lag_max_events":              20,
		"tidegate_stream_lag_bytes":                   200,
		"tidegate_stream_buffer_bytes":                200,
		"tidegate_stream_buffer_max_bytes":            200,
		"tidegate_stream_buffer_high_water_max_bytes": 200,
		"tidegate_client_connections":                 1,
		"tidegate_provider_connections":               1,
	} {
		if v := m.value(t, name); v < least {
			t.Errorf("%s is %v while a stream is behind, want %v or more", name, v, least)
		}
	}
	if v := m.value(t, "tidegate_stream_buffer_max_bytes"); v > 4096 {
		t.Errorf("a buffer holds %v bytes", v)
	}
	for done := false; !done; {
		ev, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		done = ev.Data == "[DONE]"
	}
	h.log.call(t, 1)
	h.scrapeUntil(t, "an idle gateway", func(m metrics) bool {
		return m.value(t, "tidegate_calls_active") == 0 && m.value(t, "tidegate_streams_active") == 0
	})
	const events = 3000 + 2 // the role and the finish_reason
	m = h.scrape(t)
	for name, want := range map[string]float64{
		"tidegate_stream_lag_events":                    0,
		"tidegate_stream_buffer_bytes":                  0,
		"tidegate_events_dropped_total":                 0,
		"tidegate_events_undelivered_total":             0,
		"tidegate_events_received_total":                events,
		"tidegate_events_written_total":                 events,
		"tidegate_time_to_first_event_seconds_count":    1,
		"tidegate_stream_duration_seconds_count":        1,
		"tidegate_stream_buffer_high_water_bytes_count": 1,
	} {
		if v := m.value(t, name, route...); v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	for _, name := range []string{
		"tidegate_provider_pauses_total", "tidegate_provider_pause_seconds_total",
		"tidegate_event_write_latency_seconds_count", "tidegate_event_write_latency_seconds_sum",
		"tidegate_client_written_bytes_total",
	} {
		if v := m.value(t, name, route...); v == 0 {
			t.Errorf("%s has not moved", name)
		}
	}
	if v := m.value(t, "tidegate_streams_ended_total", `reason="complete"`); v != 1 {
		t.Errorf("%v streams ended complete, want 1", v)
	}
	if v := m.value(t, "tidegate_calls_total", `status="200"`, `api="chat.completions"`); v != 1 {
		t.Errorf("%v calls with status 200, want 1", v)
	}
}

// Nothing that a client says becomes a label, or gets into the log but for the
// model's name.
func TestWhatClientsSayStaysOut(t *testing.T) {
	h := start(t, setup{})
	const secret = "xyzzy"
	body := `{"model":"named?tokens=2","stream":true,"user":"` + secret + `","messages":[{"role":"user","content":"` + secret + `"}]}`
	for _, body := range []string{
		body, strings.Replace(body, "true", "false", 1), strings.Replace(body, "tokens=2", "fault=fin&at=1", 1),
		strings.Replace(body, "tokens=2", "status=400", 1), body[:len(body)-1], `{"` + secret + `":1,"` + secret + `":2}`,
	} {
		h.post(t, chatPath, body)
	}
	h.post(t, "/v1/"+secret, "{}")
	h.log.call(t, 6)
	m := string(h.scrape(t))
	h.stop()
	for _, said := range []string{secret, provider.Text(1)} {
		if strings.Contains(h.log.all(), said) {
			t.Errorf("the log has %q", said)
		}
	}
	if strings.Contains(m, secret) || strings.Contains(m, "named") {
		t.Errorf("the metrics have %q or the model's name", secret)
	}
}
