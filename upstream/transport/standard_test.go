package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// serveHTTP2 serves HTTP/2 without TLS, as a client expects that knows of it.
func serveHTTP2(t testing.TB, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handle)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

func TestStandardSharesAConnection(t *testing.T) {
	tr := newTransport(t, Options{Mode: HTTP2})
	url := serveHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	for range 3 {
		resp := wantBody(t, tr, url, `{"stream":true}`)
		if resp.ProtoMajor != 2 || resp.Request.Body != nil {
			t.Errorf("%s, request body kept: %v", resp.Proto, resp.Request.Body != nil)
		}
	}
	if got := tr.Stats(); got.Dials != 1 || got.Reuses != 2 || got.Open != 1 {
		t.Errorf("stats = %+v; want 1 dial, 2 reuses", got)
	}
}

func TestStandardCutIsNoEnd(t *testing.T) {
	tr := newTransport(t, Options{Mode: HTTP2})
	url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ab")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	_, body, err := fetch(t, tr, url)
	if body != "ab" || err == nil {
		t.Errorf("body = %q, %v; want an error after ab", body, err)
	}
}

func TestStandardRefusesAServerWithoutHTTP2(t *testing.T) {
	tr := newTransport(t, Options{Mode: HTTP2, TLS: trusting(t)})
	server := serveTLS(t, false)
	_, _, err := fetch(t, tr, server.URL)
	wantErr(t, err, ErrConnect)
}

// What a server has let go by must not be sent again by itself, nor be mistaken
// for a failure to connect.
func TestStandardSaysWhatWasNotProcessed(t *testing.T) {
	const (
		settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
		goAway   = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		refused  = "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07"
		protocol = "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x01"
	)
	for name, test := range map[string]struct {
		frame string
		want  bool
	}{
		"GOAWAY below the stream": {goAway, true},
		"REFUSED_STREAM":          {refused, true},
		"PROTOCOL_ERROR":          {protocol, false},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{Mode: HTTP2})
			calls := make(chan struct{}, 8)
			url := serve(t, func(p *peer) {
				_, _ = io.CopyN(io.Discard, p.in, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
				p.say(settings)
				header := make([]byte, 9)
				for {
					if _, err := io.ReadFull(p.in, header); err != nil {
						return
					}
					length := int64(header[0])<<16 | int64(header[1])<<8 | int64(header[2])
					_, _ = io.CopyN(io.Discard, p.in, length)
					if header[3] == 0 && header[4]&1 != 0 { // DATA that ends the request
						calls <- struct{}{}
						p.say(test.frame)
					}
				}
			})
			_, _, err := fetch(t, tr, url)
			if err == nil || errors.Is(err, ErrUnprocessed) != test.want || errors.Is(err, ErrConnect) {
				t.Errorf("error = %v; ErrUnprocessed wanted: %v", err, test.want)
			}
			if len(calls) != 1 {
				t.Errorf("the request was sent %d times", len(calls))
			}
		})
	}
}

func TestStandardGoesThroughAProxy(t *testing.T) {
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		_, _ = io.WriteString(w, "ok")
	}))
	defer proxy.Close()
	to, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTransport(t, Options{Proxy: http.ProxyURL(to)})
	wantBody(t, tr, "http://provider.invalid/v1", "ok")
	if asked != "http://provider.invalid/v1" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	if got := tr.Stats(); got.Dials != 1 || got.Idle != 0 {
		t.Errorf("stats = %+v", got)
	}
}

func TestStandardProxyFailuresAreConnectFailures(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	gone := &url.URL{Scheme: "http", Host: listener.Addr().String(), User: url.UserPassword("u", "hunter2")}
	for name, proxy := range map[string]func(*http.Request) (*url.URL, error){
		"refuses":     http.ProxyURL(gone),
		"not a proxy": func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy hunter2") },
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTransport(t, Options{Proxy: proxy})
			_, err := tr.RoundTrip(post(t, context.Background(), "https://provider.invalid/v1", "{}"))
			wantErr(t, err, ErrConnect)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error shows the password: %v", err)
			}
		})
	}
}
