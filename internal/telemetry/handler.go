package telemetry

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes run at once, since each looks through all
// streams. Further ones get 503.
const maxScrapes = 4

const index = `tidegate, admin

/metrics        metrics, Prometheus text or OpenMetrics
/healthz        200 while the process lives
/readyz         200 while calls should come here, else 503
/debug/streams  the streams under way, those furthest behind first
/debug/pprof/   profiles
`

// Handler is for the admin listener: metrics, health, readiness, the streams
// under way, and profiles. It asks for no key and is nothing for the public.
// Profiles are served here alone: importing net/http/pprof also puts them on
// http.DefaultServeMux, which therefore must not be served anywhere.
func (t *Telemetry) Handler() http.Handler {
	opts := promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: maxScrapes}
	if t.log != nil {
		opts.ErrorLog = slog.NewLogLogger(t.log.Handler(), slog.LevelWarn)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", text(index))
	mux.Handle("GET /metrics", promhttp.HandlerFor(t.metrics, opts))
	mux.HandleFunc("GET /healthz", text("ok\n"))
	mux.HandleFunc("GET /readyz", t.readyz)
	mux.HandleFunc("GET /debug/streams", t.streams)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("POST /debug/pprof/symbol", pprof.Symbol) // as go tool pprof asks
	return mux
}

// readyz says whether calls should come here.
func (t *Telemetry) readyz(w http.ResponseWriter, r *http.Request) {
	why := ""
	switch {
	case t.calls.Draining():
		why = "draining"
	case t.ready != nil:
		if err := t.ready(); err != nil {
			why = err.Error()
		}
	}
	if why != "" {
		http.Error(w, why, http.StatusServiceUnavailable)
		return
	}
	text("ok\n")(w, r)
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, s)
	}
}
