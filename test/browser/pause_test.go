package browser

import (
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestPause pauses for two seconds at 80 tokens a second, which the provider
// does not notice.
func TestPause(t *testing.T) {
	w := newWorld(t, harness.Never, "")
	b := newTab(t)
	b.open(w.URL)
	b.ask(w.Model("tokens=800,pace=80"))
	b.streaming(40)
	b.click("pause")
	b.whole(provider.Text(800))
	if end := w.Ended(t, "complete"); end.BufferHigh < 500 || end.PausedMS != 0 {
		t.Errorf("the buffer was to hold what came meanwhile, and the provider not to notice: %+v", end)
	}
	if paused := b.text("paused"); paused != "0.0 s" {
		t.Errorf("the provider was paused for %s", paused)
	}
}

// TestFull stops reading until the provider is paused, and goes on.
func TestFull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "json", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b := newTab(t)
			b.open(w.URL)
			b.transport(way)
			b.click("halt")
			b.ask(w.Model("tokens=600,obfuscation=1"))
			b.until(`document.getElementById('tank').classList.contains('full')`)
			taken := b.text("applied")
			b.until(`document.querySelector('#provider span').textContent.startsWith('paused')`)
			if now := b.text("applied"); now != taken {
				t.Errorf("the page has stopped reading, and took %s after %s", now, taken)
			}
			b.click("halt")
			b.whole(provider.Text(600))
			if paused := b.text("paused"); paused == "0.0 s" {
				t.Error("the provider was not paused")
			}
		})
	}
}

// TestSlowConsumer stops reading for longer than keep-alive: the provider's
// call is cancelled, and what the buffer holds is still delivered.
func TestSlowConsumer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "1s", "")
	b := newTab(t)
	b.open(w.URL)
	model := w.Model("tokens=5000,obfuscation=1")
	b.click("halt")
	b.ask(model)
	w.once(t, model, provider.Cancelled)
	b.until(`document.getElementById('end').textContent.startsWith('slow_consumer')`)
	b.click("halt")
	b.over()
	b.part("slow_consumer.", provider.Text(5000))
	w.Ended(t, "slow_consumer")
}
