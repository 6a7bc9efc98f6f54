package sdk

import (
	"context"
	"fmt"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestScenarios puts every SDK, in every way to use it, through every scenario:
// what is whole has to come out whole, and what is not has to be an error.
func TestScenarios(t *testing.T) {
	ends := []string{"complete", "upstream_error", "upstream_truncated", "upstream_stalled"}
	eachStyle(t, harness.Never, ends, func(t *testing.T, w *world, k *kit, st *style, call caller) {
		for i := range scenarios {
			if s := &scenarios[i]; !st.once || s.once {
				t.Run(s.name, func(t *testing.T) { w.play(t, s, k, st, call) })
			}
		}
		if !st.once {
			t.Run("without a gateway", func(t *testing.T) { w.playDirect(t, k, st, call) })
		}
	})
}

// playDirect has the provider itself end in the middle, cleanly. This tests no
// more than what the documentation says of it.
func (w *world) playDirect(t *testing.T, k *kit, st *style, call caller) {
	script := fmt.Sprintf("tokens=%d,fault=end,at=%d", tokens, lead[st.api]+tokens/2)
	got, err := call(harness.Patient(t), question{
		Style: k.prefix + st.name, Model: w.Model(script), Prompt: harness.Prompt, Base: w.Provider.URL(), Key: providerKey,
	})
	if err != nil || (got.Error != nil) != st.notices {
		t.Errorf("%v, notices: %v; %+v", err, got.Error != nil, got)
	}
}

// caller makes a call. It ends when ctx does.
type caller func(ctx context.Context, q question) (result, error)

// eachStyle runs f in a world for each SDK, with the given keep-alive, where
// streams may end for the given reasons.
func eachStyle(t *testing.T, keepAlive string, ends []string, f func(t *testing.T, w *world, k *kit, st *style, call caller)) {
	for i := range kits {
		k := &kits[i]
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, keepAlive, ends...)
			call := caller(goStyles)
			if k.worker != "" {
				call = startWorker(t, k.worker).ask
			}
			for i := range k.styles {
				t.Run(k.styles[i].name, func(t *testing.T) { f(t, w, k, &k.styles[i], call) })
			}
		})
	}
}

func (w *world) play(t *testing.T, s *scenario, k *kit, st *style, call caller) {
	q := question{Style: k.prefix + st.name, Model: s.modelName(w, st.api), Prompt: harness.Prompt, Base: w.URL, Key: w.key}
	if s.tool {
		q.Tool = toolName
	}
	if s.key != "" {
		q.Key = s.key
	}
	got, err := call(harness.Patient(t), q)
	if err != nil {
		t.Fatal(err)
	}
	if got.Error != nil {
		t.Logf("%+v", *got.Error)
	}
	if wrong := s.judge(k, st, got); wrong != "" {
		t.Error(wrong)
	}
	if s.model != "" {
		return // the provider has it by another name
	}
	want := 1
	if s.key != "" {
		want = 0
	}
	if calls := w.Calls(q.Model); len(calls) != want {
		t.Fatalf("%d calls of the provider, want %d: each may be paid for", len(calls), want)
	}
	if s.want == wholeAnswer {
		if c, err := w.Wait(harness.Patient(t), q.Model, harness.HasEnded); err != nil || c.Ending != provider.Finished {
			t.Errorf("%v, the provider's call ended %q", err, c.Ending)
		}
	}
}
