package main

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// A provider that answers within microseconds of the request's last byte
// breaks no stream. (It does in proxies that hand the request's body on while
// they read the answer: golang/go#40747.)
func TestInstantAnswers(t *testing.T) {
	const streams, clients = 10_000, 32
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		n := streams
		if t.Name() != "TestInstantAnswers/http1" {
			n = streams / 5
		}
		h := start(t, setup{
			provider: provider.Options{Script: provider.Script{Tokens: 3, Instant: true}, History: 1},
			config:   protocol,
		})
		var begun, broken atomic.Int64
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for begun.Add(1) <= int64(n) {
					a := h.post(t, chatPath, chat("m"))
					if a.status != http.StatusOK || a.err != nil || !a.done || len(a.events) != 5 {
						broken.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if n := broken.Load(); n != 0 {
			t.Errorf("%d streams are broken", n)
		}
		// a client may have its answer before the provider has left its handler
		st, err := h.provider.Wait(patience(t), func(s provider.Stats) bool { return s.Active == 0 })
		if err != nil || st.Finished != int64(n) {
			t.Errorf("the provider finished %d of %d calls: %+v", st.Finished, n, st)
		}
	})
}
