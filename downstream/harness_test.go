package downstream

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"tidegate/internal/auth"
	"tidegate/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const keepAlive = 15 * time.Second

// script is a provider's stream: it appends what it likes and returns its end.
type script func(ctx context.Context, st *stream.Stream) stream.End

// opener answers every call with a script, after a delay.
type opener struct {
	delay  time.Duration
	refuse error
	script script
	whole  func() *stream.Answer // instead of a stream
	called func(*stream.Call)    // nil: nobody wants to know
}

func (o *opener) Open(ctx context.Context, call *stream.Call) (*stream.Answer, error) {
	if o.called != nil {
		o.called(call)
	}
	select {
	case <-time.After(o.delay):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if o.refuse != nil {
		return nil, o.refuse
	}
	if o.whole != nil {
		return o.whole(), nil
	}
	return &stream.Answer{Provider: "p", Model: "*", Status: 200, Source: &source{ctx, o.script}}, nil
}

type source struct {
	ctx    context.Context
	script script
}

func (s *source) Pump(st *stream.Stream) stream.End { return s.script(s.ctx, st) }
func (s *source) Close()                            {}

// reports collects what the observer is told.
type reports struct {
	mu   sync.Mutex
	list []*stream.Report
}

func (r *reports) Meter(string, string) stream.Meter { return nil }

func (r *reports) Ended(report *stream.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, report)
}

func (r *reports) only(t *testing.T) *stream.Report {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) != 1 {
		t.Fatalf("%d reports, want one", len(r.list))
	}
	return r.list[0]
}

// pipes is a listener whose connections are pipes: they hold nothing, so a
// client that does not read is noticed with its first byte.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.done); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.conns <- far
	return near
}

// virtual runs f in virtual time, with a server over pipes.
func virtual(t *testing.T, o *opener, f func(t *testing.T, s *Server, l *pipes, r *reports)) {
	t.Helper()
	r := &reports{}
	// made outside the bubble: its watcher waits for the kernel, which has no
	// virtual time
	s, err := New(Options{
		Opener: o, Keys: auth.Open(), Registry: stream.NewRegistry(10), Pages: stream.NewPages(4096),
		Observer: r, Log: slog.New(slog.DiscardHandler), KeepAlive: keepAlive, Retain: time.Minute, Retained: 4, PerConn: 8,
		HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, IdleTimeout: time.Hour,
		MaxHeader: 32 << 10, MaxBody: 1 << 20, MaxBodies: 1 << 24, MaxConns: 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.gone.close()
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		s.opt.Registry = stream.NewRegistry(10)
		served := make(chan error)
		go func() { served <- s.Serve(l) }()
		f(t, s, l, r)
		time.Sleep(2*keepAlive + s.opt.Retain) // nobody comes back
		synctest.Wait()
		if all, _ := s.lives.len(); all+s.opt.Registry.Len() != 0 || s.BodiesHeld() != 0 {
			t.Errorf("%d streams, %d calls and %d bytes of requests are left", all, s.opt.Registry.Len(), s.BodiesHeld())
		}
		_ = s.http.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// ask sends a streaming call and reads the response's head.
func ask(t *testing.T, conn net.Conn) (*http.Response, *bufio.Reader) {
	t.Helper()
	body := `{"model":"m","stream":true}`
	if _, err := fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp, r
}

// all reads a body to its end.
func all(resp *http.Response) (string, error) {
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// event is one of a size that does not compress: the n-th of its kind.
func event(n, size int) stream.Event {
	var b strings.Builder
	for x := uint32(n*7919 + 1); b.Len() < size; {
		x = x*1664525 + 1013904223
		b.WriteByte('a' + byte(x>>24)%26)
	}
	return stream.Event{Data: []byte(b.String())}
}
