// Package browser runs the playground and the client library in Chromium,
// against the gateway's binary and a scripted provider, over real sockets. It
// is a module of its own so that nobody who uses Tidegate downloads what
// drives a browser.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	// binary is the gateway under test.
	binary string
	// chromium is the browser, a tab of which nobody uses.
	chromium context.Context
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	folder, err := os.MkdirTemp("", "tidegate-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	if binary, err = gatewayBinary(folder); err != nil {
		return 0, err
	}
	path := os.Getenv("CHROMIUM")
	if path == "" {
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

// gatewayBinary is the one that GATEWAY names, or one built from this tree,
// with the race detector where the tests have it.
func gatewayBinary(folder string) (string, error) {
	if path := os.Getenv("GATEWAY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(folder, "gateway")
	args := []string{"build", "-o", path}
	if race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, ".")...)
	build.Dir = filepath.Join("..", "..", "cmd", "gateway")
	if out, err := build.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("building the gateway: %w", err), errors.New(string(out)))
	}
	return path, nil
}
