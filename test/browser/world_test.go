package browser

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/loadtest/provider"
)

const (
	// patience bounds what should take moments, so that a test which waits for
	// what never comes says so.
	patience = time.Minute
	// never is a keep-alive that no test lives to see.
	never = "1h"
	// prompt is what the pages ask.
	prompt = "Which way does the tide run?"
)

// world is a gateway and its provider.
type world struct {
	*gateway
	provider *provider.Server
	models   atomic.Int64
}

// newWorld starts a world for as long as the test runs; more is added to the
// gateway's configuration.
func newWorld(t *testing.T, keepAlive, more string) *world {
	t.Helper()
	return newWorldOf(t, keepAlive, more, "openai", "/v1")
}

// newWorldOf starts a world whose provider speaks another API, from a path on.
func newWorldOf(t *testing.T, keepAlive, more, api, base string) *world {
	t.Helper()
	p, err := provider.Start(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	configuration := fmt.Sprintf("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\ndrain: 0s\nkeep_alive: %s\nlog: {format: json}\n"+
		"providers:\n  scripted: {api: %s, base_url: '%s%s'}\nmodels:\n  '*': scripted\n  demo: scripted\n", keepAlive, api, p.URL(), base)
	return &world{gateway: startGateway(t, configuration+more), provider: p}
}

// model is a model name that carries a script and that no other call has.
func (w *world) model(script string) string {
	return fmt.Sprintf("script:%s,seed=%d", script, w.models.Add(1))
}

// calls are the provider's calls for a model.
func (w *world) calls(model string) []provider.Call {
	return slices.DeleteFunc(w.provider.Calls(), func(c provider.Call) bool { return c.Model != model })
}

// paused waits until the gateway does not read from the provider of its only
// stream.
func (w *world) paused(t *testing.T) {
	t.Helper()
	for began := time.Now(); ; {
		resp, err := http.Get(w.admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if pausedStream.Match(text) {
			return
		}
		if time.Since(began) > patience {
			t.Fatal("the provider is not paused")
		}
	}
}

var pausedStream = regexp.MustCompile(`(?m)^tidegate_streams_paused\{.*\} 1$`)

// once returns how the provider's only call for a model ended.
func (w *world) once(t *testing.T, model string) provider.Ending {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var calls []provider.Call
	_, err := w.provider.Wait(ctx, func(provider.Stats) bool {
		calls = w.calls(model)
		return len(calls) > 0 && calls[len(calls)-1].Ending != ""
	})
	if err != nil || len(calls) != 1 {
		t.Fatalf("the provider's calls: %v, %+v", err, calls)
	}
	return calls[0].Ending
}
