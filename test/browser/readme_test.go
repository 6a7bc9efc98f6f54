package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestReadme pastes what README.md has for the console into the page of
// "gateway demo".
func TestReadme(t *testing.T) {
	t.Parallel()
	var script string
	for _, fence := range harness.Fences(t) {
		if fence.Language == "js" && strings.Contains(fence.Text, "await import(") {
			script += fence.Text
		}
	}
	b := newTab(t)
	b.open(harness.Demo(t).URL)
	pasted := fmt.Sprintf(`(async () => {
		const lines = [], console = { log: (what) => lines.push(what) }
		%s
		return { text: lines.slice(0, -1).join(''), usage: lines.at(-1) }
	})()`, script)
	got, err := chromedp.Run(b.ctx, chromedp.Evaluate[struct {
		Text  string
		Usage struct {
			Output int `json:"output_tokens"`
		}
	}](pasted, chromedp.EvalAwaitPromise))
	if err != nil || got.Text != provider.Text(400) || got.Usage.Output != 400 {
		t.Errorf("%v, %+v", err, got)
	}
}
