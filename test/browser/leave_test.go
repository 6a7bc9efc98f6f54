package browser

import (
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestComeBack walks away and comes back in time.
func TestComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	b := newTab(t)
	b.open(w.URL)
	model := w.Model("tokens=1000,pace=400,obfuscation=1")
	b.ask(model)
	b.streaming(10)
	b.click("leave")
	b.until(`document.getElementById('tank').classList.contains('full')`)
	b.click("leave")
	b.whole(provider.Text(1000))
	w.once(t, model, provider.Finished)
}

// TestWalkAway walks away and comes back too late: the provider's call was
// cancelled, the page shows it, and what the buffer held is still delivered.
func TestWalkAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "1s", "")
	for _, way := range []string{"bin", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b, model := w.asked(t, way, "tokens=5000,pace=100", 10)
			b.click("leave")
			b.until(`document.getElementById('end').textContent.startsWith('abandoned')`)
			before, _ := b.answer()
			w.once(t, model, provider.Cancelled)
			b.click("leave")
			b.over()
			b.part("abandoned.", provider.Text(5000))
			if after, _ := b.answer(); len(after) <= len(before) {
				t.Errorf("nothing came of what the buffer held: %d bytes before, %d after", len(before), len(after))
			}
		})
	}
}

// TestCancel cancels: the provider's call ends at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b, model := w.asked(t, way, "tokens=1000000,pace=100", 10)
			b.click("cancel")
			b.over()
			b.part("cancelled.", provider.Text(5000))
			w.once(t, model, provider.Cancelled)
		})
	}
}

// TestFaults has the provider fail in every way that the page offers: what
// came before is shown, and no answer that is not whole counts as one.
func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	b := newTab(t)
	b.open(w.URL)
	for script, end := range map[string]string{
		"fault=rst,at=20":         "upstream_error.",
		"fault=fin,at=20":         "upstream_truncated.",
		"fault=end,at=20":         "upstream_truncated.",
		"fault=error_event,at=20": "upstream_error.",
		"status=429":              "Refused (429): ",
	} {
		t.Run(script, func(t *testing.T) {
			b.ask(w.Model("tokens=100,pace=500," + script))
			b.over()
			if script == "status=429" {
				if text, note := b.answer(); text != "" || note[:len(end)] != end {
					t.Errorf("text %q, note %q", text, note)
				}
				return
			}
			b.part(end, provider.Text(100))
		})
	}
}
