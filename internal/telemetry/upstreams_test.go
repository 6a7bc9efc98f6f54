package telemetry

import "testing"

func TestUpstreams(t *testing.T) {
	o := options()
	state := Upstream{
		Provider: "local", Streams: 3, MaxStreams: 4, Waiting: 5,
		Tries: map[string]int64{"answered": 6, "late": 7}, Breakers: map[string]int{"small": 2, "*": 0},
	}
	o.Upstreams = func() []Upstream { return []Upstream{state} }
	tel := New(o)
	wants(t, tel, []wanted{
		{"tidegate_provider_streams", "local", 3},
		{"tidegate_provider_streams_limit", "local", 4},
		{"tidegate_provider_waiting", "local", 5},
		{"tidegate_provider_tries_total", "answered local", 6},
		{"tidegate_provider_tries_total", "late local", 7},
		{"tidegate_breaker_state", "small local", 2},
		{"tidegate_breaker_state", "* local", 0},
	})
	state.Breakers["small"] = 1 // it is asked for at each scrape
	wants(t, tel, []wanted{{"tidegate_breaker_state", "small local", 1}})
}
