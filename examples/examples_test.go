// Package examples is a folder of examples; the tests check its
// configurations, and that of the front page.
package examples

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidegate/internal/config"
)

// environment is what the examples ask of it.
func environment(t *testing.T) func(string) (string, bool) {
	keys := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(keys, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"OPENAI_API_KEY": "secret", "ANTHROPIC_API_KEY": "secret", "GEMINI_API_KEY": "secret", "OPENAI_KEYS": keys,
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

var block = regexp.MustCompile("(?s)```yaml\n((?:listen|providers):.*?)```")

// What the front page shows is a configuration as well, if it begins like one.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := block.FindAllSubmatch(text, -1)
	if len(found) == 0 {
		t.Error("README.md shows no configuration")
	}
	for _, f := range found {
		good(t, "README.md", f[1])
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
