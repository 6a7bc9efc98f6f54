package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/evanw/esbuild/pkg/api"

	"tidegate/loadtest/provider"
)

// bundle builds the page's script as an application would.
func bundle(t *testing.T) []byte {
	t.Helper()
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{"testdata/openai.js"}, Bundle: true, Format: api.FormatESModule,
		Platform: api.PlatformBrowser, Target: api.ES2022, LogLevel: api.LogLevelSilent,
	})
	for _, e := range built.Errors {
		t.Fatalf("%+v: %s", e.Location, e.Text)
	}
	return built.OutputFiles[0].Contents
}

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
	script := bundle(t)
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/openai.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(script)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="openai.js"></script>`)
	}))
	t.Cleanup(page.Close)
	w := newWorld(t, never, "origins: ['"+page.URL+"']\n")

	for _, way := range []string{"ws", "sse"} {
		b := newTab(t)
		b.open(page.URL + "/?transport=" + way + "&gateway=" + w.url)
		t.Run(way+"/whole", func(t *testing.T) {
			got := b.chat(w.model("tokens=500,obfuscation=1"))
			if got.Text != provider.Text(500) || got.Finish != "stop" || got.Error != "" {
				t.Errorf("%.200q, finish %q, error %q", got.Text, got.Finish, got.Error)
			}
		})
		t.Run(way+"/broken", func(t *testing.T) {
			got := b.chat(w.model("tokens=500,fault=rst,at=100"))
			if got.Error == "" || got.Text == "" || !strings.HasPrefix(provider.Text(500), got.Text) {
				t.Errorf("%.200q, finish %q, error %q", got.Text, got.Finish, got.Error)
			}
		})
		t.Run(way+"/refused", func(t *testing.T) {
			if got := b.chat(w.model("status=429")); !strings.HasPrefix(got.Error, "RateLimitError: 429") {
				t.Errorf("error %q", got.Error)
			}
		})
		t.Run(way+"/slow", func(t *testing.T) {
			// A reader that takes nothing but the first piece: the provider is
			// paused, and nothing is lost.
			model := w.model("tokens=3000,obfuscation=1")
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
		t.Run(way+"/left", func(t *testing.T) {
			model := w.model("tokens=1000000,pace=100")
			got := b.chat(model, 10)
			if got.Pieces != 10 || got.Error != "" {
				t.Errorf("%+v", got)
			}
			if ending := w.once(t, model); ending != provider.Cancelled {
				t.Errorf("the provider's call ended %q", ending)
			}
		})
	}
}
