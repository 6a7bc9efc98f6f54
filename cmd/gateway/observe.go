package main

import (
	"tidegate/internal/telemetry"
	"tidegate/stream"
	"tidegate/upstream"
)

// observe makes the telemetry of a gateway that is being wired: what it reads
// is there before anybody asks.
func (g *gateway) observe(routes *upstream.Routes, oversize *upstream.Oversize) *telemetry.Telemetry {
	var pairs []telemetry.Route
	routes.Pairs(func(provider, model string) {
		pairs = append(pairs, telemetry.Route{Provider: provider, Model: model})
	})
	apis := map[string][]stream.API{}
	for _, p := range routes.Providers() {
		apis[p.Name()] = p.APIs()
	}
	return telemetry.New(telemetry.Options{
		Registry: g.registry, Routes: pairs, APIs: apis, Buffer: int(g.config.Stream.Buffer), Log: g.log, Version: version(),
		Bodies: telemetry.Limit{
			Used: func() int64 { return g.server.BodiesHeld() }, Max: int64(g.config.Limits.RequestBodiesTotal),
		},
		Oversize: telemetry.Limit{Used: oversize.Held, Max: oversize.Total()},
		Clients: telemetry.Limit{
			Used: func() int64 { return int64(g.server.Conns()) }, Max: int64(g.config.Limits.Connections),
		},
		LogLost:   func() int64 { return g.lines.Lost() },
		Refusing:  map[string]func() int64{clients: g.refusing[clients].Load, admins: g.refusing[admins].Load},
		Providers: g.connections,
		Upstreams: func() (all []telemetry.Upstream) {
			for _, p := range routes.Providers() {
				all = append(all, telemetry.Upstream(p.Status()))
			}
			return all
		},
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
