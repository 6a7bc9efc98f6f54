package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serveTLS serves every request with its protocol's name.
func serveTLS(t testing.TB, http2 bool) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are meant
	if !http2 {
		server.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// trusting returns a configuration that knows the test servers' certificate.
func trusting(t testing.TB) *tls.Config {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return &tls.Config{RootCAs: pool}
}

func TestTransportChoosesTheProtocol(t *testing.T) {
	for name, test := range map[string]struct {
		mode  Mode
		http2 bool
		want  string
		idle  int   // lean connections kept
		dials int64 // for two calls
	}{
		"auto, server has both":  {Auto, true, "HTTP/2.0", 0, 1},
		"auto, server has 1.1":   {Auto, false, "HTTP/1.1", 1, 2},
		"HTTP1, server has both": {HTTP1, true, "HTTP/1.1", 1, 1},
		"HTTP2, server has both": {HTTP2, true, "HTTP/2.0", 0, 1},
		"HTTP1, server has 1.1":  {HTTP1, false, "HTTP/1.1", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{Mode: test.mode, TLS: trusting(t)})
			server := serveTLS(t, test.http2)
			for range 2 {
				wantBody(t, tr, server.URL, test.want)
			}
			got := tr.Stats()
			if got.Dials != test.dials || got.Idle != test.idle || got.Open != 1 || got.Reuses != 1 {
				t.Errorf("stats = %+v; want %d dials, %d idle, 1 open, 1 reuse", got, test.dials, test.idle)
			}
		})
	}
}

func TestTransportForgetsAChoice(t *testing.T) {
	tr := newTransport(t, Options{TLS: trusting(t)})
	server := serveTLS(t, false)
	wantBody(t, tr, server.URL, "HTTP/1.1")
	addr := server.Listener.Addr().String()
	if !tr.plain.has(addr) {
		t.Fatal("the choice of HTTP/1.1 was not remembered")
	}
	server.Close()
	tr.CloseIdleConnections()
	_, _, err := fetch(t, tr, server.URL)
	wantErr(t, err, ErrConnect)
	if tr.plain.has(addr) {
		t.Error("a host that cannot be reached is still taken for HTTP/1.1")
	}
}

func TestTransportRefusesWhatCannotBeSent(t *testing.T) {
	tr := newTransport(t, Options{})
	for name, change := range map[string]func(*http.Request){
		"no host":   func(r *http.Request) { r.URL.Host = "" },
		"scheme":    func(r *http.Request) { r.URL.Scheme = "ftp" },
		"no length": func(r *http.Request) { r.ContentLength = -1 },
		"no header": func(r *http.Request) { r.Header = nil },
	} {
		t.Run(name, func(t *testing.T) {
			body := &closeable{Reader: strings.NewReader("{}")}
			req := post(t, t.Context(), "http://127.0.0.1:1/", "{}")
			req.Body = body
			change(req)
			_, err := tr.RoundTrip(req)
			wantErr(t, err, ErrRequest)
			if !body.closed {
				t.Error("the request's body was left open")
			}
		})
	}
}

func TestTransportClose(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, repeat(streamed+"2\r\nab\r\n0\r\n\r\n"))
	running := open(t, context.Background(), tr, url)
	wantBody(t, tr, url, "ab")
	tr.Close()
	if body, err := io.ReadAll(running.Body); err != nil || string(body) != "ab" {
		t.Errorf("running call: %q, %v", body, err)
	}
	_ = running.Body.Close()
	_, _, err := fetch(t, tr, url)
	wantErr(t, err, ErrClosed)
	if got := tr.Stats(); got.Open != 0 || got.Idle != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

type closeable struct {
	io.Reader
	closed bool
}

func (c *closeable) Close() error {
	c.closed = true
	return nil
}
