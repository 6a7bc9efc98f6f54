package browser

import (
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestOffline takes the network away for five seconds by the page's own
// button. The answer goes on in the gateway meanwhile.
func TestOffline(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"bin", "sse", "auto"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Never, "")
			b, model := w.asked(t, way, "tokens=1500,pace=200,obfuscation=1", 50)
			b.click("cut")
			b.until(`document.querySelector('#reader span').textContent.startsWith('cut off')`)
			b.whole(provider.Text(1500))
			// The buffer was full before five seconds had passed.
			if end := w.Ended(t, "complete"); end.PausedMS == 0 {
				t.Errorf("the provider was not paused: %+v", end)
			}
			if reconnects := b.text("reconnects"); reconnects == "0" {
				t.Error("no reconnect was counted")
			}
			w.once(t, model, provider.Finished)
		})
	}
}

// TestCable pulls the cable: all of the page's connections are reset, and none
// can be made until the provider is paused.
func TestCable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "json", "sse", "auto"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := newCable(t, w.URL)
			b := newTab(t)
			b.open(c.url)
			b.transport(way)
			model := w.Model("tokens=2000,pace=400,obfuscation=1")
			b.ask(model)
			for _, n := range []int{50, 700} {
				b.streaming(n)
				c.pull()
				b.until(`document.querySelector('#reader span').textContent === 'reconnecting'`)
				c.plug()
			}
			b.whole(provider.Text(2000))
			w.once(t, model, provider.Finished)
		})
	}
}
