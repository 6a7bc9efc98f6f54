// Package examples is a folder of examples; the test checks its
// configurations.
package examples

import (
	"os"
	"path/filepath"
	"testing"

	"tidegate/internal/config"
)

func TestConfigurations(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations were found: %v", err)
	}
	env := func(name string) (string, bool) { return "secret", name == "OPENAI_API_KEY" }
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Parse(file, text, env); err != nil {
			t.Error(err)
		}
	}
}
