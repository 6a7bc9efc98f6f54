package loadtest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// errandsTo sends errands to a server.
func errandsTo(t *testing.T, url string, silence time.Duration) (*errands, *line) {
	t.Helper()
	p, err := newPoller(0)
	if err != nil {
		t.Fatal(err)
	}
	e, err := resolve(Target{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	a := newErrands(p, e, silence)
	t.Cleanup(func() { a.close(); p.close() })
	return a, &line{target: e}
}

func TestErrands(t *testing.T) {
	var mu sync.Mutex
	connections := map[net.Conn]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write(append(body, '!'))
	}))
	server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		connections[c] = connections[c] || state == http.StateNew
	}
	server.Start()
	defer server.Close()
	a, l := errandsTo(t, server.URL, time.Minute)
	ask := func(path string) {
		t.Helper()
		status, content, err := a.do(t.Context(), l.request("POST", path, "", []byte("hello")))
		if err != nil || status != http.StatusCreated || string(content) != "hello!" {
			t.Fatalf("%d %q %v", status, content, err)
		}
	}
	made := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(connections)
	}
	for range 20 {
		ask("/")
	}
	if n := made(); n != 1 {
		t.Errorf("one request after the other took %d connections", n)
	}
	ask("/close")
	ask("/")
	if n := made(); n != 2 {
		t.Errorf("%d connections after the first was closed", n)
	}
	// A connection may end while it waits, and nobody need know.
	server.CloseClientConnections()
	ask("/")
	var many sync.WaitGroup
	for range 30 {
		many.Go(func() { ask("/") })
	}
	many.Wait()
}

// What is no answer is an error, and the next request does not get it.
func TestErrandsFail(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	answers := []string{"SSH-2.0\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "HTTP/1.1 204 No Content\r\n\r\n"}
	go func() {
		for _, answer := range answers {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	a, l := errandsTo(t, "http://"+listener.Addr().String(), time.Minute)
	for i, answer := range answers {
		status, _, err := a.do(t.Context(), l.request("GET", "/", "", nil))
		if good := i == len(answers)-1; good != (err == nil) || good && status != http.StatusNoContent {
			t.Errorf("%q: %d %v", answer, status, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.do(ctx, l.request("GET", "/", "", nil)); err != context.Canceled {
		t.Error(err)
	}
	a.close()
	if _, _, err := a.do(t.Context(), nil); err != errOver {
		t.Error(err)
	}
}

// A request that is not answered is not made again: it may have been done.
func TestErrandsUnanswered(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/never" {
			asked.Add(1)
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	a, l := errandsTo(t, server.URL, 100*time.Millisecond)
	for range 2 { // over a new connection, and over one that has answered
		if _, _, err := a.do(t.Context(), l.request("GET", "/never", "", nil)); !isTimeout(err) {
			t.Errorf("no answer is %v", err)
		}
		if status, _, err := a.do(t.Context(), l.request("GET", "/", "", nil)); status != http.StatusOK {
			t.Errorf("%d %v", status, err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}
