package browser

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// world is a gateway and its provider.
type world struct{ *harness.World }

// newWorld starts a world for as long as the test runs; more is added to the
// gateway's configuration.
func newWorld(t *testing.T, keepAlive, more string) *world {
	t.Helper()
	return newWorldOf(t, keepAlive, more, "openai", "/v1")
}

// newWorldOf starts a world whose provider speaks another API, from a path on.
func newWorldOf(t *testing.T, keepAlive, more, api, base string) *world {
	t.Helper()
	return &world{harness.New(t, func(provider string) string {
		return fmt.Sprintf("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\ndrain: 0s\nkeep_alive: %s\nlog: {format: json}\n"+
			"providers:\n  scripted: {api: %s, base_url: '%s%s'}\nmodels:\n  '*': scripted\n  demo: scripted\n", keepAlive, api, provider, base) + more
	})}
}

// paused waits until the gateway does not read from the provider of its only
// stream.
func (w *world) paused(t *testing.T) {
	t.Helper()
	for began := time.Now(); !pausedStream.MatchString(w.Metrics(t)); {
		if time.Since(began) > harness.Patience {
			t.Fatal("the provider is not paused")
		}
	}
}

var pausedStream = regexp.MustCompile(`(?m)^tidegate_streams_paused\{.*\} 1$`)

// once waits for the end of the provider's call for a model. It has to be the
// only one, and end so.
func (w *world) once(t *testing.T, model string, ending provider.Ending) {
	t.Helper()
	call, err := w.Wait(harness.Patient(t), model, harness.HasEnded)
	if calls := w.Calls(model); err != nil || len(calls) != 1 {
		t.Fatalf("the provider's calls: %v, %+v", err, calls)
	}
	if call.Ending != ending {
		t.Errorf("the provider's call ended %q", call.Ending)
	}
}
