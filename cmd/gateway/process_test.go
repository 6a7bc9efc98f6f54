//go:build unix

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"tidegate/loadtest/provider"
)

// commandLine is the variable with which this program is a gateway: what
// signals do to a process shows in one of its own.
const commandLine = "GATEWAY_TEST_COMMAND_LINE"

func init() {
	if args, ok := os.LookupEnv(commandLine); ok {
		os.Args = append(os.Args[:1], strings.Fields(args)...)
		main()
	}
}

// process is a gateway in a process of its own.
type process struct {
	*house
	cmd   *exec.Cmd
	log   *os.File      // what it writes to
	lines *bufio.Reader // of log
}

// runProcess starts a gateway and reads its log as far as its addresses.
func runProcess(t *testing.T) *process {
	t.Helper()
	scripted, err := provider.Start(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scripted.Close)
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	text := fmt.Sprintf("listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\ndrain: 3s\nproviders: {p: {base_url: '%s/v1'}}\nmodels: {'*': p}\n", scripted.URL())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	p := &process{cmd: exec.CommandContext(patience(t), os.Args[0]), log: r, lines: bufio.NewReader(r)}
	p.cmd.Env = append(os.Environ(), commandLine+"=serve -config "+file)
	p.cmd.Stderr = w
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _, _ = p.cmd.Process.Wait() })
	at := regexp.MustCompile(`clients=http://(\S+) admin=(\S+)`).FindStringSubmatch(p.line(t, "msg=listening"))
	p.house = commanded(t, at[1])
	p.admin = at[2]
	return p
}

// line reads the log up to a line that has a text.
func (p *process) line(t *testing.T, text string) string {
	t.Helper()
	for {
		line, err := p.lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the log ends without %q: %v", text, err)
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// ends says what became of the process.
func (p *process) ends(t *testing.T) {
	t.Helper()
	p.http.CloseIdleConnections()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the gateway: %v", err)
	}
}

// SIGHUP ends nothing and is told of, and SIGTERM says when the drain begins.
func TestSignals(t *testing.T) {
	p := runProcess(t)
	c := p.dial(t)
	c.begin(t, "m?tokens=50&stall=100ms&stall_at=20", 5)
	p.signal(t, syscall.SIGHUP)
	p.line(t, "SIGHUP does nothing")
	p.works(t)
	p.signal(t, syscall.SIGTERM)
	p.line(t, "msg=draining")
	for done := false; !done; {
		ev, err := c.next()
		if err != nil {
			t.Fatalf("the running stream: %v", err)
		}
		done = ev.Data == "[DONE]"
	}
	p.line(t, "msg=stopped calls_cut=0")
	p.ends(t)
}

// Whoever reads the log may go away: that costs lines, which are counted, and
// no stream.
func TestLogReaderGone(t *testing.T) {
	p := runProcess(t)
	c := p.dial(t)
	c.begin(t, "m?tokens=5&stall=forever&stall_at=3", 3)
	if err := p.log.Close(); err != nil {
		t.Fatal(err)
	}
	p.works(t)
	p.scrapeUntil(t, "lost lines", func(m metrics) bool { return m.value(t, "tidegate_log_lines_lost_total") > 0 })
	p.works(t)
	p.scrapeUntil(t, "the one stream from before", func(m metrics) bool { return m.value(t, "tidegate_streams_active") == 1 })
	p.signal(t, syscall.SIGTERM)
	p.ends(t)
}

// Whoever reads the log may stop reading: the process ends all the same.
func TestLogReaderStuck(t *testing.T) {
	p := runProcess(t)
	for range 500 { // more than a pipe holds
		p.post(t, "/v1/chat/completions", "{")
	}
	p.signal(t, syscall.SIGTERM)
	p.ends(t)
}
