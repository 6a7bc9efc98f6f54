// Package browser runs the playground and the client library in Chromium,
// against the gateway's binary and a scripted provider, over real sockets. It
// is a module of its own so that nobody who uses Tidegate downloads what
// drives a browser.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"tidegate/test/harness"
)

// chromium is the browser, a tab of which nobody uses.
var chromium context.Context

func TestMain(m *testing.M) {
	os.Exit(harness.Main(func(folder string) (int, error) { return run(m, folder) }))
}

func run(m *testing.M, folder string) (int, error) {
	path := os.Getenv("CHROMIUM")
	if path == "" {
		var err error
		if path, err = exec.LookPath("chromium"); err != nil {
			return 0, fmt.Errorf("chromium is needed, or its path in CHROMIUM: %w", err)
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.UserDataDir(filepath.Join(folder, "profile")), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("headless", "new"), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		// What Chromium would look up elsewhere is not there.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	// What it says of tabs that others open is no failure.
	tab, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	defer closeTab()
	if _, err := chromedp.Run(tab, chromedp.Title()); err != nil {
		return 0, fmt.Errorf("starting %s: %w", path, err)
	}
	chromium = tab
	return m.Run(), nil
}
