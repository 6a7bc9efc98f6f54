package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/client"
	"tidegate/internal/auth"
	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

const chats = "chat.completions"

// eachTransport runs a test over both.
func eachTransport(t *testing.T, f func(t *testing.T, via client.Transport)) {
	t.Run("WebSocket", func(t *testing.T) { f(t, client.WebSocket) })
	t.Run("SSE", func(t *testing.T) { f(t, client.SSE) })
}

func newGoClient(t testing.TB, o client.Options) *client.Client {
	t.Helper()
	c, err := client.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (h *house) client(t testing.TB, via client.Transport) *client.Client {
	t.Helper()
	return newGoClient(t, client.Options{URL: "http://" + h.addr, Transport: via})
}

// opened opens a stream that must open.
func openedBy(t testing.TB, c *client.Client, model string) *client.Stream {
	t.Helper()
	s, err := c.Open(patience(t), chats, []byte(chat(model)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drain reads a stream to its end.
func drain(s *client.Stream) (n uint64, err error) {
	for ev, err := range s.Events() {
		if err != nil {
			return n, err
		}
		n = ev.Seq
	}
	return n, nil
}

// A context that is done stops the model's call at once, and every wait with
// it.
func TestClientCancel(t *testing.T) {
	eachTransport(t, func(t *testing.T, via client.Transport) {
		h := start(t, setup{})
		c := h.client(t, via)
		why := errors.New("changed my mind")
		ctx, cancel := context.WithCancelCause(context.Background())
		s, err := c.Open(ctx, chats, []byte(chat("m?stall=forever&stall_at=3")))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, err = range s.Events() {
			if seen++; seen == 3 {
				cancel(why)
			}
		}
		if !errors.Is(err, why) {
			t.Errorf("the loop ended with %v", err)
		}
		h.await(t, "the provider's call to be cancelled", func(s provider.Stats) bool { return s.Cancelled == 1 })
		if l := h.log.call(t, 1); l.text("reason") != "cancelled" {
			t.Errorf("log: %v", l)
		}

		ctx, cancel = context.WithCancelCause(context.Background())
		failed := make(chan error, 1)
		go func() {
			_, err := c.Open(ctx, chats, []byte(chat("m?header_delay=forever")))
			failed <- err
		}()
		h.await(t, "a second call", func(s provider.Stats) bool { return s.Stalled == 1 })
		cancel(why)
		if err := <-failed; !errors.Is(err, why) {
			t.Errorf("Open: %v", err)
		}
		h.await(t, "the second cancellation", func(s provider.Stats) bool { return s.Cancelled == 2 })
		if n, err := drain(openedBy(t, c, "m?tokens=3")); n < 4 || err != nil {
			t.Errorf("the client is of no use afterwards: %d events, %v", n, err)
		}
	})
}

// A loop that does not go on pauses the provider. When it goes on too late it
// gets what was held, and then is told.
func TestClientSlow(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, via client.Transport) {
		t.Parallel()
		h := start(t, setup{config: brief})
		s := openedBy(t, h.client(t, via), "m?tokens=1000000")
		var last uint64
		var err error
		var ev client.Event
		for ev, err = range s.Events() {
			if err != nil {
				break
			}
			if last = ev.Seq; last == 20 {
				h.await(t, "the provider's call to be cancelled", func(s provider.Stats) bool { return s.Cancelled == 1 })
			}
		}
		var end *client.EndError
		if !errors.As(err, &end) || end.Reason != "slow_consumer" || end.Seq != last || last < 100 {
			t.Errorf("after event %d: %v", last, err)
		}
		if e, ok := s.End(); !ok || e != end.End || e.Message == "" {
			t.Errorf("%+v %v", e, ok)
		}
	})
}

// A stream goes on in another process where it was left. Who has it no longer
// is told.
func TestClientResume(t *testing.T) {
	h := start(t, setup{})
	first, second := h.client(t, client.WebSocket), h.client(t, client.SSE)
	s := openedBy(t, first, "m?tokens=200&pace=2000")
	for ev, err := range s.Events() {
		if err != nil {
			t.Fatal(err)
		}
		if ev.Seq == 31 {
			break
		}
	}
	saved := s.Save()
	if saved.Seq != 30 || saved.Stream != s.ID() {
		t.Errorf("%+v", saved)
	}
	elsewhere, err := second.Resume(patience(t), saved)
	if err != nil {
		t.Fatal(err)
	}
	want := uint64(31)
	for ev, err := range elsewhere.Events() {
		if err != nil || ev.Seq != want {
			t.Fatalf("event %d, want %d: %v", ev.Seq, want, err)
		}
		want++
	}
	if want < 200 {
		t.Errorf("only %d events", want)
	}
	if _, err := drain(s); !errors.Is(err, client.ErrSuperseded) {
		t.Errorf("the first one: %v", err)
	}
}

// Refusals say what the gateway or the provider said.
func TestClientRefused(t *testing.T) {
	key, hash := auth.NewKey()
	h := start(t, setup{config: func(c *config.Config) {
		c.Auth, c.Keys = config.AuthKeys, []config.Key{{Name: "app", Hash: config.Secret(hash)}}
	}})
	eachTransport(t, func(t *testing.T, via client.Transport) {
		good := newGoClient(t, client.Options{URL: "http://" + h.addr, Key: key, Transport: via})
		bad := newGoClient(t, client.Options{URL: "http://" + h.addr, Key: "wrong", Transport: via})
		for name, c := range map[string]struct {
			client      *client.Client
			api, body   string
			status      int
			code        string
			temporarily bool
		}{
			"key":      {client: bad, api: chats, body: chat("m"), status: 401, code: "invalid_api_key"},
			"api":      {client: good, api: "telepathy", body: chat("m"), status: 400, code: "unknown_api"},
			"stream":   {client: good, api: chats, body: `{"model":"m","stream":false}`, status: 400, code: "invalid_stream"},
			"provider": {client: good, api: chats, body: chat("m?status=429&retry_after=7"), status: 429, code: "rate_limit_exceeded", temporarily: true},
		} {
			_, err := c.client.Open(patience(t), c.api, []byte(c.body))
			var refusal *client.RefusedError
			if !errors.As(err, &refusal) || refusal.Status != c.status || refusal.Code != c.code || refusal.Message == "" {
				t.Errorf("%s: %v %+v", name, err, refusal)
			} else if c.temporarily != (refusal.RetryAfter == 7*time.Second) {
				t.Errorf("%s: retry after %v", name, refusal.RetryAfter)
			}
		}
		s, err := good.Resume(patience(t), client.Saved{Stream: "nobody's", Seq: 3})
		if err != nil {
			t.Fatal(err)
		}
		var refusal *client.RefusedError
		if _, err := drain(s); !errors.As(err, &refusal) || refusal.Status != 404 {
			t.Errorf("an unknown stream: %v", err)
		}
		if n, err := drain(openedBy(t, good, "m?tokens=3")); n < 4 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
	})
}

// What the provider does wrong is no clean end, and what came before it is
// delivered.
func TestClientFaults(t *testing.T) {
	h := start(t, setup{})
	eachTransport(t, func(t *testing.T, via client.Transport) {
		c := h.client(t, via)
		for fault, want := range map[string]string{
			"rst": "upstream_error", "fin": "upstream_truncated", "end": "upstream_truncated", "error_event": "upstream_error",
		} {
			n, err := drain(openedBy(t, c, "m?tokens=50&pace=5000&at=20&fault="+fault))
			least := uint64(20)
			if fault == "rst" {
				least = 1 // a reset takes with it what the kernel has received and nobody has read
			}
			var end *client.EndError
			if !errors.As(err, &end) || end.Reason != want || end.Code == "" || n < least || n != end.Seq {
				t.Errorf("%s: %d events, %v", fault, n, err)
			}
		}
		tight := newGoClient(t, client.Options{URL: "http://" + h.addr, Transport: via, MaxEvent: 10 << 10})
		if n, err := drain(openedBy(t, tight, "m?tokens=5&huge=100000&huge_at=3")); !errors.Is(err, client.ErrTooLarge) || n != 3 {
			t.Errorf("an event of 100 KB: after %d events %v", n, err)
		}
		if n, err := drain(openedBy(t, c, "m?tokens=5&huge=1000000&huge_at=3")); n < 6 || err != nil {
			t.Errorf("an event of 1 MB: %d events, %v", n, err)
		}
	})
}

// Where WebSocket does not get through, streams come over SSE.
func TestClientFallsBack(t *testing.T) {
	h := start(t, setup{})
	to, err := url.Parse("http://" + h.addr)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0)}
	var mu sync.Mutex
	asked := 0
	office := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/ws" {
			mu.Lock()
			asked++
			mu.Unlock()
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, "<html>Not in this office.</html>")
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(office.Close)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	c := newGoClient(t, client.Options{URL: office.URL, Origin: "http://" + h.addr})
	for range 3 {
		if n, err := drain(openedBy(t, c, "m?tokens=30")); n < 31 || err != nil {
			t.Fatalf("%d events, %v", n, err)
		}
	}
	if mu.Lock(); asked != 1 {
		t.Errorf("WebSocket was tried %d times", asked)
	}
	mu.Unlock()
	only := newGoClient(t, client.Options{URL: office.URL, Origin: "http://" + h.addr, Transport: client.WebSocket})
	if _, err := only.Open(patience(t), chats, []byte(chat("m"))); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("WebSocket alone: %v", err)
	}
}

// A line that goes dead without a word is noticed, and the stream goes on over
// the next one.
func TestClientDeadLine(t *testing.T) {
	eachTransport(t, func(t *testing.T, via client.Transport) {
		h := start(t, setup{config: func(c *config.Config) { c.KeepAlive = 20 * time.Second }})
		line := newDeadLine(t, h.addr, 2<<10)
		c := newGoClient(t, client.Options{
			URL: line.url(), Transport: via, Silence: 300 * time.Millisecond,
			Backoff: func(int) time.Duration { return 0 },
		})
		if n, err := drain(openedBy(t, c, "m?tokens=400&pace=4000")); n < 401 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
		if line.broken.Load() == 0 {
			t.Error("the line never went dead")
		}
	})
}
