package telemetry

import (
	"log/slog"
	"runtime"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tidegate/stream"
)

// Options configure a Telemetry. Registry is required.
type Options struct {
	// Registry is looked through at each scrape for the calls and streams under
	// way.
	Registry *stream.Registry
	// Routes are the configured pairs of provider and model. What belongs to
	// none of them is counted under the provider and model "other".
	Routes []Route
	// APIs are what each provider speaks, by its name.
	APIs map[string][]stream.API
	// Buffer is how many bytes a stream's buffer holds.
	Buffer int
	// Log takes a line per call at its end; nil: there are none.
	Log *slog.Logger
	// Version is the gateway's own.
	Version string
	// Ready says why no calls should come here, or nil. It is asked by /readyz
	// in addition to the registry. Nil: only the registry is asked.
	Ready func() error

	Bodies    Limit              // bytes of request bodies held
	Oversize  Limit              // bytes of events larger than a stream's buffer held
	Clients   Limit              // clients' connections
	Providers func() Connections // connections to providers; nil: not shown
	Upstreams func() []Upstream  // the providers' states; nil: not shown
	LogLost   func() int64       // lines of the log that were lost since the start; nil: not shown
	// Refusing counts by listener how often the system would not accept a
	// connection since the start. The functions are safe for concurrent use.
	Refusing map[string]func() int64
}

// Telemetry counts, logs and shows. It implements stream.Observer. Safe for
// concurrent use.
type Telemetry struct {
	calls   *stream.Registry
	log     *slog.Logger
	ready   func() error
	metrics *prometheus.Registry
	vecs    *vecs

	// Neither changes after New, so that nobody waits for a lock.
	routes map[Route]*route
	other  *route

	apis, reasons, causes, codes words

	high atomic.Int64 // most bytes that any stream's buffer has held
}

var _ stream.Observer = (*Telemetry)(nil)

// New makes a Telemetry with metrics of its own: two in one process do not
// meet.
func New(o Options) *Telemetry {
	reg := prometheus.NewRegistry()
	t := &Telemetry{
		calls: o.Registry, log: o.Log, ready: o.Ready,
		metrics: reg, vecs: newVecs(reg),
		routes: make(map[Route]*route, len(o.Routes)+1),
	}
	t.other = t.addRoute(Route{Provider: other, Model: other})
	for _, r := range o.Routes {
		t.addRoute(r)
		t.addCalls(r.Provider, o.APIs[r.Provider], byProvider)
		t.addCalls(other, o.APIs[r.Provider], byGateway)
	}
	reg.MustRegister(
		&active{t: t, buffer: o.Buffer},
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	o.registerLimits(reg)
	if o.Upstreams != nil {
		reg.MustRegister(upstreams(o.Upstreams))
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tidegate_build_info",
		Help: "Always 1; the labels say which gateway this is and which Go built it.",
	}, []string{"version", "go_version"})
	build.WithLabelValues(o.Version, runtime.Version()).Set(1)
	reg.MustRegister(build)
	return t
}
