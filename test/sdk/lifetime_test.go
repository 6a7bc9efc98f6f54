package sdk

import (
	"context"
	"fmt"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestLifetimes has answers pause for longer than keep-alive, break off under
// programs that would ask again, and be left by programs in the middle.
func TestLifetimes(t *testing.T) {
	ends := []string{"complete", "upstream_truncated", "cancelled"}
	eachStyle(t, "100ms", ends, func(t *testing.T, w *world, k *kit, st *style, call caller) {
		mid := lead[st.api] + tokens/2
		about := func(script string) question {
			model := w.Model(fmt.Sprintf("tokens=%d,%s", tokens, script))
			return question{Style: k.prefix + st.name, Model: model, Prompt: harness.Prompt, Base: w.URL, Key: w.key}
		}
		if !st.once {
			t.Run("pauses", func(t *testing.T) {
				got, err := call(harness.Patient(t), about(fmt.Sprintf("first_delay=150ms,stall=150ms,stall_at=%d", mid)))
				if err != nil || got.Error != nil || got.Text != provider.Text(tokens) {
					t.Errorf("%v %+v %q", err, got.Error, got.Text)
				}
			})
			t.Run("breaks off", func(t *testing.T) {
				q := about(fmt.Sprintf("fault=fin,at=%d", mid))
				q.Retries = 2
				got, err := call(harness.Patient(t), q)
				if calls := w.Calls(q.Model); err != nil || got.Error == nil || len(calls) != 1 {
					t.Errorf("%v %+v, %d calls of the provider: each may be paid for", err, got, len(calls))
				}
			})
		}
		t.Run("is left", func(t *testing.T) {
			q := about("header_delay=forever")
			if !st.once {
				q = about(fmt.Sprintf("stall=forever,stall_at=%d", mid))
			}
			ctx, leave := context.WithCancel(harness.Patient(t))
			ended := make(chan error, 1)
			go func() {
				_, err := call(ctx, q)
				ended <- err
			}()
			w.stalled(t, q.Model)
			leave()
			w.cancelled(t, q.Model)
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	})
}
