package main

import (
	"io"
	"net"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// bounded is the SO_RCVBUF and SO_SNDBUF of the client and of the provider,
// so that what is measured is the gateway.
const bounded = 4096

// dialBounded connects with a bounded receive buffer, set before the first
// window is announced.
func (h *house) dialBounded(t testing.TB) *caller {
	t.Helper()
	d := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bounded)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	conn, err := d.DialContext(patience(t), "tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	return newCaller(t, conn)
}

func unpaced() provider.Options {
	return provider.Options{Script: provider.Script{Tokens: provider.MaxTokens}, SendBuffer: bounded}
}

// A client that reads some events and then nothing, and a provider as fast as
// it can: what the provider can send beyond what the client has read is
// bounded, kernel buffers included. Keep-alive later the call is cancelled.
func TestFourKilobytesAreHonest(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{provider: unpaced(), config: func(c *config.Config) {
			protocol(c)
			c.KeepAlive = 300 * time.Millisecond
		}})
		// Events that are nearly equal, of which very many fit in the buffer,
		// and events with random padding, of which few do.
		// A client that took 2,000 events at once is served in bulk, with larger
		// socket buffers (docs/limits.md), and is bounded all the same.
		for i, c := range []struct {
			model  string
			events int
			most   int64
		}{{"m", 100, 64 << 10}, {"m?obfuscation=1", 100, 64 << 10}, {"m", 2000, 384 << 10}} {
			model, events := c.model, c.events
			most := c.most
			c := h.dialBounded(t)
			c.begin(t, model, events)

			call, l := h.lastCall(t), h.log.call(t, i+1)
			ahead := call.Offered - int64(c.taken)
			t.Logf("%s: the client read %d bytes (%d events), the gateway wrote %v (%v events) and received %v events, the provider sent at most %d (%d events): %d bytes ahead",
				model, c.taken, events, l["bytes_out"], l["delivered"], l["received"], call.Offered, call.Events, ahead)
			if ahead > most {
				t.Errorf("%s: %d bytes were taken from the provider beyond what the client read", model, ahead)
			}
			if call.Ending != provider.Cancelled {
				t.Errorf("the provider's call: %+v", call)
			}
			if l.text("reason") != "slow_consumer" || l.number("paused_ms") < 300 || l.number("buffer_high") > 4096 {
				t.Errorf("log: %v", l)
			}
			if n := h.scrape(t).value(t, "tidegate_streams_ended_total", `reason="slow_consumer"`); n != float64(i+1) {
				t.Errorf("metric: %v streams ended for a slow consumer, want %d", n, i+1)
			}
			for whole := true; whole; { // what is left of the stream is no whole answer
				ev, err := c.next()
				if ev.Data == "[DONE]" || err == io.EOF {
					t.Fatal("a clean end for a client that was cut")
				}
				whole = err == nil
			}
		}
	})
}

// A hundred such clients cost a bounded heap, in which the provider's and the
// clients' own share is counted too, as all run in this process.
func TestHeapStaysFlat(t *testing.T) {
	const streams, most = 100, 128 << 10
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{provider: unpaced(), config: protocol})
		h.works(t)
		before := heap()
		callers := make([]*caller, streams)
		for i := range callers {
			c := h.dialBounded(t)
			c.begin(t, "m", 100)
			callers[i] = c
		}
		h.scrapeUntil(t, "paused streams", func(m metrics) bool {
			return m.value(t, "tidegate_streams_paused") == streams
		})
		stalled := heap()
		for range 100 { // a while, in which a leak would go on
			h.scrape(t)
		}
		later := heap()
		t.Logf("heap: %d bytes per stalled stream, and %d later", (stalled-before)/streams, (later-before)/streams)
		if each := (stalled - before) / streams; each > most {
			t.Errorf("a stalled stream takes %d bytes of the heap", each)
		}
		if each := (later - before) / streams; each > most {
			t.Errorf("later a stalled stream takes %d bytes of the heap", each)
		}
		for _, c := range callers {
			_ = c.Close()
		}
		h.await(t, "the calls' end", func(s provider.Stats) bool { return s.Cancelled == streams })
	})
}

// heap is the live heap in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // pools are emptied in two steps
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A client that pauses until the provider stands still, and then reads on,
// gets everything: once, in order.
func TestPauseAndResume(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		const tokens = 5000
		o := unpaced()
		o.Script.Tokens = tokens
		h := start(t, setup{provider: o, config: protocol})
		c := h.dialBounded(t)
		c.begin(t, "m", 0)
		var events []event
		for done := false; !done; {
			if len(events) == 100 || len(events) == 2500 {
				h.scrapeUntil(t, "a paused stream", func(m metrics) bool { return m.value(t, "tidegate_streams_paused") == 1 })
			}
			ev, err := c.next()
			if err != nil {
				t.Fatalf("after %d events: %v", len(events), err)
			}
			if done = ev.Data == "[DONE]"; !done {
				events = append(events, ev)
			}
		}
		if got := content(t, events); got != provider.Text(tokens) {
			t.Errorf("%d bytes of text in %d events are not the %d that were sent", len(got), len(events), len(provider.Text(tokens)))
		}
		if l := h.log.call(t, 1); l.text("reason") != "complete" || l.number("paused_ms") == 0 {
			t.Errorf("log: %v", l)
		}
	})
}

// A client that reads slowly and steadily keeps its stream, however long its
// buffer is full: here for three times keep-alive.
func TestSlowReaderIsNotCut(t *testing.T) {
	t.Parallel()
	const keepAlive = 2 * time.Second
	h := start(t, setup{provider: unpaced(), config: func(c *config.Config) { c.KeepAlive = keepAlive }})
	c := h.dialBounded(t)
	c.begin(t, "m", 0)
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); time.Since(began) < 3*keepAlive; <-pace.C {
		c.take(t, 20)
	}
	if n := h.scrape(t).value(t, "tidegate_provider_pauses_total"); n == 0 {
		t.Error("the reader was not slow: the provider never paused")
	}
	_ = c.Close()
	if l := h.log.call(t, 1); l.text("reason") != "cancelled" {
		t.Errorf("log: %v", l)
	}
}

// One client that stalls holds up none of the others, on the same connection
// to the provider (HTTP/2) or not.
func TestStalledClientHoldsUpNobody(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{provider: unpaced(), config: protocol})
		stalled := h.dialBounded(t)
		stalled.send(t, chatPath, chat("m"))
		stalled.head(t)
		h.scrapeUntil(t, "a paused stream", func(m metrics) bool { return m.value(t, "tidegate_streams_paused") == 1 })
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if a := h.post(t, chatPath, chat("m?tokens=2000")); !a.done || content(t, a.events) != provider.Text(2000) {
					t.Errorf("a stream beside: %v", a.err)
				}
			})
		}
		wg.Wait()
		_ = stalled.Close()
	})
}
