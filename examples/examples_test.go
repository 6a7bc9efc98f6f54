// Package examples is a folder of examples; the tests check its
// configurations and those in the documentation, and run its programs in Go.
// Those for npm's SDKs are run in test/sdk, the page in test/browser.
package examples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/internal/config"
	"tidegate/test/harness"
)

func TestMain(m *testing.M) {
	os.Exit(harness.Main(func(string) (int, error) { return m.Run(), nil }))
}

// keys is a file of keys.
func keys(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// environment is what the examples ask of it.
func environment(t *testing.T) func(string) (string, bool) {
	env := map[string]string{
		"OPENAI_API_KEY": "secret", "ANTHROPIC_API_KEY": "secret", "GEMINI_API_KEY": "secret", "OPENAI_KEYS": keys(t),
		"KEY_1": "secret", "KEY_2": "secret",
		"TIDEGATE_HASH": "v1:" + strings.Repeat("0", 64),
	}
	return func(name string) (string, bool) { value, ok := env[name]; return value, ok }
}

func TestConfigurations(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	deeper, _ := filepath.Glob("*/*.yaml")
	if files = append(files, deeper...); err != nil || len(files) < 4 {
		t.Fatalf("only %q were found: %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		good(t, file, text)
	}
}

// What the pages show is a configuration as well.
func TestPages(t *testing.T) {
	found := 0
	for _, fence := range harness.Fences(t) {
		if fence.Language == "yaml" {
			found++
			good(t, fence.Page, []byte(strings.ReplaceAll(fence.Text, "/run/secrets/anthropic", keys(t))))
		}
	}
	if found < 3 {
		t.Errorf("the pages show only %d configurations", found)
	}
}

// good is what "gateway check" says of a configuration that needs no word.
func good(t *testing.T, name string, text []byte) {
	t.Helper()
	c, err := config.Parse(name, text, environment(t))
	if err != nil {
		t.Error(err)
		return
	}
	for _, warning := range c.Warnings() {
		t.Errorf("%s: %s", name, warning)
	}
}
