package sdk

import (
	"context"
	"slices"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// world is a gateway and its provider. Client keys are on.
type world struct {
	*harness.World
	key string // what clients call with
}

// newWorld starts a world for as long as the test runs. At its end it checks
// every call that the provider has seen, what the gateway has logged, and that
// streams ended for no reason but the given ones.
func newWorld(t *testing.T, keepAlive string, ends ...string) *world {
	t.Helper()
	key, admission := harness.NewKey(t)
	w := &world{key: key}
	t.Cleanup(func() { // when the gateway has ended
		if w.World != nil {
			w.checkLog(t, ends)
		}
	})
	w.World = harness.New(t, func(provider string) string { return configuration(provider, keepAlive) + admission })
	t.Cleanup(func() { w.checkCalls(t) })
	return w
}

func isStalled(c provider.Call) bool { return c.Stalled }

// stalled waits until the provider has fallen silent.
func (w *world) stalled(t *testing.T, model string) {
	t.Helper()
	if call, err := w.Wait(harness.Patient(t), model, isStalled); err != nil {
		t.Fatalf("waiting for the provider's silence: %v; %+v", err, call)
	}
}

// cancelled waits for the end of the call and fails the test unless the
// provider was left by the gateway.
func (w *world) cancelled(t *testing.T, model string) {
	t.Helper()
	call, err := w.Wait(harness.Patient(t), model, harness.HasEnded)
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
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	if stats, err := w.Provider.Wait(ctx, func(s provider.Stats) bool { return s.Active == 0 }); err != nil {
		t.Errorf("calls left running: %+v", stats)
	}
	for _, call := range w.Provider.Calls() {
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

// checkLog checks what the gateway has logged: nothing was under way when it
// left, no secret got in, and streams ended for the given reasons.
func (w *world) checkLog(t *testing.T, ends []string) {
	log := w.Log()
	if last := log[max(0, len(log)-1):]; len(last) == 0 || !strings.Contains(last[0].Text, `"msg":"stopped","calls_cut":0`) {
		t.Errorf("the gateway's last words: %+v", last)
	}
	for _, e := range log {
		switch {
		case strings.Contains(e.Text, w.key), strings.Contains(e.Text, providerKey):
			t.Errorf("a key is in the gateway's log: %s", e.Text)
		case e.Msg == "":
			t.Errorf("not a log line: %s", e.Text)
		case e.Reason == "" && e.Status >= 400: // refused before it was a stream
		case e.Msg == "stream" && !slices.Contains(ends, e.Reason):
			t.Errorf("a stream ended %q, not one of %q", e.Reason, ends)
		}
	}
}
