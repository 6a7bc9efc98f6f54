package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"testing"
	"time"
)

// stuck is how long a write must make no progress to count as blocked. A slow
// machine makes the measured figures smaller, never larger.
const stuck = 300 * time.Millisecond

const peerBuffer = 4096 // SO_SNDBUF of the pushing servers

// push writes chunks as fast as it can until none is taken for a while, and
// returns the number of bytes that were.
func push(conn net.Conn) int {
	chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", 1000, bytes.Repeat([]byte("x"), 1000))
	total := 0
	for {
		_ = conn.SetWriteDeadline(time.Now().Add(stuck))
		n, err := conn.Write(chunk)
		total += n
		if err != nil {
			return total
		}
	}
}

// pushed returns how much a server with a small send buffer of its own can send
// into an HTTP/1.1 stream that nobody reads. The server can play the proxy.
func pushed(t testing.TB, o Options, proxy bool) int {
	t.Helper()
	total := make(chan int, 1)
	url := serve(t, func(p *peer) {
		_ = p.Conn.(*net.TCPConn).SetWriteBuffer(peerBuffer)
		p.request()
		p.say(streamed)
		total <- push(p.Conn)
	})
	if proxy {
		to := url
		o.Proxy = func(r *http.Request) (*neturl.URL, error) { return r.URL.Parse(to) }
		url = "http://provider.invalid"
	}
	tr := newTransport(t, o)
	resp := open(t, context.Background(), tr, url)
	defer func() { _ = resp.Body.Close() }()
	return receive(t, total)
}

func TestWindowHTTP1(t *testing.T) {
	// The peer's own buffer is included. So is the first window, where there is
	// one: nothing of it was read, so it is not over.
	if got := pushed(t, Options{}, false); got == 0 || got > 64<<10 {
		t.Errorf("the peer could push %d bytes", got)
	}
	if got := pushed(t, Options{ReceiveWindow: 4096}, false); got == 0 || got > 20<<10 {
		t.Errorf("with 4096: the peer could push %d bytes", got)
	}
	if got := pushed(t, Options{ReceiveWindow: 4096}, true); got == 0 || got > 24<<10 {
		t.Errorf("with 4096: the proxy could push %d bytes", got)
	}
}

func TestWindowHTTP2(t *testing.T) {
	for _, window := range []int{4096, 16384, 65536} {
		tr := newTransport(t, Options{Mode: HTTP2, StreamWindow: window})
		total := make(chan int, 1)
		url := serveHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
			sent := 0
			defer func() { total <- sent }()
			to := http.NewResponseController(w)
			for {
				_ = to.SetWriteDeadline(time.Now().Add(stuck))
				n, err := w.Write(make([]byte, 1000))
				if err == nil {
					err = to.Flush()
				}
				if err != nil {
					return
				}
				sent += n
			}
		})
		resp := open(t, context.Background(), tr, url)
		got := receive(t, total)
		if got == 0 || got > window {
			t.Errorf("window %d: the peer could push %d bytes", window, got)
		}
		_ = resp.Body.Close()
	}
}

func TestWindowStalledStreamLeavesNeighboursAlone(t *testing.T) {
	tr := newTransport(t, Options{Mode: HTTP2})
	const streams, size = 20, 1 << 20
	url := serveHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		amount := int64(size)
		if r.URL.Path == "/stalled" {
			amount = 1 << 40
		}
		_, _ = io.CopyN(w, endless{}, amount)
	})
	var stalled []*http.Response
	for range streams {
		stalled = append(stalled, open(t, t.Context(), tr, url+"/stalled"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resp := open(t, ctx, tr, url)
	n, err := io.Copy(io.Discard, resp.Body)
	if n != size || err != nil {
		t.Errorf("read %d bytes beside stalled streams, %v", n, err)
	}
	if got := tr.Stats(); got.Dials != 1 {
		t.Errorf("stats = %+v; want all on one connection", got)
	}
	for _, resp := range stalled {
		_ = resp.Body.Close()
	}
}

// endless is a source of bytes without end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

var receiveBuffers = []int{4096, 8192, 16384, 32768, 65536}

// BenchmarkWindow reports what a peer can push into an unread HTTP/1.1 stream,
// and the throughput of one that is read as fast as it comes.
func BenchmarkWindow(b *testing.B) {
	for _, size := range receiveBuffers {
		for _, read := range []int{1024, 4096} {
			b.Run(fmt.Sprintf("rcvbuf=%d/readbuf=%d", size, read), func(b *testing.B) {
				o := Options{ReceiveWindow: size, ReadBuffer: read}
				bound := pushed(b, o, false)
				benchmarkThroughput(b, newTransport(b, o), serveHTTP1)
				b.ReportMetric(float64(bound), "pushed-B")
			})
		}
	}
	b.Run("standard", func(b *testing.B) {
		std := &http.Transport{}
		defer std.CloseIdleConnections()
		benchmarkThroughput(b, std, serveHTTP1)
	})
}

func serveHTTP1(t testing.TB, handle http.HandlerFunc) string {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func benchmarkThroughput(b *testing.B, rt http.RoundTripper, serve func(testing.TB, http.HandlerFunc) string) {
	event := bytes.Repeat([]byte("x"), 313)
	url := serve(b, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(event); err != nil {
				return
			}
		}
	})
	req := post(b, context.Background(), url, "{}")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	part := make([]byte, 4096)
	b.SetBytes(int64(len(part)))
	b.ResetTimer()
	for b.Loop() {
		if _, err := io.ReadFull(resp.Body, part); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWindowHTTP2 reports the throughput of one HTTP/2 stream that is read
// as fast as it comes.
func BenchmarkWindowHTTP2(b *testing.B) {
	for _, window := range []int{4096, 16384, 65536} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			benchmarkThroughput(b, newTransport(b, Options{Mode: HTTP2, StreamWindow: window}), serveHTTP2)
		})
	}
}
