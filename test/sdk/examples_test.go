package sdk

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestExamples runs the programs for npm's SDKs that examples and README.md
// have, against "gateway demo": they print the answer, and fail if it is not
// whole.
func TestExamples(t *testing.T) {
	t.Parallel()
	programs := map[string]string{}
	files, err := filepath.Glob("../../examples/*.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		programs[filepath.Base(file)] = string(text)
	}
	for _, fence := range harness.Fences(t) {
		if fence.Language == "js" && strings.HasPrefix(fence.Text, "import ") {
			programs[fmt.Sprintf("%s:%d", fence.Page, fence.Line)] = fence.Text
		}
	}
	if len(programs) < 6 {
		t.Errorf("only %d programs were found", len(programs))
	}
	g := harness.Demo(t)
	for name, text := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, errors, err := runModule(t, g, text); err != nil || strings.TrimSuffix(out, "\n") != provider.Text(400) || errors != "" {
				t.Errorf("%v, %s, %q", err, errors, out)
			}
			broken := strings.ReplaceAll(text, `"demo"`, `"script:tokens=40,fault=fin,at=20"`)
			out, errors, err := runModule(t, g, broken)
			if err == nil || errors == "" || out == "" || !strings.HasPrefix(provider.Text(40), out) {
				t.Errorf("of an answer that is not whole: %v, %s, %q", err, errors, out)
			}
		})
	}
}

// runModule runs an ES module that calls the gateway at its usual address.
func runModule(t *testing.T, g *harness.Gateway, text string) (out, errors string, err error) {
	t.Helper()
	const usual = "http://127.0.0.1:8080"
	if !strings.Contains(text, usual) {
		t.Fatalf("it does not call %s", usual)
	}
	folder := t.TempDir()
	installed, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(installed, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	module := filepath.Join(folder, "example.mjs")
	if err := os.WriteFile(module, []byte(strings.ReplaceAll(text, usual, g.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	node := exec.CommandContext(harness.Patient(t), "node", module)
	node.Env = append(os.Environ(), "NODE_NO_WARNINGS=1")
	node.Stdout, node.Stderr = &stdout, &stderr
	err = node.Run()
	return stdout.String(), stderr.String(), err
}

// TestPython compiles the program for OpenAI's SDK in Python. It is not run:
// neither Debian nor npm has that SDK.
func TestPython(t *testing.T) {
	c := exec.CommandContext(harness.Patient(t), "python3", "-m", "py_compile", "../../examples/openai.py")
	c.Env = append(os.Environ(), "PYTHONPYCACHEPREFIX="+t.TempDir())
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
