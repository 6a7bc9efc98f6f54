// Package sdk runs the providers' own SDKs, unmodified, against the gateway's
// binary and a scripted provider, over real sockets. It is a module of its own
// so that nobody who uses Tidegate downloads them.
package sdk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// binary is the gateway under test.
var binary string

var foreign = regexp.MustCompile(`(?i)^(https?_proxy$|OPENAI_|ANTHROPIC_|GOOGLE_|GEMINI_|LANGCHAIN_|LANGSMITH_)`)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	// A proxy or a key of whoever runs the tests must not get into them.
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if !foreign.MatchString(name) {
			continue
		}
		if err := os.Unsetenv(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	folder, err := os.MkdirTemp("", "tidegate-sdk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	if binary, err = gatewayBinary(folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
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
