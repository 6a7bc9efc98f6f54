package main

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// Where a provider is when its client goes. In all but the last it sends
// nothing ever after, so nothing but the client's going can be noticed.
var silences = []struct {
	name   string
	script provider.Script
	events int // that the client reads before it goes
}{
	{"before the header", provider.Script{HeaderDelay: provider.Forever}, 0},
	{"before the first event", provider.Script{FirstDelay: provider.Forever}, 0},
	{"between events", provider.Script{Stall: provider.Forever, StallAt: 3}, 3},
	{"while events flow", provider.Script{Tokens: provider.MaxTokens, Pace: 500}, 3},
}

// A client that goes, in whatever way and whatever the provider does at that
// time, is noticed: the provider's call is cancelled. 1,000 times, beside
// streams that keep the machine busy.
func TestGoneMeansCancelled(t *testing.T) {
	const tries, workers = 1000, 20
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		// Each worker has a provider of its own, so that what it counts is
		// that worker's.
		providers := make([]*provider.Server, workers)
		for i := range providers {
			p, err := provider.Start(provider.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			providers[i] = p
		}
		h := start(t, setup{config: func(c *config.Config) {
			for i, p := range providers {
				own := config.DefaultProvider()
				own.BaseURL = p.URL() + "/v1"
				c.Providers[fmt.Sprint("p", i)], c.Models[fmt.Sprint("m", i)] = own, config.To(fmt.Sprint("p", i))
			}
			protocol(c)
		}})
		quit := h.busy(t, 8)

		var mu sync.Mutex
		var delays []time.Duration
		var wg sync.WaitGroup
		for i, p := range providers {
			wg.Go(func() {
				for n := range tries / workers {
					d, err := h.leave(t, p, fmt.Sprint("m", i), n)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					delays = append(delays, d)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		quit()
		if len(delays) != tries {
			t.Fatalf("%d of %d were noticed", len(delays), tries)
		}
		slices.Sort(delays)
		t.Logf("%d clients gone; until the provider knew: p50 %v, p99 %v, longest %v",
			tries, delays[tries/2], delays[tries*99/100], delays[tries-1])
		// Far from what it takes: it says that no timer was waited for.
		if most := delays[tries-1]; most > 10*time.Second {
			t.Errorf("one was noticed after %v", most)
		}
		for i := range tries {
			if l := h.log.call(t, i+1); l.text("model") != "*" && l.text("reason") != "cancelled" {
				t.Fatalf("log: %v", l)
			}
		}
	})
}

// leave makes a call and leaves it, and returns how long it took until the
// provider knew.
func (h *house) leave(t *testing.T, p *provider.Server, model string, n int) (time.Duration, error) {
	where, reset := silences[n%len(silences)], n/len(silences)%2 == 0
	if err := p.SetScript(where.script); err != nil {
		return 0, err
	}
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		return 0, err
	}
	c := newCaller(t, conn)
	c.send(t, chatPath, chat(model))
	if where.events > 0 {
		c.head(t)
	}
	for range where.events {
		if _, err := c.next(); err != nil {
			return 0, fmt.Errorf("%s: %w", where.name, err)
		}
	}
	st, err := p.Wait(patience(t), func(s provider.Stats) bool {
		return s.Stalled == 1 || where.script.Pace > 0 && s.Streaming == 1
	})
	if err != nil {
		return 0, fmt.Errorf("%s: the call never came: %w", where.name, err)
	}
	if reset {
		_ = conn.(*net.TCPConn).SetLinger(0) // Close sends RST instead of FIN
	}
	closed := time.Now()
	_ = conn.Close()
	if _, err = p.Wait(patience(t), func(s provider.Stats) bool { return s.Cancelled > st.Cancelled }); err != nil {
		return 0, fmt.Errorf("%s, reset %v: the provider never knew: %w", where.name, reset, err)
	}
	calls := p.Calls()
	return calls[len(calls)-1].Gone.Sub(closed), nil
}

// busy streams with so many clients until it is told to quit.
func (h *house) busy(t *testing.T, clients int) (quit func()) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if a := h.post(t, chatPath, chat("any?tokens=200&pace=2000")); !a.done || a.err != nil {
					t.Errorf("a stream beside: %v, rest %q", a.err, a.rest)
					return
				}
			}
		})
	}
	return func() { close(stop); wg.Wait() }
}

// The same for a call that is not streamed.
func TestGoneFromWholeAnswer(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{config: protocol})
		c := h.dial(t)
		c.send(t, chatPath, `{"model":"m?header_delay=forever"}`)
		h.await(t, "the call", func(s provider.Stats) bool { return s.Stalled == 1 })
		_ = c.Close()
		if call := h.lastCall(t); call.Ending != provider.Cancelled {
			t.Errorf("the provider's call: %+v", call)
		}
		if l := h.log.call(t, 1); l.text("reason") != "cancelled" {
			t.Errorf("log: %v", l)
		}
		h.works(t)
	})
}
