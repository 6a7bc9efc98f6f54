package sdk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/loadtest/provider"
)

const (
	// patience bounds what should take milliseconds, so that a test which
	// waits for what never comes says so.
	patience = time.Minute
	// never is a keep-alive that no test lives to see: what ends a call is
	// then not that the gateway tried to write.
	never = "1h"
	// prompt is what the clients ask.
	prompt = "Which way does the tide run?"
)

// world is a gateway and its provider. Client keys are on.
type world struct {
	*gateway
	provider *provider.Server
	models   atomic.Int64
}

// newWorld starts a world for as long as the test runs. At its end it checks
// every call that the provider has seen, and that streams ended for no reason
// but the given ones.
func newWorld(t *testing.T, keepAlive string, ends ...string) *world {
	t.Helper()
	p, err := provider.Start(provider.Options{History: 4096})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	w := &world{gateway: startGateway(t, p.URL(), keepAlive, ends), provider: p}
	t.Cleanup(func() { w.checkCalls(t) })
	return w
}

// ask bounds a wait or a call.
func ask(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// model is a model name that carries a script and that no other call has.
func (w *world) model(script string) string {
	return fmt.Sprintf("script:%s,seed=%d", script, w.models.Add(1))
}

// calls are the provider's calls for a model.
func (w *world) calls(model string) []provider.Call {
	return slices.DeleteFunc(w.provider.Calls(), func(c provider.Call) bool { return c.Model != model })
}

// wait returns the newest call for a model once it is as cond wants it.
func (w *world) wait(ctx context.Context, model string, cond func(provider.Call) bool) (call provider.Call, err error) {
	_, err = w.provider.Wait(ctx, func(provider.Stats) bool {
		calls := w.calls(model)
		if len(calls) == 0 {
			return false
		}
		call = calls[len(calls)-1]
		return cond(call)
	})
	return call, err
}

func isStalled(c provider.Call) bool { return c.Stalled }

func hasEnded(c provider.Call) bool { return c.Ending != "" }

// stalled waits until the provider has fallen silent.
func (w *world) stalled(t *testing.T, model string) {
	t.Helper()
	if call, err := w.wait(ask(t), model, isStalled); err != nil {
		t.Fatalf("waiting for the provider's silence: %v; %+v", err, call)
	}
}

// cancelled waits for the end of the call and fails the test unless the
// provider was left by the gateway.
func (w *world) cancelled(t *testing.T, model string) {
	t.Helper()
	call, err := w.wait(ask(t), model, hasEnded)
	if err != nil {
		t.Fatalf("the provider does not see that the client has gone: %v; %+v", err, call)
	}
	if call.Ending != provider.Cancelled {
		t.Errorf("the provider's call ended %q", call.Ending)
	}
}

// checkCalls checks what holds for every call: the provider gets its own key,
// never the client's, and nothing is left running.
func (w *world) checkCalls(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if stats, err := w.provider.Wait(ctx, func(s provider.Stats) bool { return s.Active == 0 }); err != nil {
		t.Errorf("calls left running: %+v", stats)
	}
	for _, call := range w.provider.Calls() {
		if call.Key != providerKey {
			t.Errorf("%s %s: the provider got the key %q", call.Path, call.Model, call.Key)
		}
		for name, values := range call.Header {
			if strings.Contains(strings.Join(values, "\n"), w.key) {
				t.Errorf("%s %s: the provider got the client's key in %s", call.Path, call.Model, name)
			}
		}
	}
}
