package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"tidegate/internal/auth"
	"tidegate/loadtest/provider"
)

// runs runs a command line that ends by itself.
func runs(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(t.Context(), args, &out, &err)
	return status, out.String(), err.String()
}

func TestHelp(t *testing.T) {
	for name := range commands {
		status, out, errs := runs(t, name, "-h")
		if status != 0 || !strings.HasPrefix(out, "Usage: gateway "+name) || errs != "" {
			t.Errorf("%s -h: status %d, %q, %q", name, status, out, errs)
		}
		status, out, errs = runs(t, name, "-nonsense")
		if status != 2 || out != "" || !strings.Contains(errs, "Usage: gateway "+name) {
			t.Errorf("%s -nonsense: status %d, %q, %q", name, status, out, errs)
		}
	}
	if status, out, _ := runs(t, "-h"); status != 0 || !strings.Contains(out, "gateway serve") {
		t.Errorf("-h: status %d, %q", status, out)
	}
	for _, args := range [][]string{nil, {"nonsense"}, {"check"}, {"key"}, {"check", "x"}} {
		if status, out, errs := runs(t, args...); status != 2 || out != "" || errs == "" {
			t.Errorf("%q: status %d, %q, %q", args, status, out, errs)
		}
	}
	if status, out, _ := runs(t, "help", "check"); status != 0 || !strings.HasPrefix(out, "Usage: gateway check") {
		t.Errorf("help check: status %d, %q", status, out)
	}
	if status, out, _ := runs(t, "version"); status != 0 || !strings.HasPrefix(out, "tidegate ") {
		t.Errorf("version: status %d, %q", status, out)
	}
}

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("keep_alive: 15s\nproviders:\n  local:\n    base_url: http://127.0.0.1:18000/v1\n    tiemouts: {}\nmodels:\n  \"*\": local\n")
	status, out, errs := runs(t, "check", "-config", file)
	if status != 1 || out != "" {
		t.Errorf("status %d, %q", status, out)
	}
	if !strings.Contains(errs, file+":5:5: ") || !strings.Contains(errs, "tiemouts") ||
		!regexp.MustCompile(`(?m)^[ |]*\^`).MatchString(errs) {
		t.Errorf("no line, column and caret: %s", errs)
	}
	if status, _, serveErrs := runs(t, "serve", "-config", file); status != 1 || !strings.Contains(serveErrs, file+":5:5: ") {
		t.Errorf("serve: status %d, %s", status, serveErrs)
	}

	_, reference, _ := runs(t, "config")
	write(reference)
	if status, out, errs := runs(t, "check", "-config", file); status != 0 || !strings.Contains(out, "is good") {
		t.Errorf("the reference: status %d, %q, %q", status, out, errs)
	}
	if status, _, errs := runs(t, "check", "-config", file+".none"); status != 1 || !strings.Contains(errs, "no such file") {
		t.Errorf("no file: status %d, %q", status, errs)
	}
}

func TestKeyNew(t *testing.T) {
	for _, name := range []string{"", "a b", "a\nb"} {
		if status, out, errs := runs(t, "key", "new", "-name", name); status != 1 || out != "" || !strings.Contains(errs, "without spaces") {
			t.Errorf("the name %q, which no configuration may have: status %d, %q, %q", name, status, out, errs)
		}
	}
	status, out, _ := runs(t, "key", "new", "-name", "app")
	key := regexp.MustCompile(`tg-\w+`).FindString(out)
	hash := regexp.MustCompile(`v1:[0-9a-f]{64}`).FindString(out)
	keys, err := auth.NewKeys([]auth.Entry{{Name: "app", Hash: hash}})
	if status != 0 || err != nil {
		t.Fatalf("status %d, %v: %q", status, err, out)
	}
	if who, err := keys.CheckToken(key); err != nil || who.Name != "app" {
		t.Errorf("the key does not fit its hash: %v", err)
	}
}

// screen is what a command prints, for a test that waits for some of it.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(p)
}

// find waits for a match and returns its first group.
func (s *screen) find(t *testing.T, pattern string) string {
	t.Helper()
	ctx := patience(t)
	for re := regexp.MustCompile(pattern); ; {
		s.mu.Lock()
		found, more, text := re.FindStringSubmatch(s.text.String()), s.more, s.text.String()
		s.mu.Unlock()
		if found != nil {
			return found[1]
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("nothing like %q was printed: %q", pattern, text)
		}
	}
}

// runCommand runs a command that serves until it is told to stop.
func runCommand(t *testing.T, args ...string) (out, errs *screen, stop func()) {
	t.Helper()
	out, errs = &screen{more: make(chan struct{})}, &screen{more: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	status := make(chan int, 1)
	go func() { status <- run(ctx, args, out, errs) }()
	return out, errs, func() {
		cancel()
		if got := <-status; got != 0 {
			t.Errorf("%q: status %d, %q", args, got, errs.text.String())
		}
	}
}

// Without a file: the provider that the environment or a flag names.
func TestServeWithoutFile(t *testing.T) {
	p, err := provider.Start(provider.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	local := []string{"serve", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}

	for _, name := range []string{
		"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY",
		"OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL",
	} {
		t.Setenv(name, "")
	}
	if status, _, errs := runs(t, local...); status != 1 || !strings.Contains(errs, "OPENAI_API_KEY") {
		t.Errorf("nothing to call: status %d, %q", status, errs)
	}
	for _, c := range []struct {
		flag, env, base string
		authorization   string
	}{
		{env: "sk-test", base: p.URL() + "/v1", authorization: "Bearer sk-test"},
		{flag: p.URL() + "/v1"},
		{flag: p.URL() + "/v1", env: "sk-test"}, // which is not for whoever the flag names
	} {
		t.Setenv("OPENAI_API_KEY", c.env)
		t.Setenv("OPENAI_BASE_URL", c.base)
		args := local
		if c.flag != "" {
			args = append(args[:len(args):len(args)], "-provider", c.flag)
		}
		_, errs, stop := runCommand(t, args...)
		h := commanded(t, errs.find(t, `msg=listening clients=http://(\S+)`))
		h.works(t)
		calls := p.Calls()
		if got := calls[len(calls)-1].Header.Get("Authorization"); got != c.authorization {
			t.Errorf("%+v: the provider got %q", c, got)
		}
		h.http.CloseIdleConnections()
		stop()
	}

	// With several keys, each API's calls go to its own provider.
	for name, value := range map[string]string{
		"OPENAI_API_KEY": "key-o", "ANTHROPIC_API_KEY": "key-a", "GEMINI_API_KEY": "key-g",
		"OPENAI_BASE_URL": p.URL() + "/v1", "ANTHROPIC_BASE_URL": p.URL(), "GOOGLE_GEMINI_BASE_URL": p.URL(),
	} {
		t.Setenv(name, value)
	}
	_, errs, stop := runCommand(t, local...)
	h := commanded(t, errs.find(t, `msg=listening clients=http://(\S+)`))
	for _, c := range []struct{ path, body, key string }{
		{chatPath, chat("m?tokens=3"), "key-o"},
		{"/v1/messages", `{"model":"m?tokens=3","max_tokens":9,"messages":[]}`, "key-a"},
		{"/v1beta/models/script:tokens=3:generateContent", `{"contents":[]}`, "key-g"},
	} {
		a := h.post(t, c.path, c.body)
		if calls := p.Calls(); a.status != http.StatusOK || calls[len(calls)-1].Key != c.key {
			t.Errorf("%s: status %d with the key %q", c.path, a.status, calls[len(calls)-1].Key)
		}
	}
	h.http.CloseIdleConnections()
	stop()
}
