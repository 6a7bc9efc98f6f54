package browser

import (
	"strings"

	"github.com/chromedp/chromedp"
)

// part compares an answer that is not whole with the provider's.
func (b *tab) part(end, of string) {
	b.t.Helper()
	text, note := b.answer()
	if text == "" || !strings.HasPrefix(of, text) {
		b.t.Errorf("the answer is no part of the provider's: %.80q", text)
	}
	if !strings.HasPrefix(note, end) {
		b.t.Errorf("the end: %q, not %q", note, end)
	}
}

// transport chooses the way over which the next answer comes.
func (b *tab) transport(way string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.ID("transport"), way))
}
