package main

import (
	"net/http"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// A whole gateway goes on to the next provider, says who answered and counts
// what became of each try.
func TestRoutes(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) {
		dead := config.DefaultProvider()
		dead.BaseURL = "http://" + loopbackAddr(t) + "/v1"
		dead.Breaker = config.Breaker{Failures: 2, Window: time.Hour, OpenFor: time.Hour}
		small := c.Providers["default"]
		small.Streams, small.Queue = 1, 0
		c.Providers["dead"], c.Providers["small"] = dead, small
		c.Models["next"] = config.To("dead/x", "default/m?tokens=3")
		c.Models["failing"] = config.To("default/m?status=500", "default/m?tokens=3")
		c.Models["dead"] = config.To("dead/x")
	}})
	for _, model := range []string{"next", "failing"} {
		a := h.post(t, chatPath, chat(model))
		if a.status != http.StatusOK || !a.done || a.header.Get("X-Tidegate-Provider") != "default" {
			t.Errorf("%s: status %d by %q: %q", model, a.status, a.header.Get("X-Tidegate-Provider"), a.body)
		}
	}
	h.await(t, "three calls", func(s provider.Stats) bool { return s.Calls == 3 && s.Active == 0 })

	a := h.post(t, chatPath, chat("dead"))
	if a.failed(t).Error.Code != "upstream_unreachable" {
		t.Errorf("%d %q", a.status, a.body)
	}
	a = h.post(t, chatPath, chat("dead"))
	if a.failed(t).Error.Code != "breaker_open" || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %q, header %v", a.status, a.body, a.header)
	}

	m := h.scrape(t)
	for _, w := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"tidegate_provider_tries_total", []string{`provider="dead"`, `outcome="unreachable"`}, 2},
		{"tidegate_breaker_state", []string{`provider="dead"`}, 2},
		{"tidegate_provider_streams_limit", []string{`provider="small"`}, 1},
	} {
		if got := m.value(t, w.name, w.labels...); got != w.want {
			t.Errorf("%s{%s} = %v, want %v", w.name, w.labels, got, w.want)
		}
	}
}

// loopbackAddr is an address where nobody listens.
func loopbackAddr(t *testing.T) string {
	l := loopback(t)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
