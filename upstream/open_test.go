package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tidegate/stream"
	"tidegate/upstream/transport"
)

const events = "text/event-stream; charset=utf-8"

// caller is one whose only provider answers like this.
func caller(t testing.TB, answer roundTrip, models map[string][]Choice) *Caller {
	t.Helper()
	if models == nil {
		models = map[string][]Choice{"*": {{To: "p"}}}
	}
	routes, err := NewRoutes(models, map[string]*Provider{"p": provider(t, answer)})
	if err != nil {
		t.Fatal(err)
	}
	return NewCaller(routes, usual)
}

var usual = CallerOptions{Failover: Failover{Tries: 3, Time: time.Hour}, Stored: 10}

// answering is a provider that always gives the same answer.
func answering(status int, kind, body string, header ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		return response(status, kind, body, header...), nil
	}
}

// What a provider says before its first event, and what becomes of it: its own
// words with a status that fits, or a refusal of the gateway's.
func TestOpenStream(t *testing.T) {
	const apiError = `{"error":{"message":"m","code":"c"}}`
	broken := func(err error) roundTrip {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	for name, c := range map[string]struct {
		answer  roundTrip
		status  int
		code    string // of a refusal; empty: passed on
		body    string // passed on
		message string // a part of it
	}{
		"connect refused":              {broken(fmt.Errorf("%w: refused", transport.ErrConnect)), 502, "upstream_unreachable", "", "can't be reached"},
		"broken before the answer":     {broken(io.ErrUnexpectedEOF), 502, "upstream_failed", "", "broke off"},
		"a page":                       {answering(200, "text/html; charset=utf-8", "<html>"), 502, "upstream_not_an_api", "", "200 with text/html"},
		"a page with an error":         {answering(503, "text/html", "<html>"), 502, "upstream_not_an_api", "", "503 with text/html"},
		"an error without a word":      {answering(401, "", ""), 502, "upstream_not_an_api", "", "401 with nothing"},
		"elsewhere":                    {answering(302, "text/plain", "there"), 502, "upstream_not_an_api", "", "302"},
		"an error":                     {answering(429, "application/json", apiError), 429, "", apiError, ""},
		"an error in plain text":       {answering(500, "text/plain", "oops"), 500, "", "oops", ""},
		"a very long error":            {answering(400, "text/plain", strings.Repeat("x", 100_000)), 400, "", strings.Repeat("x", maxErrorBody), ""},
		"an error with a good status":  {answering(200, "application/json", apiError), 502, "", apiError, ""},
		"the same with a number":       {answering(200, "application/json", `{"error":{"code":429}}`), 429, "", `{"error":{"code":429}}`, ""},
		"a number that is no status":   {answering(200, "application/json", `{"error":{"code":7}}`), 502, "", `{"error":{"code":7}}`, ""},
		"a whole answer":               {answering(200, "application/json", `{"choices":[]}`), 400, "not_streamed", "", "made a whole one"},
		"nothing":                      {answering(200, "", ""), 502, "upstream_not_an_api", "", "200 with nothing"},
		"compressed":                   {answering(200, events, "x", "Content-Encoding", "br"), 502, "upstream_not_an_api", "", "text/event-stream as br"},
		"a kind that never ends":       {answering(200, "a/"+strings.Repeat("x", 20_000), ""), 502, "upstream_not_an_api", "", "..."},
		"an error as the first event":  {answering(200, events, "data: "+apiError+"\n\n"), 502, "", apiError, ""},
		"the same behind spaces":       {answering(200, events, "data:  "+apiError+"\n\n"), 502, "", " " + apiError, ""},
		"the same with a number, late": {answering(200, events, ": hello\n\ndata: {\"error\":{\"code\":503}}\n\n"), 503, "", `{"error":{"code":503}}`, ""},
		"no event at all":              {answering(200, events, ": hello\n\n"), 502, "upstream_truncated", "", "without a single event"},
		"half an event":                {answering(200, events, "data: {"), 502, "upstream_truncated", "", "without a single event"},
		"too large an event":           {answering(200, events, "data: "+strings.Repeat("x", maxEvent+1)), 502, "too_large", "", "65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := caller(t, c.answer, nil).Open(t.Context(), chat("m", true))
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				_ = answer.Body.Close()
				if err != nil || answer.Source != nil || answer.Status != c.status || string(body) != c.body || answer.Length != int64(len(body)) {
					t.Errorf("%d of %d bytes: %.80q, %v; want %d", answer.Status, answer.Length, body, err, c.status)
				}
				if kind := http.Header(answer.Header).Get("Content-Type"); strings.HasPrefix(kind, "text/event-stream") {
					t.Errorf("content type %q of what is no stream", kind)
				}
				if answer.Provider != "p" || answer.Model != "*" {
					t.Errorf("answered by %q %q", answer.Provider, answer.Model)
				}
				return
			}
			r := refusal(t, err)
			if r.Status != c.status || r.Code != c.code || !strings.Contains(r.Message, c.message) || len(r.Message) > 400 {
				t.Errorf("%d %s %q, want %d %s %q", r.Status, r.Code, r.Message, c.status, c.code, c.message)
			}
			if r.Provider != "p" || r.Model != "*" {
				t.Errorf("refused by %q %q", r.Provider, r.Model)
			}
		})
	}
}

