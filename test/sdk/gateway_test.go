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

// configuration has the same provider under names that differ in the API that
// it speaks and in the gateway's patience with it. The times that are long are
// longer than any test may take: where a test sees an end, it was not one of
// these that brought it. No breaker opens: that is for other tests.
const configuration = `
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keep_alive: %[1]s
providers:
  openai: {api: openai, base_url: "%[2]s/v1", %[3]s}
  anthropic: {api: anthropic, base_url: "%[2]s/v1", %[3]s}
  gemini: {api: gemini, base_url: "%[2]s/v1beta", %[3]s}
  openai-silence: {api: openai, base_url: "%[2]s/v1", %[4]s}
  anthropic-silence: {api: anthropic, base_url: "%[2]s/v1", %[4]s}
  gemini-silence: {api: gemini, base_url: "%[2]s/v1beta", %[4]s}
  beginning: {api: openai, base_url: "%[2]s/v1", %[5]s}
  nobody-openai: {api: openai, base_url: "http://127.0.0.1:1/v1", breaker: {failures: 0}}
  nobody-anthropic: {api: anthropic, base_url: "http://127.0.0.1:1/v1", breaker: {failures: 0}}
  nobody-gemini: {api: gemini, base_url: "http://127.0.0.1:1/v1beta", breaker: {failures: 0}}
models:
  "*": [openai, anthropic, gemini]
  falls-silent:
    - "openai-silence/script:tokens=8,stall=forever,stall_at=4,ping=20ms"
    - "anthropic-silence/script:tokens=8,stall=forever,stall_at=7,ping=20ms"
    - "gemini-silence/script:tokens=8,stall=forever,stall_at=4,ping=20ms"
  never-begins: "beginning/script:header_delay=forever"
  unreachable: [nobody-openai, nobody-anthropic, nobody-gemini]
log: {format: json}
`

// settings are a provider's, but for its URL.
const settings = `api_key: "%s", breaker: {failures: 0}, timeouts: {first_event: %s, silence: %s, total: %s}`

// startGateway runs a gateway until the test ends.
func startGateway(t *testing.T, provider, keepAlive string, ends []string) *gateway {
	t.Helper()
	key, admission := newKey(t)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	with := func(first, silence, total string) string {
		return fmt.Sprintf(settings, providerKey, first, silence, total)
	}
	text := fmt.Sprintf(configuration, keepAlive, provider,
		with("1h", "1h", "1h"), with("1h", "300ms", "1h"), with("300ms", "1h", "300ms")) + admission
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
		var entry struct {
			Msg, Reason string
			Status      int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not a log line: %s", line)
		}
		if entry.Reason == "" && entry.Status >= 400 {
			continue // refused before it was a stream
		}
		if entry.Msg == "stream" && !slices.Contains(g.ends, entry.Reason) {
			t.Errorf("a stream ended %q, not one of %q", entry.Reason, g.ends)
		}
	}
	if t.Failed() {
		t.Logf("the gateway's log:\n%s", text)
	}
}
