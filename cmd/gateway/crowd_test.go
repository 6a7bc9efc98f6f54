package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidegate/internal/auth"
	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

func length(body string) string { return strconv.Itoa(len(body)) }

// At the limit of calls the next one is refused, and told when to come back;
// when one ends there is room again.
func TestTooManyCalls(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) { c.Stream.Max = 2 }})
	first, second := h.dial(t), h.dial(t)
	first.send(t, chatPath, chat("m?stall=forever&stall_at=1"))
	first.head(t)
	second.send(t, chatPath, `{"model":"m?header_delay=forever"}`)
	h.await(t, "two calls", func(s provider.Stats) bool { return s.Stalled == 2 })

	for _, body := range []string{chat("m"), `{"model":"m"}`} {
		a := h.post(t, chatPath, body)
		checkFailure(t, a, http.StatusServiceUnavailable, "overloaded", "Try again")
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
	}
	_ = first.Close()
	h.log.call(t, 3) // two refusals, and the first call's end
	h.works(t)
	_ = second.Close()
}

// Bodies that together are more than may be held wait for room; when there
// never is any, they are refused.
func TestTooManyBodies(t *testing.T) {
	t.Parallel()
	h := start(t, setup{config: func(c *config.Config) {
		c.Limits.RequestBody, c.Limits.RequestBodiesTotal = 4*config.KiB, 4*config.KiB
		c.Limits.BodyTimeout = 3 * time.Second
	}})
	body := strings.Replace(chat("m?header_delay=forever"), "hi", strings.Repeat("a", 3000), 1)
	holder := h.dial(t)
	holder.send(t, chatPath, body)
	h.await(t, "the call", func(s provider.Stats) bool { return s.Stalled == 1 })
	checkFailure(t, h.post(t, chatPath, body), http.StatusServiceUnavailable, "overloaded", "bodies")
	_ = holder.Close()
	h.log.call(t, 2)
	h.works(t)
}

// With keys, a call needs one; the provider never sees it, and the log does
// not either.
func TestClientKeys(t *testing.T) {
	good, hash := auth.NewKey()
	other, otherHash := auth.NewKey()
	h := start(t, setup{config: func(c *config.Config) {
		c.Keys = []config.Key{{Name: "app", Hash: config.Secret(hash)}, {Name: "other", Hash: config.Secret(otherHash)}}
		everyProvider(c, func(p *config.Provider) { p.APIKey = "provider-key" })
	}})
	stranger, _ := auth.NewKey()
	ask := func(header http.Header) *answer {
		r, err := http.NewRequestWithContext(patience(t), http.MethodPost, "http://"+h.addr+chatPath, strings.NewReader(chat("m?tokens=2")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = header
		resp, err := h.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return read(resp)
	}
	for name, c := range map[string]struct {
		header http.Header
		says   string
	}{
		"none":       {http.Header{}, "asks for a key"},
		"wrong":      {http.Header{"Authorization": {"Bearer " + stranger}}, "not known"},
		"wrong x":    {http.Header{"X-Api-Key": {stranger}}, "not known"},
		"provider's": {http.Header{"Authorization": {"Bearer provider-key"}}, "not the provider's"},
		"basic":      {http.Header{"Authorization": {"Basic " + good}}, "Bearer KEY"},
		"two":        {http.Header{"Authorization": {"Bearer " + good}, "X-Api-Key": {other}}, "two different"},
	} {
		t.Run(name, func(t *testing.T) {
			checkFailure(t, ask(c.header), http.StatusUnauthorized, "invalid_api_key", c.says)
		})
	}
	if n := h.provider.Stats().Calls; n != 0 {
		t.Fatalf("%d calls reached the provider", n)
	}
	for _, header := range []http.Header{{"Authorization": {"Bearer " + good}}, {"X-Api-Key": {good}}} {
		if a := ask(header); !a.done || a.err != nil {
			t.Errorf("%d: %q", a.status, a.body)
		}
		call := h.lastCall(t)
		if got := call.Header.Get("Authorization"); got != "Bearer provider-key" {
			t.Errorf("the provider got %q", got)
		}
		if text := fmt.Sprint(call.Header); strings.Contains(text, good) {
			t.Errorf("the client's key reached the provider: %s", text)
		}
	}
	if l := h.log.call(t, 7); l.text("principal") != "app" {
		t.Errorf("log: %v", l)
	}
	h.stop()
	for _, secret := range []string{good, other, stranger, "provider-key", hash} {
		if strings.Contains(h.log.all(), secret) {
			t.Error("a key is in the log")
		}
	}
}

// Connections beyond the limit wait until another one closes.
func TestTooManyConnections(t *testing.T) {
	h := start(t, setup{config: func(c *config.Config) { c.Limits.Connections = 1 }})
	first, second := h.dial(t), h.dial(t)
	second.send(t, chatPath, chat("m?tokens=2"))
	first.send(t, chatPath, chat("m?tokens=2"))
	if a := read(first.head(t)); !a.done {
		t.Fatalf("%d: %q", a.status, a.body)
	}
	if n := h.provider.Stats().Calls; n != 1 {
		t.Errorf("%d calls, want 1: the second connection should wait", n)
	}
	_ = first.Close()
	if a := read(second.head(t)); !a.done {
		t.Errorf("%d: %q", a.status, a.body)
	}
	if _, err := io.WriteString(second, "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if a := read(second.head(t)); a.status != http.StatusOK {
		t.Errorf("%d: %q", a.status, a.body)
	}
}
