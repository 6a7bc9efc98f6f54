package browser

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestReload reloads the page mid-answer, by its button and as a visitor does,
// and while it reads slowly so that much is in the buffer.
func TestReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b, model := w.asked(t, way, "tokens=1600,pace=200,obfuscation=1", 50)
			b.click("reload")
			b.streaming(150)
			b.click("halt")
			b.until(`Number(document.getElementById('bytes').textContent.replace(',', '')) > 2000`)
			b.do(chromedp.Reload())
			b.whole(provider.Text(1600))
			w.once(t, model, provider.Finished)
			if user := value[string](b, `document.querySelector('.bubble.user').textContent`); user != harness.Prompt {
				t.Errorf("the question is %q", user)
			}
		})
	}
}

// TestSecondTab resumes a stream in a second tab: the newest wins, and the
// older one says so.
func TestSecondTab(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b, model := w.asked(t, way, "tokens=1600,pace=200", 50)
			second := b.popup("second")
			second.until(`document.body.dataset.mode`)
			b.over()
			b.part("superseded.", provider.Text(1600))
			second.whole(provider.Text(1600))
			w.once(t, model, provider.Finished)
		})
	}
}

// popup clicks on what opens another tab.
func (b *tab) popup(id string) *tab {
	b.t.Helper()
	own := chromedp.FromContext(b.ctx).Target.TargetID
	opened := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return info.Type == "page" && info.OpenerID == own })
	b.click(id)
	select {
	case new, ok := <-opened:
		if !ok {
			b.t.Fatal("the tab has gone")
		}
		ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithTargetID(new))
		b.t.Cleanup(cancel)
		return adopt(b.t, ctx)
	case <-time.After(harness.Patience):
		b.t.Fatal("no tab was opened")
	}
	return nil
}

// TestCloseTab closes the tab mid-answer: the gateway waits for keep-alive,
// then the provider's call is cancelled.
func TestCloseTab(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "1s", "stream: {retain: 1s}\n")
	model := w.Model("tokens=5000,pace=100")
	b := newTab(t)
	b.open(w.URL)
	b.ask(model)
	b.streaming(10)
	b.close()
	w.once(t, model, provider.Cancelled)
	w.Ended(t, "abandoned")
}

// TestCloseTabCancels closes a tab whose page cancels as it goes: the
// provider's call ends although keep-alive never passes.
func TestCloseTabCancels(t *testing.T) {
	t.Parallel()
	w := newWorld(t, harness.Never, "")
	for _, way := range []string{"bin", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			model := w.Model("tokens=1000000,pace=100")
			b := newTab(t)
			b.open(w.URL)
			b.transport(way)
			b.do(chromedp.Click(chromedp.ID("hangup")))
			b.ask(model)
			b.streaming(10)
			b.close()
			w.once(t, model, provider.Cancelled)
			w.Ended(t, "cancelled")
		})
	}
}

// close closes the tab as a visitor does.
func (b *tab) close() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, harness.Patience)
	defer cancel()
	c := chromedp.FromContext(b.ctx)
	if _, err := chromedp.CallBrowser(ctx, target.CloseTarget, target.CloseTargetParams{TargetID: c.Target.TargetID}); err != nil {
		b.t.Fatal(err)
	}
}
