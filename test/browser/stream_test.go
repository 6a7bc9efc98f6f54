package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestStream streams an answer to its end over each way there is, as slowly as
// a model speaks and as fast as it goes.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "json", "sse"} {
		paces := []string{"pace=400", "huge=20000,huge_at=150"}
		if way == "bin" {
			paces = append(paces, "obfuscation=1", "split=random")
		}
		for _, pace := range paces {
			t.Run(way+","+pace, func(t *testing.T) {
				t.Parallel()
				b := newTab(t)
				b.open(w.URL)
				b.transport(way)
				model := w.Model("tokens=300," + pace)
				b.ask(model)
				if pace[:4] == "huge" {
					b.over()
					if chip := value[string](b, `document.querySelector('.chip').textContent`); chip[:3] != "19," {
						t.Error(chip)
					}
				} else {
					b.whole(provider.Text(300))
				}
				w.once(t, model, provider.Finished)
				if reconnects := b.text("reconnects"); reconnects != "0" {
					t.Errorf("%s reconnects", reconnects)
				}
				b.quiet(w.URL)
			})
		}
	}
}

// TestAPIs asks over each API that the page offers, of a provider that speaks
// it.
func TestAPIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ api, speaks, base string }{
		{"chat.completions", "openai", "/v1"},
		{"responses", "openai", "/v1"},
		{"messages", "anthropic", "/v1"},
		{"generateContent", "gemini", "/v1beta"},
	} {
		t.Run(c.api, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, harness.Never, "", c.speaks, c.base)
			b := newTab(t)
			b.open(w.URL)
			b.do(chromedp.SetValue(chromedp.ID("api"), c.api))
			model := w.Model("tokens=600,pace=200,obfuscation=1")
			b.ask(model)
			b.streaming(50)
			b.click("reload")
			b.whole(provider.Text(600))
			w.once(t, model, provider.Finished)
			b.quiet(w.URL)
		})
	}
}

// TestSmall sees that what the page says about the wire is so.
func TestSmall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	b := newTab(t)
	b.open(w.URL)
	b.ask(w.Model("tokens=1000,pace=400"))
	b.whole(provider.Text(1000))
	b.until(`parseFloat(document.getElementById('ratio').textContent) >= 10`)
}
