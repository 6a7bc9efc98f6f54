package browser

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
)

// newKey makes a client key the way a user does.
func newKey(t *testing.T) (key, admission string) {
	t.Helper()
	out, err := exec.Command(binary, "key", "new", "-name", "page").Output()
	if err != nil {
		t.Fatal(err)
	}
	said, admission, ok := strings.Cut(string(out), "\nkeys:\n")
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "tg-") {
			key = strings.TrimSpace(line)
		}
	}
	if key == "" || !ok {
		t.Fatalf("gateway key new printed\n%s", out)
	}
	return key, "keys:\n" + admission
}

// TestKey has a gateway that asks for a key. The page asks for it once, keeps
// it nowhere, and pays for its WebSocket with tickets.
func TestKey(t *testing.T) {
	t.Parallel()
	key, admission := newKey(t)
	w := newWorld(t, never, admission)
	b := newTab(t)
	b.open(w.url)
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
		b.ask(w.model("tokens=50"))
		b.whole(provider.Text(50))
	}
	b.transport("bin")
	b.ask(w.model("tokens=600,pace=200"))
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
