package main

import (
	"log/slog"

	"tidegate/internal/telemetry"
	"tidegate/upstream"
)

// observe makes the telemetry of a gateway that is being wired: what it reads
// is there before anybody asks.
func (g *gateway) observe(routes *upstream.Routes, oversize *upstream.Oversize, log *slog.Logger) *telemetry.Telemetry {
	var pairs []telemetry.Route
	for model, route := range routes.All() {
		pairs = append(pairs, telemetry.Route{Provider: route.Provider.Name(), Model: model})
	}
	return telemetry.New(telemetry.Options{
		Registry: g.registry, Routes: pairs, Buffer: int(g.config.Stream.Buffer), Log: log, Version: version(),
		Bodies: telemetry.Limit{
			Used: func() int64 { return g.server.BodiesHeld() }, Max: int64(g.config.Limits.RequestBodiesTotal),
		},
		Oversize: telemetry.Limit{Used: oversize.Held, Max: oversize.Total()},
		Clients: telemetry.Limit{
			Used: func() int64 { return int64(g.server.Conns()) }, Max: int64(g.config.Limits.Connections),
		},
		Providers: g.connections,
	})
}

// connections sums up what the transports have open.
func (g *gateway) connections() (sum telemetry.Connections) {
	for _, t := range g.transports {
		s := t.Stats()
		sum.Open += s.Open
		sum.Idle += int64(s.Idle)
		sum.Dials += s.Dials
		sum.Reuses += s.Reuses
	}
	return sum
}
