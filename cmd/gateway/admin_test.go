package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// queue is a listener whose connections come from a channel.
type queue struct{ conns chan net.Conn }

func (q queue) Accept() (net.Conn, error) {
	if conn, ok := <-q.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (q queue) Close() error   { close(q.conns); return nil }
func (q queue) Addr() net.Addr { return nil }

// As many connections as there are slots are handed out, and the next one
// when one of them is closed, however often that is done.
func TestLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waiting := queue{make(chan net.Conn, 8)}
		for range cap(waiting.conns) {
			conn, other := net.Pipe()
			defer func() { _, _ = conn.Close(), other.Close() }()
			waiting.conns <- conn
		}
		l := newLimited(waiting, 2)
		var taken []net.Conn
		ended := make(chan error, 1)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					ended <- err
					return
				}
				taken = append(taken, conn)
			}
		}()
		for want := 2; want < 5; want++ {
			synctest.Wait()
			if len(taken) != want {
				t.Fatalf("%d connections were handed out, want %d", len(taken), want)
			}
			newest := taken[want-1]
			for range 3 { // and gives its slot back once
				_ = newest.Close()
			}
		}
		synctest.Wait()
		_ = l.Close() // with every slot taken
		if err := <-ended; !errors.Is(err, net.ErrClosed) || len(taken) != 5 {
			t.Errorf("%d connections, %v", len(taken), err)
		}
	})
}

// A connection that could not be taken leaves its slot free.
func TestLimitedFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		none := queue{make(chan net.Conn)}
		close(none.conns)
		l := newLimited(none, 1)
		for range 3 {
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%v", err)
			}
		}
	})
}

// Connections that fill the admin listener harm no call, and whoever waits
// there is served when one of them is closed.
func TestAdminIsBounded(t *testing.T) {
	h := start(t, setup{})
	busy := make([]net.Conn, adminConns)
	for i := range busy {
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.admin, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "GET /debug/pprof/threadcreate?seconds=3600 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		busy[i] = conn
	}
	answered := make(chan error, 1)
	go func() {
		resp, err := h.http.Get(h.admin + "/healthz")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				err = errors.New(resp.Status)
			}
		}
		answered <- err
	}()
	h.works(t)
	select {
	case err := <-answered:
		t.Fatalf("answered beside %d connections: %v", adminConns, err)
	default:
	}
	_ = busy[0].Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
