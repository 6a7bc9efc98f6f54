package browser

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// gateway is a running gateway.
type gateway struct {
	url     string // of what clients call, without a path
	admin   string // of its metrics
	command *exec.Cmd
	started chan string   // its address, or closed when it did not start
	done    chan struct{} // closed at the log's end

	mu      sync.Mutex // guards the following
	log     []string
	ends    []end         // of streams, in their order
	changed chan struct{} // closed when ends grows
}

// end is what the gateway logs of a stream.
type end struct {
	Reason     string
	BufferHigh int     `json:"buffer_high"` // bytes that the buffer had at most
	PausedMS   float64 `json:"paused_ms"`   // how long the provider was paused
}

// startGateway runs a gateway until the test ends.
func startGateway(t *testing.T, configuration string) *gateway {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &gateway{
		command: exec.Command(binary, "serve", "-config", file),
		started: make(chan string, 1), done: make(chan struct{}), changed: make(chan struct{}),
	}
	// By default the race detector waits for a second before it lets a program
	// end.
	g.command.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	stderr, err := g.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.command.Start(); err != nil {
		t.Fatal(err)
	}
	go g.read(bufio.NewScanner(stderr))
	t.Cleanup(func() { g.stop(t) })
	if g.url = <-g.started; g.url == "" {
		t.Fatal("the gateway did not start")
	}
	return g
}

// read keeps the log.
func (g *gateway) read(lines *bufio.Scanner) {
	defer close(g.done)
	defer close(g.started)
	for lines.Scan() {
		var entry struct {
			Msg, Clients, Admin string
			end
		}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
			entry.Msg = "" // the race detector's words
		}
		g.mu.Lock()
		g.log = append(g.log, lines.Text())
		if entry.Msg == "stream" {
			g.ends = append(g.ends, entry.end)
			close(g.changed)
			g.changed = make(chan struct{})
		}
		g.mu.Unlock()
		if entry.Msg == "listening" {
			g.admin = entry.Admin
			g.started <- entry.Clients
		}
	}
}

// ended waits until a stream has ended for a reason, and returns what the
// gateway said of the first that has.
func (g *gateway) ended(t *testing.T, reason string) end {
	t.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		changed, ends := g.changed, slices.Clone(g.ends)
		g.mu.Unlock()
		for _, e := range ends {
			if e.Reason == reason {
				return e
			}
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no stream ended %q; the ends were %+v", reason, ends)
		}
	}
}

// stop ends the gateway and fails the test unless it leaves properly: without
// a data race, if it was built to look for them.
func (g *gateway) stop(t *testing.T) {
	if err := g.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error("stopping the gateway:", err)
	}
	kill := time.AfterFunc(patience, func() { _ = g.command.Process.Kill() })
	defer kill.Stop()
	<-g.done
	if err := g.command.Wait(); err != nil {
		t.Error("the gateway ended with", err)
	}
	if text := strings.Join(g.log, "\n"); strings.Contains(text, prompt) {
		t.Error("the gateway's log has the prompt in it")
	} else if t.Failed() {
		t.Logf("the gateway's log:\n%s", text)
	}
}
