package telemetry

import (
	"crypto/rand"
	"testing"
	"time"

	"tidegate/stream"
)

// Whatever is asked for, the configuration bounds the series.
func TestRoutesBoundSeries(t *testing.T) {
	tel := New(options())
	tel.Meter("nobody", "nothing").Delivered(1, time.Millisecond)
	tel.Ended(report(func(r *stream.Report) { r.Provider, r.Model = "nobody", "nothing" }))
	before := series(t, tel)
	for range 1000 {
		name := rand.Text()
		tel.Meter("local", name).Delivered(1, time.Millisecond)
		tel.Meter(name, "small").Paused(time.Millisecond)
		tel.Ended(report(func(r *stream.Report) { r.Provider, r.Model, r.ID, r.Principal = name, name, name, name }))
	}
	if after := series(t, tel); after != before {
		t.Errorf("%d series, %d before", after, before)
	}
	wants(t, tel, []wanted{{"tidegate_events_written_total", "other other", 1001}})
}

func TestRouteTwice(t *testing.T) {
	o := options()
	o.Routes = append(o.Routes, here, Route{Provider: other, Model: other})
	if got, want := series(t, New(o)), series(t, New(options())); got != want {
		t.Errorf("%d series, want %d", got, want)
	}
}
