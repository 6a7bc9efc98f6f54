package browser

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tidegate/test/harness"
)

// tab is a tab of the browser, in a profile of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex // guards the following
	console  []string   // warnings and errors
	requests []string   // URLs
}

// newTab opens an empty tab.
func newTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return adopt(t, ctx)
}

// adopt takes charge of a tab that is there.
func adopt(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 2*harness.Patience)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleWarning || m.IsException() {
				b.mu.Lock()
				b.console = append(b.console, m.String()+" "+m.URL)
				b.mu.Unlock()
			}
		}
	}()
	if err := chromedp.Listen(ctx, func(ev any) {
		var url string
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			url = ev.Request.URL
		case *network.EventWebSocketCreated:
			url = ev.URL
		default:
			return
		}
		b.mu.Lock()
		b.requests = append(b.requests, url)
		b.mu.Unlock()
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until(`document.body.dataset.mode || document.body.dataset.done`)
}

func (b *tab) click(id string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`!document.getElementById(%q).disabled`, id))
	b.do(chromedp.Click(chromedp.ID(id)))
}

// ask sends the prompt to a model.
func (b *tab) ask(model string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.ID("model"), model), chromedp.SetValue(chromedp.ID("prompt"), harness.Prompt))
	b.click("send")
}

// asked is a new tab whose page has asked a model over a transport, and shows
// the answer's first n events. It returns the model's name.
func (w *world) asked(t *testing.T, way, script string, n int) (b *tab, model string) {
	t.Helper()
	b, model = newTab(t), w.Model(script)
	b.open(w.URL)
	b.transport(way)
	b.ask(model)
	b.streaming(n)
	return b, model
}

// value is what an expression is in the page.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true in the page, or in the one that
// takes its place. The page's policy forbids what chromedp.Poll does.
func (b *tab) until(expression string) {
	b.t.Helper()
	began := time.Now()
	script := fmt.Sprintf(`new Promise((resolve) => {
		const late = Date.now() + 5000
		const look = () => { let is = false; try { is = !!(%s) } catch {}; is || Date.now() > late ? resolve(is) : setTimeout(look, 20) }
		look()
	})`, expression)
	for {
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		switch {
		case is && err == nil:
			return
		case b.ctx.Err() != nil || time.Since(began) > harness.Patience:
			b.t.Fatalf("waiting for %s: %v\n%s", expression, err, b.state())
		}
	}
}

// state is what the page shows, for the messages of failed tests.
func (b *tab) state() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText.slice(-1500)`))
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%s %v\nconsole: %q", text, err, b.console)
}

// answer is the newest answer's text, and the note under it.
func (b *tab) answer() (text, note string) {
	b.t.Helper()
	const newest = `[...document.querySelectorAll('.bubble.assistant')].at(-1)`
	return value[string](b, newest+`.firstChild.textContent`), value[string](b, newest+`.querySelector('.note')?.textContent ?? ''`)
}

func (b *tab) text(id string) string {
	b.t.Helper()
	return value[string](b, fmt.Sprintf(`document.getElementById(%q).textContent`, id))
}

// over waits until the page says that the stream has ended.
func (b *tab) over() {
	b.t.Helper()
	b.until(`document.body.dataset.mode === 'over'`)
}

// streaming waits until the page has taken n events.
func (b *tab) streaming(n int) {
	b.t.Helper()
	b.until(fmt.Sprintf(`Number(document.getElementById('applied').textContent.match(/to ([\d,]+)/)[1].replace(/,/g, '')) >= %d`, n))
}

// whole waits for the end of an answer and compares it with the provider's.
func (b *tab) whole(want string) {
	b.t.Helper()
	b.over()
	text, note := b.answer()
	if text != want {
		b.t.Errorf("the answer has %d bytes, not the provider's %d: %.80q, %.80q", len(text), len(want), text, want)
	}
	if !strings.HasPrefix(note, "complete.") {
		b.t.Errorf("the end: %q", note)
	}
	if applied := b.text("applied"); !strings.HasSuffix(applied, ", each once") {
		b.t.Error(applied)
	}
}

// quiet fails the test if the page complained, or asked anybody else.
func (b *tab) quiet(url string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.console) > 0 {
		b.t.Errorf("the console: %q", b.console)
	}
	_, host, _ := strings.Cut(url, "://")
	for _, request := range b.requests {
		if !strings.Contains(request, "://"+host+"/") {
			b.t.Errorf("a request to %s", request)
		}
	}
	if len(b.requests) == 0 {
		b.t.Error("no request was seen")
	}
}
