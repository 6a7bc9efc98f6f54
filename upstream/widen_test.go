package upstream

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A stream gets the large window when its consumer takes much in little time,
// and only then: not when a large event is merely held, nor at a model's pace.
func TestWiden(t *testing.T) {
	for name, c := range map[string]struct {
		events, size int
		every        time.Duration
		reads        bool
		wide         bool
	}{
		"bulk":            {200, 1000, 0, true, true},
		"a model's pace":  {2000, 1000, 12 * time.Millisecond, true, false},
		"nobody reads":    {200, 1000, 0, false, false},
		"held, alike":     {1000, 1000, 0, false, false}, // far more of them than wideAfter fits in a buffer
		"large, read":     {6, 200_000, 0, true, true},
		"large, not read": {1, 200_000, 0, false, false},
		"bulk, but short": {40, 1000, 0, true, false},
		"one large":       {1, 200_000, 0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := provider(t, nil, func(o *ProviderOptions) {
					o.Limits.MaxEvent, o.Limits.Oversize = 1<<20, NewOversize(2<<20)
				})
				x := pump(t, p, true, beginning)
				body := x.s.body.(*telling)
				x.take()
				for i := range c.events {
					if name == "one large" { // between those of a model
						for range 5 {
							x.say("data: " + noise(i, 300) + "\n\n")
							x.take()
						}
					}
					data := noise(i, c.size)
					if name == "held, alike" {
						data = noise(0, c.size-4) + fmt.Sprintf("%04d", i)
					}
					x.say("data: " + data + "\n\n")
					if c.reads {
						x.take()
					}
					time.Sleep(c.every)
					synctest.Wait()
					if !c.reads && len(x.wire.in) > 2 {
						break // the pump waits
					}
				}
				synctest.Wait()
				if wide := body.widened != 0; wide != c.wide {
					t.Errorf("wide: %v, want %v", wide, c.wide)
				}
				x.stop()
			})
		})
	}
}
