package loadtest

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestHabits(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Profiles {
		if seen[p.Name] || p.About == "" {
			t.Errorf("%q is there twice, or says nothing", p.Name)
		}
		seen[p.Name] = true
		for _, transport := range Transports {
			for seed := range uint64(50) {
				plan := &plan{transport: transport, tokens: 100, pace: 80, rand: rand.New(rand.NewPCG(seed, 1))}
				h := p.habit(plan.rand, plan)
				if h.window == 0 || h.every == 0 || h.every > h.window {
					t.Fatalf("%s over %s grants %d, acknowledges after %d: it would wait for ever", p.Name, transport, h.window, h.every)
				}
			}
		}
	}
}

// deeds are what a habit does over a stream of 100 tokens.
func deeds(name, transport string, seed uint64) map[verb]int {
	all := map[verb]int{}
	plan := &plan{transport: transport, tokens: 100, pace: 80, rand: rand.New(rand.NewPCG(seed, 1))}
	p := profileNamed(name)
	h := p.habit(plan.rand, plan)
	for n := uint64(1); n <= 102 && h.act != nil; n++ {
		all[h.act(n).verb]++
	}
	return all
}

func TestDeeds(t *testing.T) {
	for seed := range uint64(50) {
		for _, transport := range []string{"ws", "plain"} {
			if d := deeds("stalled", transport, seed); d[stall] != 1 {
				t.Errorf("stalled: %v", d)
			}
			if d := deeds("vanisher", transport, seed); d[vanish] != 1 {
				t.Errorf("vanisher: %v", d)
			}
			if d := deeds("leaver", transport, seed); d[leave]+d[stop] != 1 || transport == "plain" && d[stop] > 0 {
				t.Errorf("leaver: %v", d)
			}
			if d := deeds("slow", transport, seed); d[rest] != 102 {
				t.Errorf("slow: %v", d)
			}
		}
		if d := deeds("reloader", "ws", seed); d[reload] < 1 || d[reload] > 2 {
			t.Errorf("reloader: %v", d)
		}
		if d := deeds("reloader", "plain", seed); d[leave] != 1 {
			t.Errorf("reloader, plain: %v", d)
		}
	}
}

func TestMobileIsAwayForSeconds(t *testing.T) {
	plan := &plan{transport: "ws", tokens: 100, pace: 80, rand: rand.New(rand.NewPCG(1, 1))}
	h := mobile(plan.rand, plan)
	count := map[verb]int{}
	for n := range uint64(20_000) {
		d := h.act(n)
		count[d.verb]++
		switch d.verb {
		case tunnel:
			if d.wait < 5*time.Second || d.wait > 20*time.Second {
				t.Errorf("a tunnel of %v", d.wait)
			}
		case rest:
			if d.wait < 1500*time.Millisecond || d.wait > 2500*time.Millisecond {
				t.Errorf("a pause of %v", d.wait)
			}
		}
	}
	if count[tunnel] < 10 || count[rest] < 100 {
		t.Error(count)
	}
}
