package main

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// A gateway that is told to stop takes no new calls and lets the running ones
// finish.
func TestDrain(t *testing.T) {
	o := unpaced()
	o.Script.Tokens = 2000
	h := start(t, setup{provider: o, config: func(c *config.Config) { c.Drain = time.Minute }})
	c := h.dialBounded(t)
	c.begin(t, "m", 100)
	late := h.dial(t) // was there before, asks when it is too late

	cut := make(chan int)
	go func() { cut <- h.stop() }()
	for ctx := patience(t); ; {
		resp, err := h.http.Get(h.admin + "/readyz")
		if err != nil || ctx.Err() != nil {
			t.Fatalf("it never said that it drains: %v", err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			break
		}
	}
	late.send(t, chatPath, chat("m"))
	a := read(late.head(t))
	checkFailure(t, a, http.StatusServiceUnavailable, "shutdown", "Try again")
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}

	for done := false; !done; {
		ev, err := c.next()
		if err != nil {
			t.Fatalf("the running stream: %v", err)
		}
		done = ev.Data == "[DONE]"
	}
	if n := <-cut; n != 0 {
		t.Errorf("%d calls were cut", n)
	}
	if l := h.log.call(t, 2); l.text("reason") != "complete" {
		t.Errorf("log: %v", l)
	}
}

// At the drain's deadline what is left ends, and says so as far as it still
// can.
func TestDrainDeadline(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{config: protocol})
		ask := func(body string) *caller {
			c := h.dialBounded(t)
			c.send(t, chatPath, body)
			return c
		}
		streaming := ask(chat("m?stall=forever&stall_at=3"))
		resp := streaming.head(t)
		waiting := ask(chat("m?header_delay=forever"))
		whole := ask(`{"model":"m?header_delay=forever"}`)
		deaf := ask(chat("m?tokens=1000000")) // and never reads
		h.await(t, "four calls", func(s provider.Stats) bool { return s.Stalled == 3 && s.Streaming == 2 })
		h.scrapeUntil(t, "a paused stream", func(m metrics) bool { return m.value(t, "tidegate_streams_paused") == 1 })

		if n := h.stop(); n != 4 {
			t.Errorf("%d calls were cut, want 4", n)
		}
		a := read(&http.Response{StatusCode: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(streaming.body)})
		if a.done || !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.events) != 4 {
			t.Errorf("the stream: %v, %q", a.err, a.body)
		}
		if f := a.failed(t); f.Error.Code != "shutdown" {
			t.Errorf("the stream's error: %q", a.body)
		}
		for name, c := range map[string]*caller{"not begun": waiting, "whole": whole} {
			t.Run(name, func(t *testing.T) {
				checkFailure(t, read(c.head(t)), http.StatusServiceUnavailable, "shutdown", "shutting down")
			})
		}
		if a := read(deaf.head(t)); a.err == nil || a.done {
			t.Errorf("the client that never read has a clean end after %d bytes", len(a.body))
		}
		h.await(t, "the calls' end", func(s provider.Stats) bool { return s.Cancelled == 4 })
		for i := range 4 {
			if l := h.log.call(t, i+1); l.text("reason") != "shutdown" {
				t.Errorf("log: %v", l)
			}
		}
	})
}
