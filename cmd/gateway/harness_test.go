package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// houses are all gateways of this run, looked at once more at its end.
var houses struct {
	sync.Mutex
	all []*house
}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		// Every goroutine has ended by now, so what is still counted was leaked.
		for _, h := range houses.all {
			if code == 0 && (h.registry.Len() != 0 || h.server.Conns() != 0) {
				fmt.Fprintf(os.Stderr, "%s: %d calls and %d connections are still counted\n", h.name, h.registry.Len(), h.server.Conns())
				code = 1
			}
		}
		os.Exit(code)
	}))
}

// setup is what a test wants other than usual.
type setup struct {
	provider provider.Options
	config   func(*config.Config)
}

// house is a whole gateway on real sockets, and a scripted provider behind it.
type house struct {
	*gateway
	name     string
	provider *provider.Server
	addr     string // of the listener for clients
	admin    string // URL of the admin listener
	log      *logBook
	http     *http.Client
	stop     func() (cut int) // shuts the gateway down and waits for it
}

// start runs a gateway for one test. Nothing in it gives up early: a test
// that is about a timer sets it.
func start(t testing.TB, s setup) *house {
	t.Helper()
	p, err := provider.Start(s.provider)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	c, err := config.FromEnv(p.URL()+"/v1", func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	c.KeepAlive, c.Drain = time.Minute, 0
	if s.config != nil {
		s.config(c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	h := &house{name: t.Name(), provider: p, log: newLogBook()}
	if h.gateway, err = newGateway(c, slog.New(slog.NewJSONHandler(h.log, nil))); err != nil {
		t.Fatal(err)
	}
	h.serve(t)
	houses.Lock()
	houses.all = append(houses.all, h)
	houses.Unlock()
	return h
}

// serve begins to serve.
func (h *house) serve(t testing.TB) {
	public, admin := loopback(t), loopback(t)
	h.addr, h.admin = public.Addr().String(), "http://"+admin.Addr().String()
	h.http = newClient()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	var cut int
	var failed error
	go func() {
		defer close(done)
		cut, failed = h.gateway.serve(ctx, public, admin)
	}()
	h.stop = sync.OnceValue(func() int {
		h.http.CloseIdleConnections()
		cancel()
		<-done
		if failed != nil {
			t.Errorf("serve: %v", failed)
		}
		return cut
	})
	t.Cleanup(func() { h.stop() })
}

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}}
}

// commanded is a gateway that a command line has started: no more is known of
// it than where it is.
func commanded(t testing.TB, addr string) *house {
	h := &house{addr: addr, http: newClient()}
	t.Cleanup(h.http.CloseIdleConnections)
	return h
}

func loopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// http2 lets the gateway speak HTTP/2 to its provider.
func http2(c *config.Config) { everyProvider(c, func(p *config.Provider) { p.HTTP = config.HTTP2 }) }

func everyProvider(c *config.Config, change func(*config.Provider)) {
	for name, p := range c.Providers {
		change(&p)
		c.Providers[name] = p
	}
}

// everyAPI makes the provider three, one for each dialect. They fail often
// enough on purpose: no breaker shall hide it.
func everyAPI(c *config.Config) {
	p := c.Providers["default"]
	p.Breaker.Failures = 100_000
	c.Providers["default"] = p
	root := strings.TrimSuffix(p.BaseURL, "/v1")
	p.API = config.APIAnthropic
	c.Providers["anthropic"] = p
	p.API, p.BaseURL = config.APIGemini, root+"/v1beta"
	c.Providers["gemini"] = p
	c.Models[config.AnyModel] = config.To("default", "anthropic", "gemini")
}

// both runs a test over HTTP/1.1 and over HTTP/2 to the provider.
func both(t *testing.T, f func(t *testing.T, protocol func(*config.Config))) {
	t.Run("http1", func(t *testing.T) { f(t, func(*config.Config) {}) })
	t.Run("http2", func(t *testing.T) { f(t, http2) })
}

// patient bounds what only a defect makes long.
const patient = time.Minute

// patience is a context that ends then.
func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	t.Cleanup(cancel)
	return ctx
}

// await waits for the provider's counters.
func (h *house) await(t testing.TB, what string, cond func(provider.Stats) bool) {
	t.Helper()
	if st, err := h.provider.Wait(patience(t), cond); err != nil {
		t.Fatalf("waiting for %s: %v; %+v", what, err, st)
	}
}

// lastCall is the provider's newest call, once it has ended.
func (h *house) lastCall(t testing.TB) provider.Call {
	t.Helper()
	h.await(t, "the calls' end", func(s provider.Stats) bool { return s.Calls > 0 && s.Active == 0 })
	calls := h.provider.Calls()
	return calls[len(calls)-1]
}
