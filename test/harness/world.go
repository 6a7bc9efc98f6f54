package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"tidegate/loadtest/provider"
)

// World is a gateway and its provider. Safe for concurrent use.
type World struct {
	*Gateway
	Provider *provider.Server
	models   atomic.Int64
}

// New starts a world for as long as the test runs. The gateway's configuration
// is made from the provider's URL, which has no path.
func New(t testing.TB, configuration func(provider string) string) *World {
	t.Helper()
	p, err := provider.Start(provider.Options{History: 4096})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file, []byte(configuration(p.URL())), 0o600); err != nil {
		t.Fatal(err)
	}
	return &World{Gateway: Start(t, "serve", "-config", file), Provider: p}
}

// Model is a model name that carries a script and that no other call has.
func (w *World) Model(script string) string {
	return fmt.Sprintf("script:%s,seed=%d", script, w.models.Add(1))
}

// Calls are the provider's calls for a model.
func (w *World) Calls(model string) []provider.Call {
	return slices.DeleteFunc(w.Provider.Calls(), func(c provider.Call) bool { return c.Model != model })
}

// Wait returns the newest call for a model once it is as cond wants it.
func (w *World) Wait(ctx context.Context, model string, cond func(provider.Call) bool) (call provider.Call, err error) {
	_, err = w.Provider.Wait(ctx, func(provider.Stats) bool {
		calls := w.Calls(model)
		if len(calls) == 0 {
			return false
		}
		call = calls[len(calls)-1]
		return cond(call)
	})
	return call, err
}

// HasEnded is for Wait.
func HasEnded(c provider.Call) bool { return c.Ending != "" }
