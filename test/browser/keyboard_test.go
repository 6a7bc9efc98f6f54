package browser

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// press presses a key.
func (b *tab) press(key string, options ...chromedp.KeyOption) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key, options...))
}

// tabTo presses Tab until the element has the focus, and returns what had it
// on the way.
func (b *tab) tabTo(id string, options ...chromedp.KeyOption) (way []string) {
	b.t.Helper()
	for range 40 {
		b.press(kb.Tab, options...)
		at := value[string](b, `document.activeElement.id`)
		way = append(way, at)
		if at == id {
			if outline := value[string](b, `getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
				b.t.Errorf("%s has the focus, which does not show", id)
			}
			return way
		}
	}
	b.t.Fatalf("Tab does not lead to %s, but to %q", id, way)
	return nil
}

// TestKeyboard uses the page without a mouse.
func TestKeyboard(t *testing.T) {
	w := newWorld(t, harness.Never, "")
	b := newTab(t)
	b.open(w.URL)
	model := w.Model("tokens=1000000,pace=100")
	b.tabTo("prompt")
	b.press("hello")
	b.tabTo("model")
	b.press("a", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.press(model)
	b.tabTo("prompt", chromedp.KeyModifiers(chromedp.ModifierShift))
	b.press(kb.Enter)
	b.streaming(10)
	way := b.tabTo("pause", chromedp.KeyModifiers(chromedp.ModifierShift))
	for _, id := range []string{"slow", "halt", "cut", "reload", "second", "leave", "cancel"} {
		if !slices.Contains(way, id) {
			t.Errorf("Tab does not lead to %s", id)
		}
	}
	b.tabTo("slow")
	b.press(" ")
	b.until(`document.getElementById('slow').getAttribute('aria-pressed') === 'true'`)
	b.tabTo("cancel")
	b.press(kb.Enter)
	b.over()
	b.part("cancelled.", provider.Text(5000))
	w.once(t, model, provider.Cancelled)
}
