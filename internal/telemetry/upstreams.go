package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Upstream is a provider's state at a moment.
type Upstream struct {
	Provider            string           // as configured
	Streams, MaxStreams int64            // calls under way, and how many may be
	Waiting             int64            // calls that wait for one of those to end
	Tries               map[string]int64 // calls so far, by what became of them
	Breakers            map[string]int   // by the provider's model: 0 closed, 1 half-open, 2 open
}

// upstreams shows the providers' states, asked for at each scrape: a breaker
// that only told its changes would look open for as long as nobody calls.
type upstreams func() []Upstream

var (
	providerStreams = prometheus.NewDesc("tidegate_provider_streams",
		"Calls under way at the provider, streamed or not.", []string{"provider"}, nil)
	providerStreamsLimit = prometheus.NewDesc("tidegate_provider_streams_limit",
		"How many calls may be under way at the provider.", []string{"provider"}, nil)
	providerWaiting = prometheus.NewDesc("tidegate_provider_waiting",
		"Calls that wait for others at the provider to end.", []string{"provider"}, nil)
	providerTries = prometheus.NewDesc("tidegate_provider_tries_total",
		"Attempts to have the provider answer a call, by what became of them.", []string{"provider", "outcome"}, nil)
	breakerState = prometheus.NewDesc("tidegate_breaker_state",
		"The breaker of a model at a provider: 0 closed, 1 half-open, 2 open. The model is the provider's name for it.", perRoute(), nil)
)

// Describe implements prometheus.Collector.
func (upstreams) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{providerStreams, providerStreamsLimit, providerWaiting, providerTries, breakerState} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (of upstreams) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	for _, u := range of() {
		gauge(providerStreams, u.Streams, u.Provider)
		gauge(providerStreamsLimit, u.MaxStreams, u.Provider)
		gauge(providerWaiting, u.Waiting, u.Provider)
		for outcome, n := range u.Tries {
			ch <- prometheus.MustNewConstMetric(providerTries, prometheus.CounterValue, float64(n), u.Provider, outcome)
		}
		for model, state := range u.Breakers {
			gauge(breakerState, int64(state), u.Provider, model)
		}
	}
}
