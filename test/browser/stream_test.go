package browser

import (
	"testing"

	"tidegate/loadtest/provider"
)

// TestStream streams an answer to its end over each way there is, as slowly as
// a model speaks and as fast as it goes.
func TestStream(t *testing.T) {
	w := newWorld(t, never, "")
	for _, way := range []string{"bin", "json", "sse"} {
		for _, pace := range []string{"pace=400", "obfuscation=1", "split=random", "huge=20000,huge_at=150"} {
			t.Run(way+","+pace, func(t *testing.T) {
				b := newTab(t)
				b.open(w.url)
				b.transport(way)
				model := w.model("tokens=300," + pace)
				b.ask(model)
				if pace[:4] == "huge" {
					b.over()
					if chip := value[string](b, `document.querySelector('.chip').textContent`); chip[:3] != "19," {
						t.Error(chip)
					}
				} else {
					b.whole(provider.Text(300))
				}
				if ending := w.once(t, model); ending != provider.Finished {
					t.Errorf("the provider's call ended %q", ending)
				}
				if reconnects := b.text("reconnects"); reconnects != "0" {
					t.Errorf("%s reconnects", reconnects)
				}
				b.quiet(w.url)
			})
		}
	}
}

// TestSmall sees that what the page says about the wire is so.
func TestSmall(t *testing.T) {
	w := newWorld(t, never, "")
	b := newTab(t)
	b.open(w.url)
	b.ask(w.model("tokens=1000,pace=2000"))
	b.whole(provider.Text(1000))
	b.until(`parseFloat(document.getElementById('ratio').textContent) >= 10`)
}
