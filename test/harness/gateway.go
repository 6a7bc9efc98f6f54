package harness

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Gateway is a running gateway. Safe for concurrent use.
type Gateway struct {
	URL   string // of what clients call, without a path
	Admin string // of the admin listener, without a path
	PID   int

	command *exec.Cmd
	started chan struct{} // closed when it listens or has ended
	done    chan struct{} // closed at the log's end

	mu      sync.Mutex // guards the following
	log     []Entry
	changed chan struct{} // closed when log grows
}

// Entry is a line of the log. If it is JSON (log: {format: json}), the fields
// are what it says; in a line of text, and in what is no line of the log, they
// are empty.
type Entry struct {
	Text       string `json:"-"` // the line
	Msg        string
	Reason     string
	Status     int
	BufferHigh int     `json:"buffer_high"` // bytes that the buffer had at most
	PausedMS   float64 `json:"paused_ms"`   // how long the provider was paused
}

// address finds where a gateway that has started says it is: "serve" in its
// log, "demo" in words for people.
var address = regexp.MustCompile(`\b(clients|admin|metrics)\W+(http://[^/\s"]+)`)

// Start runs a command of the gateway that serves, until the test ends. The
// test fails unless it leaves properly: without a data race, if it was built
// to look for them, and without the prompt in its log.
func Start(t testing.TB, args ...string) *Gateway {
	t.Helper()
	return Run(t, Command(args...))
}

// Demo runs "gateway demo" until the test ends.
func Demo(t testing.TB) *Gateway {
	t.Helper()
	return Start(t, "demo", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0")
}

// Run is Start for a command that becomes the gateway. It sets the command's
// output.
func Run(t testing.TB, command *exec.Cmd) *Gateway {
	t.Helper()
	g := &Gateway{command: command, started: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{})}
	says, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g.command.Stdout, g.command.Stderr = to, to
	err = g.command.Start()
	_ = to.Close() // the gateway has its own
	if err != nil {
		t.Fatal(errors.Join(err, says.Close()))
	}
	g.PID = g.command.Process.Pid
	go g.read(says)
	t.Cleanup(func() { g.stop(t) })
	if <-g.started; g.Admin == "" {
		t.Fatal("the gateway did not start")
	}
	return g
}

// read keeps the log.
func (g *Gateway) read(says io.ReadCloser) {
	defer close(g.done)
	defer says.Close()
	start := sync.OnceFunc(func() { close(g.started) })
	defer start()
	for lines := bufio.NewScanner(says); lines.Scan(); {
		var entry Entry
		if json.Unmarshal(lines.Bytes(), &entry) != nil {
			entry = Entry{} // text, or the race detector's words
		}
		entry.Text = lines.Text()
		g.mu.Lock()
		g.log = append(g.log, entry)
		close(g.changed)
		g.changed = make(chan struct{})
		g.mu.Unlock()
		if g.URL != "" && g.Admin != "" {
			continue
		}
		for _, found := range address.FindAllStringSubmatch(entry.Text, -1) {
			if found[1] == "clients" {
				g.URL = found[2]
			} else {
				g.Admin = found[2]
			}
		}
		if g.URL != "" && g.Admin != "" {
			start()
		}
	}
}

// Log is what the gateway has logged so far. In a cleanup that was registered
// before the gateway was started it is all.
func (g *Gateway) Log() []Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.log)
}

// Ended waits until a stream has ended for a reason, and returns what the
// gateway said of the first that has.
func (g *Gateway) Ended(t testing.TB, reason string) Entry {
	t.Helper()
	late := time.After(Patience)
	for {
		g.mu.Lock()
		changed, log := g.changed, slices.Clone(g.log)
		g.mu.Unlock()
		for _, e := range log {
			if e.Msg == "stream" && e.Reason == reason {
				return e
			}
		}
		select {
		case <-changed:
		case <-late:
			t.Fatalf("no stream ended %q; the log is %+v", reason, log)
		}
	}
}

// Metrics is what the gateway shows.
func (g *Gateway) Metrics(t testing.TB) string {
	t.Helper()
	resp, err := http.Get(g.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	return string(text)
}

// stop ends the gateway as a service manager does.
func (g *Gateway) stop(t testing.TB) {
	if err := g.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error("stopping the gateway:", err)
	}
	kill := time.AfterFunc(Patience, func() { _ = g.command.Process.Kill() })
	defer kill.Stop()
	<-g.done
	if err := g.command.Wait(); err != nil {
		t.Error("the gateway ended with", err)
	}
	var text strings.Builder
	for _, e := range g.Log() {
		text.WriteString(e.Text + "\n")
	}
	if strings.Contains(text.String(), Prompt) {
		t.Error("the gateway's log has the prompt in it")
	} else if t.Failed() {
		t.Logf("the gateway's log:\n%s", &text)
	}
}
