package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
)

// begun is the beginning of a stream.
const begun = streamed + "2\r\nab\r\n"

// serveStill answers one request of each connection with the same words, and holds
// all of them without a goroutine or a buffer for any, so that
// what is measured is the client's. It returns the URL.
func serveStill(t testing.TB, answer string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var held []net.Conn
		defer func() {
			for _, conn := range held {
				_ = conn.Close()
			}
		}()
		request := make([]byte, 4096)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			held = append(held, conn)
			_, _ = conn.Read(request)
			_, _ = io.WriteString(conn, answer)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String()
}

// openMany opens n streams, each with a context of its own, and returns what
// ends them.
func openMany(t testing.TB, rt http.RoundTripper, url string, n int) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var bodies []io.ReadCloser
	var stops []context.CancelFunc
	for range n {
		own, stop := context.WithCancel(ctx)
		stops = append(stops, stop)
		resp, err := rt.RoundTrip(post(t, own, url, "{}"))
		if err != nil {
			cancel()
			t.Fatal(err)
		}
		wantNext(t, resp, "ab")
		bodies = append(bodies, resp.Body)
	}
	return func() {
		cancel()
		for _, stop := range stops {
			stop()
		}
		for _, body := range bodies {
			_ = body.Close()
		}
	}
}

func TestNoGoroutinePerStream(t *testing.T) {
	url := serveStill(t, begun)
	tr := newTransport(t, Options{})
	before := runtime.NumGoroutine()
	end := openMany(t, tr, url, 50)
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines for 50 streams", got-before)
	}
	end()
}

func TestNoGoroutinePerIdleConnection(t *testing.T) {
	url := serveStill(t, ok)
	tr := newTransport(t, Options{})
	before := runtime.NumGoroutine()
	var responses []*http.Response
	for range 50 {
		responses = append(responses, open(t, context.Background(), tr, url))
	}
	for _, resp := range responses {
		wantNext(t, resp, "ok")
		_ = resp.Body.Close()
	}
	if got := tr.Stats(); got.Idle != 50 {
		t.Fatalf("stats = %+v; want 50 idle", got)
	}
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines for 50 idle connections", got-before)
	}
}

// BenchmarkMemory reports the memory that an open HTTP/1.1 stream takes in the
// process, the held server's socket included (about 0.5 KiB).
func BenchmarkMemory(b *testing.B) {
	const streams = 1000
	measure := func(b *testing.B, rt http.RoundTripper) {
		url := serveStill(b, begun)
		for b.Loop() {
			before, routines := inUse(), runtime.NumGoroutine()
			end := openMany(b, rt, url, streams)
			b.ReportMetric(float64(inUse()-before)/1024/streams, "KiB/stream")
			b.ReportMetric(float64(runtime.NumGoroutine()-routines)/streams, "goroutines/stream")
			end()
		}
	}
	for _, size := range []int{512, 4096} {
		b.Run(fmt.Sprintf("lean/readbuf=%d", size), func(b *testing.B) {
			measure(b, newTransport(b, Options{ReadBuffer: size}))
		})
	}
	b.Run("standard", func(b *testing.B) {
		std := &http.Transport{}
		defer std.CloseIdleConnections()
		measure(b, std)
	})
}

// inUse returns the bytes of heap and stacks in use.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}
