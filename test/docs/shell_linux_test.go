package docs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"tidegate/test/harness"
)

// shell is where a reader types commands: a folder of its own, with the
// gateway in bin and on the path. In what is typed there, 127.0.0.1 is an
// address that no other test has, so that ports may stay as they are written;
// Linux has all of 127.0.0.0/8 for that.
type shell struct {
	t       *testing.T
	folder  string
	address string
}

var shells atomic.Int32

func newShell(t *testing.T) *shell {
	t.Helper()
	pid := os.Getpid()
	s := &shell{t: t, folder: t.TempDir(), address: fmt.Sprintf("127.%d.%d.%d", 64+shells.Add(1)%190, pid>>8&255, pid&255)}
	if err := os.Mkdir(filepath.Join(s.folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(harness.Command().Path, filepath.Join(s.folder, "bin", "gateway")); err != nil {
		t.Fatal(err)
	}
	return s
}

// here is a text with this shell's address.
func (s *shell) here(text string) string { return strings.ReplaceAll(text, "127.0.0.1", s.address) }

func (s *shell) command(ctx context.Context, script string) *exec.Cmd {
	c := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", s.here(script))
	c.Dir = s.folder
	c.Env = append(harness.Command().Env, "PATH="+filepath.Join(s.folder, "bin")+":"+os.Getenv("PATH"))
	return c
}

// result is what became of a script.
type result struct {
	status      int
	out, errors string
}

func (s *shell) try(script string) result {
	s.t.Helper()
	var out, complaints bytes.Buffer
	c := s.command(harness.Patient(s.t), script)
	c.Stdout, c.Stderr = &out, &complaints
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return result{c.ProcessState.ExitCode(), out.String(), complaints.String()}
}

// run is try for what has to go well. It returns what was printed.
func (s *shell) run(script string) string {
	s.t.Helper()
	r := s.try(script)
	if r.status != 0 {
		s.t.Fatalf("%s\nstatus %d\n%s%s", script, r.status, r.out, r.errors)
	}
	return r.out
}

// serve runs a line that starts a gateway, until the test ends.
func (s *shell) serve(line string) *harness.Gateway {
	s.t.Helper()
	return harness.Run(s.t, s.command(context.Background(), "exec env "+line))
}

// demo runs the gateway that most pages take for granted.
func (s *shell) demo() *harness.Gateway {
	s.t.Helper()
	return s.serve("gateway demo -listen 127.0.0.1:8080 -admin 127.0.0.1:9090")
}

// write writes a file into the folder.
func (s *shell) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(s.here(text)), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shell) read(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}
