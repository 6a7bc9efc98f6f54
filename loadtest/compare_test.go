package loadtest

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"tidegate/loadtest/check"
	"tidegate/loadtest/report"
)

// reverseProxy is what many would put in front of a provider.
func reverseProxy(t *testing.T, provider string) string {
	t.Helper()
	to, err := url.Parse("http://" + provider)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
	})
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		transport.CloseIdleConnections()
	})
	return server.URL
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A proxy that knows nothing of models is caught at what it does not know:
// that an end without its marker is none, and that nobody reads.
func TestReverseProxy(t *testing.T) {
	t.Parallel()
	listen := freeAddress(t)
	run := func(o Options) report.Run {
		o.Targets = []Target{{URL: reverseProxy(t, listen) + "/v1"}}
		o.Listen, o.Streams, o.Rate, o.Duration = listen, 10, 200, time.Minute
		r, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r.Runs[0]
	}
	for _, c := range []struct {
		profile, fault string
		tokens         int
		want           report.Kind
	}{
		{"steady", "end", 40, report.Short},
		{"stalled", "none", 3000, report.BeyondBuffer},
		{"vanisher", "none", 100_000, report.CancelMissing},
	} {
		got := run(Options{
			Profiles: mix(t, c.profile, ProfileNames()), Faults: mix(t, c.fault, FaultNames()), Tokens: c.tokens,
			Limits: check.Limits{KeepAlive: 200 * time.Millisecond, Cancel: time.Second, Slack: 500 * time.Millisecond},
		})
		found := map[report.Kind]int64{}
		for _, k := range got.Checks {
			found[k.Kind] = k.Found
		}
		if found[c.want] == 0 {
			t.Errorf("%s, %s: %v %+v", c.profile, c.fault, found, got.Total.Ends)
		}
	}
}

// The same load goes to two targets, in turns.
func TestCompare(t *testing.T) {
	listen := freeAddress(t)
	target := func(name string) Target {
		double, stop, err := startDouble(flawless)(t.Context(), "http://"+listen)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		double.Name = name
		return double
	}
	r, err := Run(context.Background(), Options{
		Targets: []Target{target("one"), target("two")},
		Listen:  listen, Streams: 10, Turns: 3, Rate: 200, Duration: time.Minute, Tokens: 20, Pace: 500,
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 2 || len(r.Ratios) == 0 || r.Failed() {
		t.Fatalf("%d runs, %d ratios, %+v", len(r.Runs), len(r.Ratios), r.Runs)
	}
	for i, name := range []string{"one", "two"} {
		run := r.Runs[i]
		if run.Name != name || run.Total.Streams != 10 || run.Total.Ends.Whole != 10 || len(run.Turns) != 3 || run.Provider.Calls != 10 {
			t.Errorf("%s: %+v, %d turns, %+v", run.Name, run.Total, len(run.Turns), run.Provider)
		}
		var sum int64
		for _, turn := range run.Turns {
			sum += turn.Streams
			if turn.Elapsed <= 0 || turn.Elapsed > run.Elapsed {
				t.Errorf("a turn of %v in a run of %v", turn.Elapsed, run.Elapsed)
			}
		}
		if sum != 10 || run.Total.Added.Count != run.Total.Tokens || len(run.Total.Added.Curve) == 0 {
			t.Errorf("%d streams in turns, %d latencies of %d tokens", sum, run.Total.Added.Count, run.Total.Tokens)
		}
	}
}
