package examples

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"tidegate/loadtest/provider"
	"tidegate/test/harness"
)

// TestPrograms runs the programs in Go against "gateway demo", as they say.
func TestPrograms(t *testing.T) {
	t.Parallel()
	url := harness.Demo(t).URL
	for _, program := range []struct{ name, flag, url, ends, errors string }{
		{"stream", "-base", url + "/v1", "\n", "^$"},
		{"client", "-url", url, "", `^\n\d+ tokens in, 400 out \(estimated: false\)\n$`},
	} {
		run := func(t *testing.T, more ...string) (out, errors string, err error) {
			args := append([]string{"run", "-buildvcs=false", "./" + program.name, program.flag, program.url, "-prompt", "hello"}, more...)
			var stdout, stderr bytes.Buffer
			c := exec.CommandContext(harness.Patient(t), "go", args...)
			c.Stdout, c.Stderr = &stdout, &stderr
			err = c.Run()
			return stdout.String(), stderr.String(), err
		}
		t.Run(program.name, func(t *testing.T) {
			t.Parallel()
			out, errors, err := run(t)
			if out != provider.Text(400)+program.ends || !regexp.MustCompile(program.errors).MatchString(errors) || err != nil {
				t.Errorf("%v, %q, %q", err, errors, out)
			}
			if out, errors, err := run(t, "-model", "script:tokens=20,fault=end,at=11"); out != provider.Text(10) || errors == "" || err == nil {
				t.Errorf("of an answer that is not whole: %v, %q, %q", err, errors, out)
			}
		})
	}
}

// TestAll finds examples that nobody runs.
func TestAll(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case e.IsDir() && slices.Contains([]string{"stream", "client", "browser"}, name): // TestPrograms, test/browser
		case !e.IsDir() && slices.Contains([]string{".md", ".yaml", ".mjs", ".py"}, filepath.Ext(name)): // prose, TestConfigurations, test/sdk
		case !e.IsDir() && filepath.Ext(name) == ".go": // tests
		default:
			t.Errorf("%s: an example that no test runs", name)
		}
	}
}
