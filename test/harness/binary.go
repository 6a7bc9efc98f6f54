package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// binary is the gateway under test.
var binary string

// foreign are settings that SDKs and gateways read.
var foreign = regexp.MustCompile(`(?i)^(https?_proxy$|OPENAI_|ANTHROPIC_|GOOGLE_|GEMINI_|LANGCHAIN_|LANGSMITH_|TIDEGATE_KEY$)`)

// Main is for TestMain: it has run run the tests, and returns the exit status.
// Folder is removed afterwards. The gateway is the one that GATEWAY names (a
// path), or else built from this tree, with the race detector where the tests
// have it.
func Main(run func(folder string) (status int, err error)) int {
	status, err := prepared(run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func prepared(run func(folder string) (int, error)) (status int, err error) {
	folder, err := os.MkdirTemp("", "tidegate-test-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if path := os.Getenv("GATEWAY"); path != "" {
		binary, err = filepath.Abs(path)
	} else {
		binary = filepath.Join(folder, "gateway")
		err = build(binary)
	}
	if err != nil {
		return 0, err
	}
	// A proxy or a key of whoever runs the tests must not get into them.
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); foreign.MatchString(name) {
			if err := os.Unsetenv(name); err != nil {
				return 0, err
			}
		}
	}
	return run(folder)
}

// Root is the folder of this tree.
func Root() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "tidegate").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

func build(path string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	args := []string{"build", "-buildvcs=false", "-o", path}
	if race {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "./cmd/gateway")...)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the gateway: %w\n%s", err, out)
	}
	return nil
}

// cached shows go test what its result depends on, as it keeps results and
// knows neither of programs that tests run nor of what TestMain does: the
// gateway, or the folders with what it is built from.
var cached = sync.OnceValue(func() error {
	if path := os.Getenv("GATEWAY"); path != "" {
		_, err := os.Stat(path)
		return err
	}
	root, err := Root()
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == root {
			return err
		}
		if name := entry.Name(); strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin" {
			return filepath.SkipDir
		}
		return nil
	})
})

// Command is a command line of the gateway.
func Command(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	c.Err = cached()
	// By default the race detector waits for a second before it lets a program
	// end.
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return c
}
