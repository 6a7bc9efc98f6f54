package provider_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/loadtest/provider"
)

func TestMain(m *testing.M) {
	if sink() {
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// start runs a provider for one test.
func start(t testing.TB, o provider.Options) *provider.Server {
	t.Helper()
	s, err := provider.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// client speaks HTTP/1.1, or HTTP/2 without TLS.
func client(t testing.TB, major int) *http.Client {
	tr := &http.Transport{Protocols: new(http.Protocols), DisableCompression: true}
	tr.Protocols.SetHTTP1(major == 1)
	tr.Protocols.SetUnencryptedHTTP2(major == 2)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// both runs a test over HTTP/1.1 and HTTP/2.
func both(t *testing.T, f func(t *testing.T, c *http.Client)) {
	t.Helper()
	for major, name := range map[int]string{1: "http1", 2: "http2"} {
		t.Run(name, func(t *testing.T) { f(t, client(t, major)) })
	}
}

// patience bounds a wait that only a bug makes long.
func patience(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

const chatPath = "/v1/chat/completions"

// post sends body with a script and returns the answer, body unread.
func post(t testing.TB, c *http.Client, url, script, body string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(patience(t), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if script != "" {
		r.Header.Set("X-Script", script)
	}
	return c.Do(r)
}

const streaming = `{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}`

// read posts and reads the whole answer, as far as it comes.
func read(t testing.TB, c *http.Client, url, script, body string) (resp *http.Response, got []byte, err error) {
	t.Helper()
	resp, err = post(t, c, url, script, body)
	if err != nil {
		t.Fatal(err)
	}
	got, err = io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return resp, got, err
}

// payloads is the data of every event of one data line each.
func payloads(body []byte) []string {
	var all []string
	for line := range strings.Lines(string(body)) {
		if data, ok := strings.CutPrefix(line, "data:"); ok {
			all = append(all, strings.TrimSpace(data))
		}
	}
	return all
}

// ended waits until n calls have, and returns the last.
func ended(t testing.TB, s *provider.Server, n int64) provider.Call {
	t.Helper()
	if _, err := s.Wait(patience(t), func(st provider.Stats) bool { return st.Calls >= n && st.Active == 0 }); err != nil {
		t.Fatalf("waiting for %d calls to end: %v; %+v", n, err, s.Stats())
	}
	calls := s.Calls()
	return calls[len(calls)-1]
}
