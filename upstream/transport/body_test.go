package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBodyTellsACutFromAnEnd(t *testing.T) {
	for name, answer := range map[string]string{
		"in a chunk":          streamed + "5\r\nab",
		"after a chunk":       streamed + "2\r\nab\r\n",
		"in a chunk's length": streamed + "2\r\nab\r\n1",
		"after the last one":  streamed + "2\r\nab\r\n0\r\n",
		"in the trailer":      streamed + "2\r\nab\r\n0\r\nX-Sum: 1\r\n",
		"of a known length":   "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{})
			_, body, err := fetch(t, tr, serve(t, func(p *peer) {
				p.request()
				p.say(answer)
			}))
			wantErr(t, err, io.ErrUnexpectedEOF)
			if body != "ab" {
				t.Errorf("body before the cut = %q", body)
			}
			if got := tr.Stats(); got.Open != 0 {
				t.Errorf("stats = %+v; want none open", got)
			}
		})
	}
}

func TestBodyReset(t *testing.T) {
	tr := newTransport(t, Options{})
	read := make(chan struct{})
	resp := open(t, t.Context(), tr, serve(t, func(p *peer) {
		p.request()
		p.say(streamed + "2\r\nab\r\n")
		<-read
		p.reset()
	}))
	defer func() { _ = resp.Body.Close() }()
	wantNext(t, resp, "ab")
	close(read)
	_, err := resp.Body.Read(make([]byte, 10))
	wantErr(t, err, syscall.ECONNRESET)
	_, again := resp.Body.Read(make([]byte, 10))
	if !errors.Is(again, syscall.ECONNRESET) {
		t.Errorf("second error = %v", again)
	}
}

func TestBodyCancelWhileReading(t *testing.T) {
	everyProtocol(t, func(t *testing.T, tr *Transport, url string, gone <-chan struct{}) {
		ctx, cancel := context.WithCancel(context.Background())
		resp := open(t, ctx, tr, url)
		wantNext(t, resp, "ab")
		failed := make(chan error)
		go func() {
			_, err := resp.Body.Read(make([]byte, 10))
			failed <- err
		}()
		cancel()
		wantErr(t, receive(t, failed), context.Canceled)
		receive(t, gone)
		_, err := resp.Body.Read(make([]byte, 10))
		wantErr(t, err, context.Canceled)
		_ = resp.Body.Close()
	})
}

// Nobody reads here: the provider must hear of it all the same.
func TestBodyCancelWithoutReading(t *testing.T) {
	everyProtocol(t, func(t *testing.T, tr *Transport, url string, gone <-chan struct{}) {
		ctx, cancel := context.WithCancel(context.Background())
		resp := open(t, ctx, tr, url)
		cancel()
		receive(t, gone)
		_, err := io.ReadAll(resp.Body)
		wantErr(t, err, context.Canceled)
		_ = resp.Body.Close()
	})
}

func TestBodyCloseCancels(t *testing.T) {
	everyProtocol(t, func(t *testing.T, tr *Transport, url string, gone <-chan struct{}) {
		resp := open(t, context.Background(), tr, url)
		wantNext(t, resp, "ab")
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		receive(t, gone)
		if _, err := resp.Body.Read(make([]byte, 10)); err == nil || err == io.EOF {
			t.Errorf("error after Close = %v", err)
		}
	})
}

func TestBodyCloseWakesAReader(t *testing.T) {
	tr := newTransport(t, Options{})
	resp := open(t, context.Background(), tr, serve(t, func(p *peer) {
		p.request()
		p.say(streamed + "2\r\nab\r\n")
		p.gone()
	}))
	wantNext(t, resp, "ab")
	failed := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 10))
		failed <- err
	}()
	_ = resp.Body.Close()
	wantErr(t, receive(t, failed), http.ErrBodyReadAfterClose)
	if got := tr.Stats(); got.Open != 0 || got.Idle != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

// A context that ends after the call did must not close a connection that
// serves another call by then.
func TestBodyCancelAfterTheEnd(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, repeat(ok))
	for range 50 {
		ctx, cancel := context.WithCancel(context.Background())
		resp := open(t, ctx, tr, url)
		if _, err := io.ReadAll(resp.Body); err != nil {
			t.Fatal(err)
		}
		next := open(t, context.Background(), tr, url)
		cancel()
		if body, err := io.ReadAll(next.Body); err != nil || string(body) != "ok" {
			t.Fatalf("body = %q, %v", body, err)
		}
		_, _ = resp.Body.Close(), next.Body.Close()
	}
	if got := tr.Stats(); got.Dials != 1 {
		t.Errorf("stats = %+v; want one dial", got)
	}
}

// The context may end just as the body does: its closing of the connection is
// under way then, and must not hit the next call.
func TestBodyEndsAsTheContextDoes(t *testing.T) {
	for _, intime := range []bool{true, false} {
		pool := &idle{max: 1, maxPerHost: 1, timeout: time.Hour}
		p := newPipe(target{})
		b := &body{src: strings.NewReader(""), conn: p.conn, ctx: t.Context(), idle: pool, reusable: true}
		b.stop = func() bool { return intime }
		if _, err := b.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("error = %v", err)
		}
		if kept := pool.len() == 1; kept != intime || p.closed.Load() == intime {
			t.Errorf("stopped in time: %v, kept: %v, closed: %v", intime, kept, p.closed.Load())
		}
		pool.close()
	}
}

// everyProtocol runs a test over HTTP/1.1, with and without TLS, and over HTTP/2, against a
// server that sends "ab", then nothing, and reports when it sees the call cancelled.
func everyProtocol(t *testing.T, run func(t *testing.T, tr *Transport, url string, gone <-chan struct{})) {
	gone := make(chan struct{}, 1)
	still := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "ab")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		gone <- struct{}{}
	}
	t.Run("HTTP1", func(t *testing.T) {
		run(t, newTransport(t, Options{}), serve(t, func(p *peer) {
			p.request()
			p.say(begun)
			p.gone()
			gone <- struct{}{}
		}), gone)
	})
	t.Run("HTTP1 with TLS", func(t *testing.T) {
		server := httptest.NewTLSServer(http.HandlerFunc(still))
		t.Cleanup(server.Close)
		run(t, newTransport(t, Options{Mode: HTTP1, TLS: trusting(t)}), server.URL, gone)
	})
	t.Run("HTTP2", func(t *testing.T) {
		run(t, newTransport(t, Options{Mode: HTTP2}), serveHTTP2(t, still), gone)
	})
}

func open(t testing.TB, ctx context.Context, tr *Transport, url string) *http.Response {
	t.Helper()
	resp, err := tr.RoundTrip(post(t, ctx, url, "{}"))
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func wantNext(t testing.TB, resp *http.Response, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(resp.Body, got); err != nil || !bytes.Equal(got, []byte(want)) {
		t.Fatalf("next bytes = %q, %v; want %q", got, err, want)
	}
}
