package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// said is what the page's chat returns.
type said struct {
	Text, Finish, Error string
	Pieces              int
}

func (b *tab) chat(arguments ...any) said {
	b.t.Helper()
	var list []string
	for _, a := range arguments {
		list = append(list, fmt.Sprintf("%#v", a))
	}
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[said](`chat(`+strings.Join(list, ",")+`)`, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// TestOpenAI streams with the unmodified SDK of npm on a page of another
// origin, which the gateway's configuration lists.
func TestOpenAI(t *testing.T) {
	t.Parallel()
	page := newPage(t, "openai.js")
	for _, way := range []string{"ws", "sse"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, harness.Never, "origins: ['"+page+"']\n")
			b := newTab(t)
			b.open(page + "/?transport=" + way + "&gateway=" + w.URL)
			b.stream(w)
		})
	}
}

// stream has the page stream in every way.
func (b *tab) stream(w *world) {
	b.t.Run("whole", func(t *testing.T) {
		got := b.chat(w.Model("tokens=500,obfuscation=1"))
		if got.Text != provider.Text(500) || got.Finish != "stop" || got.Error != "" {
			t.Errorf("%.200q, finish %q, error %q", got.Text, got.Finish, got.Error)
		}
	})
	b.t.Run("broken", func(t *testing.T) {
		got := b.chat(w.Model("tokens=500,fault=rst,at=100"))
		if got.Error == "" || got.Text == "" || !strings.HasPrefix(provider.Text(500), got.Text) {
			t.Errorf("%.200q, finish %q, error %q", got.Text, got.Finish, got.Error)
		}
	})
	b.t.Run("refused", func(t *testing.T) {
		if got := b.chat(w.Model("status=429")); !strings.HasPrefix(got.Error, "RateLimitError: 429") {
			t.Errorf("error %q", got.Error)
		}
	})
	b.t.Run("slow", func(t *testing.T) {
		// A reader that takes nothing but the first piece: the provider is
		// paused, and nothing is lost.
		model := w.Model("tokens=3000,obfuscation=1")
		hold := chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`hold(%q)`, model), chromedp.EvalAwaitPromise)
		if _, err := chromedp.Run(b.ctx, hold); err != nil {
			t.Fatal(err)
		}
		w.paused(t)
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`goOn()`, chromedp.EvalAwaitPromise))
		if err != nil || got != provider.Text(3000) {
			t.Errorf("%.200q, %v", got, err)
		}
	})
	b.t.Run("left", func(t *testing.T) {
		model := w.Model("tokens=1000000,pace=100")
		got := b.chat(model, 10)
		if got.Pieces != 10 || got.Error != "" {
			t.Errorf("%+v", got)
		}
		w.once(t, model, provider.Cancelled)
	})
}
