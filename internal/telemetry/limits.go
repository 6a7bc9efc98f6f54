package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Limit is something bounded: how much of it is in use, and the bound.
type Limit struct {
	Used func() int64 // safe for concurrent use; nil: the limit is not shown
	Max  int64
}

// Connections counts the connections to providers.
type Connections struct {
	Open   int64 // now, idle ones included
	Idle   int64 // among them, those that carry no call
	Dials  int64 // attempts to connect since the start
	Reuses int64 // calls since the start that went over a connection used before
}

// registerLimits shows what Options knows by functions only.
func (o *Options) registerLimits(reg prometheus.Registerer) {
	gauge := func(name, help string, of func() float64) {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, of))
	}
	counter := func(name, help string, of func() float64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, of))
	}
	for _, l := range []struct {
		Limit
		name, help, limitName, limitHelp string
	}{
		{o.Bodies,
			"tidegate_request_body_bytes", "Bytes of request bodies held now.",
			"tidegate_request_body_limit_bytes", "How many bytes of request bodies may be held at once."},
		{o.Oversize,
			"tidegate_oversize_event_bytes", "Bytes reserved now for events larger than a stream's buffer.",
			"tidegate_oversize_event_limit_bytes", "How many bytes of events larger than a stream's buffer may be held at once."},
		{o.Clients,
			"tidegate_client_connections", "Clients' connections open now.",
			"tidegate_client_connections_limit", "How many clients' connections may be open at once."},
	} {
		if l.Used == nil {
			continue
		}
		gauge(l.name, l.help, func() float64 { return float64(l.Used()) })
		gauge(l.limitName, l.limitHelp, func() float64 { return float64(l.Max) })
	}
	if of := o.LogLost; of != nil {
		counter("tidegate_log_lines_lost_total", "Lines of the log that could not be written.",
			func() float64 { return float64(of()) })
	}
	for listener, of := range o.Refusing {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tidegate_accept_errors_total", Help: "How often a connection could not be accepted, by listener.",
			ConstLabels: prometheus.Labels{"listener": listener},
		}, func() float64 { return float64(of()) }))
	}
	if of := o.Providers; of != nil {
		gauge("tidegate_provider_connections", "Connections to providers open now, idle ones included.",
			func() float64 { return float64(of().Open) })
		gauge("tidegate_provider_connections_idle", "Connections to providers that carry no call now.",
			func() float64 { return float64(of().Idle) })
		counter("tidegate_provider_dials_total", "Attempts to connect to a provider.",
			func() float64 { return float64(of().Dials) })
		counter("tidegate_provider_connection_reuses_total", "Calls that went over a connection to the provider that was used before.",
			func() float64 { return float64(of().Reuses) })
	}
}
