package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that hangs. No test passes or fails by it otherwise.
const patience = 20 * time.Second

// peer is a server's end of a connection, with the requests parsed.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// request reads one request with its body, or returns nil when there is none.
func (p *peer) request() *http.Request {
	req, err := http.ReadRequest(p.in)
	if err != nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return req
}

func (p *peer) say(text string) { _, _ = io.WriteString(p, text) }

// gone returns once the other side has closed or reset the connection.
func (p *peer) gone() { _, _ = io.Copy(io.Discard, p.in) }

// reset makes the connection end in RST.
func (p *peer) reset() {
	_ = p.Conn.(*net.TCPConn).SetLinger(0)
	_ = p.Close()
}

// serve listens on loopback and hands each connection to handle, on its own
// goroutine; a connection is closed when handle returns. It returns the URL.
func serve(t testing.TB, handle func(p *peer)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		open    []net.Conn
	)
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				handle(&peer{conn, bufio.NewReader(conn)})
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, conn := range open {
			_ = conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return "http://" + listener.Addr().String()
}

// repeat serves every request of a connection with the same words.
func repeat(answer string) func(*peer) {
	return func(p *peer) {
		for p.request() != nil {
			p.say(answer)
		}
	}
}

func newTransport(t testing.TB, o Options) *Transport {
	t.Helper()
	if o.Proxy == nil {
		o.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	}
	tr := New(o)
	t.Cleanup(tr.Close)
	return tr
}

func post(t testing.TB, ctx context.Context, url, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// fetch makes one POST and returns the whole body.
func fetch(t testing.TB, tr *Transport, url string) (*http.Response, string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	resp, err := tr.RoundTrip(post(t, ctx, url, `{"stream":true}`))
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func wantBody(t testing.TB, tr *Transport, url, want string) *http.Response {
	t.Helper()
	resp, got, err := fetch(t, tr, url)
	if err != nil || got != want {
		t.Fatalf("body = %q, %v; want %q", got, err, want)
	}
	return resp
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error = %v; want %v", err, want)
	}
}

// receive waits for a value that a server is about to send.
func receive[T any](t testing.TB, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

const streamed = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" +
	"Transfer-Encoding: chunked\r\n\r\n"