// Nobody listens: the real transport says so in a way that is understood.
func TestOpenUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	tr := transport.New(transport.Options{})
	defer tr.Close()
	p := provider(t, nil, func(o *ProviderOptions) { o.BaseURL, o.Transport = "http://"+address+"/v1", tr })
	routes, err := NewRoutes(map[string][]Choice{"*": {{To: "p"}}}, map[string]*Provider{"p": p})
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewCaller(routes, usual).Open(t.Context(), chat("m", true))
	if r := refusal(t, err); r.Code != "upstream_unreachable" || strings.Contains(r.Message, address) {
		t.Errorf("%s %q", r.Code, r.Message)
	}
}

// A stream whose marker is all there is has had no event that is an error.
func TestOpenEmptyStream(t *testing.T) {
	answer, err := caller(t, answering(200, events, "data: [DONE]"), nil).Open(t.Context(), chat("m", true))
	if err != nil {
		t.Fatal(err)
	}
	st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now})
	if end := answer.Source.Pump(st); end.Reason != stream.Complete || st.Stats().Appended != 0 {
		t.Errorf("%+v after %d events", end, st.Stats().Appended)
	}
	answer.Source.Close()
}

// slow is a provider that answers with a wire, after a while.
func slow(header time.Duration, kind string, wires chan<- *wire) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		select {
		case <-time.After(header):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		w := newWire(r.Context())
		wires <- w
		resp := response(200, kind, "")
		resp.Body, resp.ContentLength = w, -1
		return resp, nil
	}
}

func TestFirstEventTimeout(t *testing.T) {
	for name, header := range map[string]time.Duration{"no header": time.Hour, "heartbeats only": firstLimit / 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wires := make(chan *wire, 1)
				go func() {
					if header < firstLimit {
						w := <-wires
						for range 20 { // the last ones to nobody
							w.in <- ": keep-alive\n\n"
							time.Sleep(time.Second)
						}
					}
				}()
				began := time.Now()
				_, err := caller(t, slow(header, events, wires), nil).Open(t.Context(), chat("m", true))
				r := refusal(t, err)
				if r.Status != 504 || r.Code != string(stream.UpstreamStalled) || !strings.Contains(r.Message, "first event within 30s") {
					t.Errorf("%d %s %q", r.Status, r.Code, r.Message)
				}
				if took := time.Since(began); took != firstLimit {
					t.Errorf("took %v", took)
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// Once the first event is there, its timer is over.
func TestFirstEventInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wires := make(chan *wire, 1)
		go func() {
			w := <-wires
			time.Sleep(firstLimit - time.Second)
			w.in <- beginning
			time.Sleep(silenceLimit - time.Second)
			w.in <- "data: [DONE]\n\n"
			close(w.in)
		}()
		answer, err := caller(t, slow(0, events, wires), nil).Open(t.Context(), chat("m", true))
		if err != nil {
			t.Fatal(err)
		}
		st := stream.New(stream.Config{Pages: stream.NewPages(bufferSize), Now: time.Now})
		if end := answer.Source.Pump(st); end.Reason != stream.Complete || st.Stats().Appended != 1 {
			t.Errorf("%+v after %d events", end, st.Stats().Appended)
		}
		answer.Source.Close()
	})
}

// A whole answer is bounded in time until its last byte.
func TestTotalTimeout(t *testing.T) {
	part := "{" + strings.Repeat(" ", maxErrorBody)
	for name, c := range map[string]struct {
		say     string
		answers bool
	}{"broken off": {part, true}, "not begun": {"{", false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wires := make(chan *wire, 1)
				go func() { (<-wires).in <- c.say }()
				began := time.Now()
				answer, err := caller(t, slow(time.Minute, "application/json", wires), nil).Open(t.Context(), chat("m", false))
				if c.answers {
					if err != nil || answer.Source != nil {
						t.Fatal(err)
					}
					if got, err := io.ReadAll(answer.Body); string(got) != part || err == nil {
						t.Errorf("%q, %v", got, err)
					}
					_ = answer.Body.Close()
				} else if r := refusal(t, err); r.Status != 504 {
					t.Errorf("%+v", r)
				}
				if took := time.Since(began); took != totalLimit {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// When the caller cancels, its own reason is the error, whenever that is.
func TestOpenCancelled(t *testing.T) {
	why := errors.New("gone")
	for name, header := range map[string]time.Duration{"before the header": time.Hour, "before the first event": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(why) })
				began := time.Now()
				_, err := caller(t, slow(header, events, make(chan *wire, 1)), nil).Open(ctx, chat("m", true))
				if r := refusal(t, err); !errors.Is(err, why) || time.Since(began) != time.Second || r.Provider != "p" || r.Tries != 1 {
					t.Errorf("%+v after %v", r, time.Since(began))
				}
			})
		})
	}
}
