package sdk

import (
	"bufio"
	"encoding/json"
	"fmt"
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
	url string // of what clients call, without a path
	key string // what clients call with
	// ends are the reasons for which streams may end, as the log has them.
	ends []string

	command *exec.Cmd
	started chan string   // its address, or closed when it did not start
	done    chan struct{} // closed at the log's end

	mu  sync.Mutex // guards the following
	log []string
}

// providerKey is what the gateway calls the provider with.
const providerKey = "sk-of-the-provider"

// configuration has one provider under names that differ in their patience.
// The times that are long are longer than any test may take: where a test sees
// an end, it was not one of these that brought it.
const configuration = `
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keep_alive: %s
providers:
  patient:
    base_url: %[2]s/v1
    api_key: %[3]s
    timeouts: {first_event: 1h, silence: 1h, total: 1h}
  silence:
    base_url: %[2]s/v1
    api_key: %[3]s
    timeouts: {first_event: 1h, silence: 300ms, total: 1h}
  beginning:
    base_url: %[2]s/v1
    api_key: %[3]s
    timeouts: {first_event: 300ms, silence: 1h, total: 300ms}
  nobody:
    base_url: http://127.0.0.1:1/v1
models:
  "*": patient
  falls-silent: "silence/script:tokens=8,stall=forever,stall_at=4"
  never-begins: "beginning/script:header_delay=forever"
  unreachable: nobody
log: {format: json}
`

// startGateway runs a gateway until the test ends.
func startGateway(t *testing.T, provider, keepAlive string, ends []string) *gateway {
	t.Helper()
	key, admission := newKey(t)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	text := fmt.Sprintf(configuration, keepAlive, provider, providerKey) + admission
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g := &gateway{
		key:     key,
		ends:    ends,
		command: gatewayCommand("serve", "-config", file),
		started: make(chan string, 1),
		done:    make(chan struct{}),
	}
	stderr, err := g.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := g.command.Start(); err != nil {
		t.Fatal(err)
	}
	go g.read(bufio.NewScanner(stderr))
	t.Cleanup(func() { g.stop(t) })
	g.url = <-g.started
	if g.url == "" {
		t.Fatal("the gateway did not start")
	}
	return g
}

func gatewayCommand(args ...string) *exec.Cmd {
	c := exec.Command(binary, args...)
	// By default the race detector waits for a second before it lets a program
	// end.
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return c
}

// newKey makes a client key the way a user does: what the command prints is
// the key and the lines that belong into the configuration.
func newKey(t *testing.T) (key, admission string) {
	t.Helper()
	out, err := gatewayCommand("key", "new", "-name", "sdk").Output()
	if err != nil {
		t.Fatal(err)
	}
	said, admission, ok := strings.Cut(string(out), "\nkeys:\n")
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "tg-") {
			key = strings.TrimSpace(line)
		}
	}
	if key == "" || !ok {
		t.Fatalf("gateway key new printed\n%s", out)
	}
	return key, "keys:\n" + admission
}

// read keeps the log.
func (g *gateway) read(lines *bufio.Scanner) {
	defer close(g.done)
	defer close(g.started)
	for lines.Scan() {
		g.mu.Lock()
		g.log = append(g.log, lines.Text())
		g.mu.Unlock()
		var entry struct{ Msg, Clients string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Msg == "listening" {
			g.started <- entry.Clients
		}
	}
}

// stop ends the gateway as a service manager does, and fails the test unless
// it leaves properly: with nothing under way and, if it was built to look for
// them, without a data race.
func (g *gateway) stop(t *testing.T) {
	t.Helper()
	if err := g.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error("stopping the gateway:", err)
	}
	kill := time.AfterFunc(patience, func() { _ = g.command.Process.Kill() })
	defer kill.Stop()
	<-g.done
	if err := g.command.Wait(); err != nil {
		t.Error("the gateway ended with", err)
	}
	last := g.log[max(0, len(g.log)-1):]
	if text := strings.Join(last, ""); !strings.Contains(text, `"msg":"stopped","calls_cut":0`) {
		t.Error("the gateway's last words:", text)
	}
	text := strings.Join(g.log, "\n")
	for name, secret := range map[string]string{"client's key": g.key, "provider's key": providerKey, "prompt": prompt} {
		if strings.Contains(text, secret) {
			t.Errorf("the gateway's log has the %s in it", name)
		}
	}
	for _, line := range g.log {
		var entry struct{ Msg, Reason string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not a log line: %s", line)
		}
		if entry.Msg == "stream" && !slices.Contains(g.ends, entry.Reason) {
			t.Errorf("a stream ended %q, not one of %q", entry.Reason, g.ends)
		}
	}
	if t.Failed() {
		t.Logf("the gateway's log:\n%s", text)
	}
}
