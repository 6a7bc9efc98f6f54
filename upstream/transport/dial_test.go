package transport

import (
	"context"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestDialFailuresAreConnectFailures(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	silent := serve(t, func(p *peer) { p.gone() })
	chatty := serve(t, func(p *peer) { p.say("220 mail\r\n"); p.gone() })
	for name, test := range map[string]struct {
		url     string
		timeout time.Duration
	}{
		"refused":      {"http://" + listener.Addr().String(), 0},
		"no such name": {"http://provider.invalid", 0},
		"no TLS":       {secure(chatty), 0},
		"certificate":  {serveTLS(t, true).URL, 0},
		"TLS timeout":  {secure(silent), 50 * time.Millisecond},
	} {
		for mode, label := range map[Mode]string{HTTP1: "HTTP1", HTTP2: "HTTP2", Auto: "Auto"} {
			t.Run(name+" "+label, func(t *testing.T) {
				tr := newTransport(t, Options{Mode: mode, ConnectTimeout: test.timeout})
				_, _, err := fetch(t, tr, test.url)
				wantErr(t, err, ErrConnect)
				if got := tr.Stats(); got.Open != 0 {
					t.Errorf("stats = %+v; want none open", got)
				}
			})
		}
	}
}

func TestDialCancelled(t *testing.T) {
	for mode, label := range map[Mode]string{HTTP1: "HTTP1", HTTP2: "HTTP2", Auto: "Auto"} {
		t.Run(label, func(t *testing.T) {
			reached, gone := make(chan struct{}, 1), make(chan struct{}, 1)
			silent := serve(t, func(p *peer) {
				reached <- struct{}{}
				p.gone()
				gone <- struct{}{}
			})
			tr := newTransport(t, Options{Mode: mode})
			ctx, cancel := context.WithCancel(context.Background())
			failed := make(chan error)
			go func() {
				_, err := tr.RoundTrip(post(t, ctx, secure(silent), "{}"))
				failed <- err
			}()
			receive(t, reached)
			cancel()
			wantErr(t, receive(t, failed), context.Canceled)
			if mode == HTTP1 {
				receive(t, gone)
			}
		})
	}
}

func TestCancelledWhileWaitingForTheHeader(t *testing.T) {
	reached, gone := make(chan struct{}, 1), make(chan struct{}, 1)
	silent := serve(t, func(p *peer) {
		p.request()
		reached <- struct{}{}
		p.gone()
		gone <- struct{}{}
	})
	tr := newTransport(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := tr.RoundTrip(post(t, ctx, silent, "{}"))
		failed <- err
	}()
	receive(t, reached)
	cancel()
	wantErr(t, receive(t, failed), context.Canceled)
	receive(t, gone)
	if got := tr.Stats(); got.Open != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

func TestCancelledBefore(t *testing.T) {
	tr := newTransport(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := tr.RoundTrip(post(t, ctx, "http://127.0.0.1:1", "{}"))
	wantErr(t, err, context.Canceled)
	if got := tr.Stats(); got.Dials != 0 {
		t.Errorf("stats = %+v; want no dial", got)
	}
}

func TestTargetOf(t *testing.T) {
	for in, want := range map[string]target{
		"http://a.test/x":     {"http", "a.test", "a.test:80"},
		"https://a.test":      {"https", "a.test", "a.test:443"},
		"https://[::1]:8443/": {"https", "::1", "[::1]:8443"},
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := targetOf(u); got != want {
			t.Errorf("targetOf(%s) = %+v; want %+v", in, got, want)
		}
	}
}

func secure(url string) string { return strings.Replace(url, "http:", "https:", 1) }
