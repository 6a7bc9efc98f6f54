package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestKey has a gateway that asks for a key. The page asks for it once, keeps
// it nowhere, and pays for its WebSocket with tickets.
func TestKey(t *testing.T) {
	t.Parallel()
	key, admission := harness.NewKey(t)
	w := newWorld(t, harness.Never, admission)
	b := newTab(t)
	b.open(w.URL)
	enter := func(key string) {
		b.until(`!document.getElementById('door').hidden`)
		b.do(chromedp.SendKeys(chromedp.ID("key"), key), chromedp.Click(chromedp.CSS("#door button")))
	}
	enter("tg-wrong")
	b.until(`document.getElementById('door-note').textContent.includes('does not know')`)
	enter(key)
	b.until(`document.getElementById('door').hidden`)

	for _, way := range []string{"bin", "sse"} {
		b.transport(way)
		b.ask(w.Model("tokens=50"))
		b.whole(provider.Text(50))
	}
	b.transport("bin")
	b.ask(w.Model("tokens=600,pace=200"))
	b.streaming(50)
	b.click("reload")
	b.until(`!document.getElementById('door').hidden`)
	if kept := value[string](b, `JSON.stringify([sessionStorage, localStorage, document.cookie, location.href, history.state])`); strings.Contains(kept, key) {
		t.Error("the key was stored")
	}
	enter(key)
	b.whole(provider.Text(600))
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, url := range b.requests {
		if strings.Contains(url, key) {
			t.Error("the key was in a URL")
		}
	}
}
