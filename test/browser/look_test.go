package browser

import (
	"bytes"
	"image"
	_ "image/png" // the format of screenshots
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// screenshots is where the pictures go that SCREENSHOTS asks for.
func screenshots(t *testing.T) string {
	if folder := os.Getenv("SCREENSHOTS"); folder != "" {
		return folder
	}
	return t.TempDir()
}

// TestLook draws the page at the sizes of a phone and a desktop, in light and
// dark, while a stream is held. Nothing may stick out, no button may be too
// small for a finger, and text has to stand out from what is behind it.
func TestLook(t *testing.T) {
	t.Parallel()
	folder := screenshots(t)
	w := newWorld(t, harness.Never, "")
	for _, size := range []struct {
		name          string
		width, height int64
		finger        int // the least height of a button
		options       []chromedp.EmulateViewportOption
	}{
		{"desktop", 1280, 860, 30, nil},
		{"phone", 375, 812, 44, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateScale(2)}},
	} {
		b := newTab(t)
		b.do(chromedp.EmulateViewport(size.width, size.height, size.options...))
		b.open(w.URL)
		b.shoot(filepath.Join(folder, size.name+"-empty.png"))
		b.ask(w.Model("tokens=1000000,pace=120,obfuscation=1"))
		b.streaming(150)
		b.click("slow")
		b.until(`document.getElementById('tank').classList.contains('full')`)
		for _, theme := range []string{"light", "dark"} {
			t.Run(size.name+"/"+theme, func(t *testing.T) {
				media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: theme},
					{Name: "prefers-reduced-motion", Value: "reduce"}, // no colours on their way
				}}
				if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
					t.Fatal(err)
				}
				lightness := b.shoot(filepath.Join(folder, size.name+"-"+theme+".png"))
				if (theme == "light") != (lightness > 128) {
					t.Errorf("the %s page is %d of 255 light", theme, lightness)
				}
				if width := value[int64](b, `document.documentElement.scrollWidth`); width > size.width {
					t.Errorf("the page is %d wide on a screen of %d", width, size.width)
				}
				if low := value[[]string](b, dull); len(low) > 0 {
					t.Errorf("hard to read: %q", low)
				}
			})
		}
		small := value[[]string](b, `[...document.querySelectorAll('.actions button, #send')].map((b) => [b.id, b.getBoundingClientRect().height])
			.filter(([, h]) => h < `+strconv.Itoa(size.finger)+`).map(String)`)
		if len(small) > 0 {
			t.Errorf("%s: too small: %q", size.name, small)
		}
		b.click("cancel")
		b.over()
		b.part("cancelled.", provider.Text(5000))
	}
}

// dull finds texts whose contrast with what is behind them is under 4.5 to 1
// (w3.org/TR/WCAG22, 1.4.3). What can't be used now is exempt there.
const dull = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
	const rgba = (color) => {
		canvas.clearRect(0, 0, 1, 1)
		canvas.fillStyle = color
		canvas.fillRect(0, 0, 1, 1)
		return [...canvas.getImageData(0, 0, 1, 1).data]
	}
	const light = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		return 0.2126 * x + 0.7152 * y + 0.0722 * z
	}
	const behind = (e) => {
		for (; e; e = e.parentElement) {
			const color = rgba(getComputedStyle(e).backgroundColor)
			if (color[3] === 255) return color
		}
		return [255, 255, 255]
	}
	const found = new Set()
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement
		if (!texts.currentNode.data.trim() || !e.checkVisibility() || e.closest(':disabled, option, template')) continue
		const [a, b] = [light(rgba(getComputedStyle(e).color)), light(e.closest('.tank') ? rgba(getComputedStyle(document.getElementById('water')).backgroundColor) : behind(e))]
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
		if (contrast < 4.5) found.add(texts.currentNode.data.trim().slice(0, 30) + ': ' + contrast.toFixed(1))
	}
	return [...found]
})()`

// shoot takes a picture of what the window shows, and returns how light it is
// in the middle of its left edge.
func (b *tab) shoot(file string) (lightness uint32) {
	b.t.Helper()
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, shot, 0o644); err != nil {
		b.t.Fatal(err)
	}
	picture, _, err := image.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatal(err)
	}
	r, g, blue, _ := picture.At(2, picture.Bounds().Dy()/2).RGBA()
	return (r + g + blue) / 3 >> 8
}
