package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/internal/config"
	"tidegate/loadtest/provider"
)

// lie is a way in which a provider breaks an answer, and what is made of it.
type lie struct {
	script, reason, cause string
	own                   any // the code of the provider's own error, where it sent one
}

// liesOf are the ways to break the transport, by test. HTTP/2 has one for a
// single stream, RST_STREAM; a connection that is reset takes all its streams,
// and what of them was not read yet.
var liesOf = map[string][]lie{
	"TestNoCleanLies/http1": {
		{"fault=fin&at=10", "upstream_truncated", "cut", nil},
		{"fault=cut&at=10", "upstream_truncated", "cut", nil},
		{"fault=rst&at=10", "upstream_error", "reset", nil},
	},
	"TestNoCleanLies/http2": {
		{"fault=fin&at=10", "upstream_error", "reset", nil},
		{"fault=cut&at=10", "upstream_error", "reset", nil},
	},
}

// Each way to break an answer has a reason of its own, in the client's error,
// in the log and in the metric; none is a clean end; and everything that was
// sent before it arrives first.
func TestNoCleanLies(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{
			config: func(c *config.Config) {
				protocol(c)
				everyProvider(c, func(p *config.Provider) { p.Timeouts.Silence = 3 * time.Second })
			},
		})
		lies := append(liesOf[t.Name()], []lie{
			{"fault=end&at=10", "upstream_truncated", "no_marker", nil},
			{"stall=forever&stall_at=10", "upstream_stalled", "silence", nil},
			{"fault=error_event&at=10", "upstream_error", "error_event", "scripted_fault"},
			{"fault=error_then_done&at=10", "upstream_error", "error_event", "scripted_fault"},
			{"fault=cut_end&at=10", "upstream_truncated", "no_marker", nil},
		}...)
		counted := map[string]float64{}
		for i, l := range lies {
			t.Run(l.script, func(t *testing.T) {
				a := h.post(t, chatPath, chat("m?tokens=40&"+l.script))
				l.check(t, a)

				log := h.log.call(t, i+1)
				if log.text("reason") != l.reason || log.text("cause") != l.cause || log.text("level") != "WARN" {
					t.Errorf("log: %v", log)
				}
				labels := []string{`reason="` + l.reason + `"`, `cause="` + l.cause + `"`}
				key := l.reason + "." + l.cause
				counted[key]++
				if n := h.scrape(t).value(t, "tidegate_streams_ended_total", labels...); n != counted[key] {
					t.Errorf("metric %s: %v, want %v", key, n, counted[key])
				}
			})
		}
		if n := h.scrape(t).value(t, "tidegate_streams_ended_total", `reason="complete"`); n != 0 {
			t.Errorf("%v of them were counted as complete", n)
		}
	})
}

func (l lie) check(t *testing.T, a *answer) {
	t.Helper()
	if a.status != http.StatusOK || !errors.Is(a.err, io.ErrUnexpectedEOF) || a.done {
		t.Fatalf("status %d, error %v, [DONE] %v: want an aborted stream", a.status, a.err, a.done)
	}
	want := l.own
	if want == nil {
		want = l.reason + "." + l.cause
	}
	if f := a.failed(t); f.Error.Code != want {
		t.Errorf("code %v, want %v: %q", f.Error.Code, want, f.Error.Message)
	}
	// The role, nine tokens, and the error.
	if len(a.events) != 11 {
		t.Fatalf("%d events, want 11", len(a.events))
	}
	if got := content(t, a.events[:10]); got != provider.Text(9) {
		t.Errorf("before the error came %q, want %q", got, provider.Text(9))
	}
}

// A failure before the first event can still be said with a status: the
// header was held back.
func TestHeaderIsHeldBack(t *testing.T) {
	both(t, func(t *testing.T, protocol func(*config.Config)) {
		h := start(t, setup{config: protocol})
		for _, fault := range []string{"fin", "rst", "end", "cut", "cut_end", "error_event"} {
			want := http.StatusBadGateway
			if fault == "error_event" {
				want = http.StatusInternalServerError // as its type says
			}
			a := h.post(t, chatPath, chat("m?at=0&fault="+fault))
			if a.status != want || a.err != nil {
				t.Errorf("%s: status %d, error %v, want a whole %d: %q", fault, a.status, a.err, want, a.body)
				continue
			}
			a.failed(t)
		}
		h.works(t)
	})
}

// Once keep-alive has passed the header is out and heartbeats come; what fails
// then is said in the stream.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	h := start(t, setup{
		config: func(c *config.Config) {
			c.KeepAlive = 100 * time.Millisecond
			everyProvider(c, func(p *config.Provider) { p.Timeouts.FirstEvent = 3 * time.Second })
		},
	})
	for _, silence := range []string{"header_delay", "first_delay"} {
		a := h.post(t, chatPath, chat("m?"+silence+"=forever"))
		if a.status != http.StatusOK || a.comments == 0 || !errors.Is(a.err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: status %d, %d heartbeats, error %v", silence, a.status, a.comments, a.err)
			continue
		}
		if f := a.failed(t); f.Error.Code != "upstream_stalled" {
			t.Errorf("%s: code %v: %q", silence, f.Error.Code, a.body)
		}
	}

	// In the middle of an answer, as many as one has the patience for.
	c := h.dial(t)
	c.begin(t, "m?tokens=40&stall=forever&stall_at=3", 3)
	for i := range 5 {
		if ev, err := c.next(); err != nil || ev.Name != ":" {
			t.Fatalf("heartbeat %d: %+v, %v", i, ev, err)
		}
	}
	_ = c.Close()
	if call := h.lastCall(t); call.Ending != provider.Cancelled {
		t.Errorf("the provider's call: %+v", call)
	}
}

// An error that the provider says before its first event keeps its status.
func TestProviderErrorsArePassedOn(t *testing.T) {
	h := start(t, setup{})
	for _, body := range []string{chat("m?status=429&retry_after=7"), `{"model":"m?status=429&retry_after=7"}`} {
		a := h.post(t, chatPath, body)
		if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "7" || a.err != nil {
			t.Errorf("%d, %v, %v", a.status, a.header, a.err)
		}
		if f := a.failed(t); f.Error.Code != "rate_limit_exceeded" {
			t.Errorf("code %v", f.Error.Code)
		}
	}
	h.works(t)
}

// A whole answer that breaks off is an error of the provider's: said where
// nothing of it was passed on, and else told by an aborted connection. It is
// never said to be the client's: SDKs would send the request again.
func TestCutWholeAnswer(t *testing.T) {
	h := start(t, setup{})
	a := h.post(t, chatPath, strings.Replace(chat("m?tokens=8&fault=fin"), "true", "false", 1))
	if a.status != http.StatusBadGateway || a.failed(t).Error.Code != "upstream_truncated.cut" {
		t.Errorf("%d %q", a.status, a.body)
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+h.addr+chatPath, strings.NewReader(strings.Replace(chat("m?tokens=40000&fault=fin"), "true", "false", 1)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := h.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if a = read(resp); a.status != http.StatusOK || !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.body) < 64<<10 {
		t.Errorf("%d %v, %d bytes", a.status, a.err, len(a.body))
	}
}
