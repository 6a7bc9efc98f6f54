package browser

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestUseChat has the AI SDK's useChat go on with an answer after a reload, and
// stop the model when it is told to.
func TestUseChat(t *testing.T) {
	t.Parallel()
	page := newPage(t, "usechat.js")
	for _, way := range []string{"ws", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Never, "origins: ['"+page+"']\n")
			b := newTab(t)
			const answer = `[...document.querySelectorAll('p.assistant')].at(-1).textContent`
			load := func(model string) {
				b.open(page + "/?" + url.Values{"transport": {way}, "gateway": {w.URL}, "model": {model}}.Encode())
			}

			model := w.Model("tokens=1000,pace=200,obfuscation=1")
			load(model)
			b.click("ask")
			for _, n := range []int{100, 1000} { // letters
				b.until(fmt.Sprintf(`%s.length > %d && document.body.dataset.status === 'streaming'`, answer, n))
				b.do(chromedp.Reload())
			}
			b.until(`document.body.dataset.finished === '1'`)
			if got := value[string](b, answer); got != provider.Text(1000) {
				t.Errorf("the answer has %d bytes, not the provider's %d: %.80q", len(got), len(provider.Text(1000)), got)
			}
			if status := value[string](b, `document.body.dataset.status`); status != "ready" {
				t.Errorf("the chat is %s", status)
			}
			if n := value[int](b, `document.querySelectorAll('p.assistant').length`); n != 1 {
				t.Errorf("there are %d answers", n)
			}
			w.once(t, model, provider.Finished)

			model = w.Model("tokens=1000000,pace=100")
			load(model)
			b.click("ask")
			b.until(`document.querySelectorAll('p.assistant').length === 2 && ` + answer + `.length > 50`)
			b.do(chromedp.Reload())
			b.until(`document.body.dataset.status === 'streaming'`)
			b.click("stop")
			w.once(t, model, provider.Cancelled)
		})
	}
}
