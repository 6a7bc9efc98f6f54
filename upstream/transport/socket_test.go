//go:build linux || darwin

package transport

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestAlive(t *testing.T) {
	for name, test := range map[string]struct {
		act  func(*peer)
		want bool
	}{
		"open":   {func(*peer) {}, true},
		"data":   {func(p *peer) { p.say("x") }, false},
		"closed": {func(p *peer) { _ = p.Close() }, false},
		"reset":  {func(p *peer) { p.reset() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			dialed := make(chan struct{})
			url := serve(t, func(p *peer) {
				<-dialed
				test.act(p)
				p.gone()
			})
			conn, err := net.Dial("tcp", url[len("http://"):])
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			close(dialed)
			if !test.want {
				awaitInput(t, conn)
			}
			if got := alive(conn); got != test.want {
				t.Errorf("alive = %v", got)
			}
		})
	}
	if alive(struct{ net.Conn }{}) {
		t.Error("a connection that cannot be looked at counts as alive")
	}
}

// Looking must not take the byte that is looked at.
func TestAliveTakesNothing(t *testing.T) {
	url := serve(t, func(p *peer) {
		p.say("x")
		p.gone()
	})
	conn, err := net.Dial("tcp", url[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	awaitInput(t, conn)
	alive(conn)
	got := make([]byte, 1)
	if _, err := io.ReadFull(conn, got); err != nil || got[0] != 'x' {
		t.Errorf("read %q, %v", got, err)
	}
}

// A server closes idle connections when it pleases, and a POST into such a one
// could not be sent again.
func TestIdleConnectionThatTheServerHasLeft(t *testing.T) {
	for name, leave := range map[string]func(*peer){
		"FIN":            func(p *peer) { _ = p.Close() },
		"RST":            func(p *peer) { p.reset() },
		"unasked answer": func(p *peer) { p.say("HTTP/1.1 408 Timeout\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			answered := make(chan struct{})
			var first atomic.Bool
			var requests atomic.Int32
			first.Store(true)
			url := serve(t, func(p *peer) {
				for p.request() != nil {
					requests.Add(1)
					p.say(ok)
					if first.CompareAndSwap(true, false) {
						<-answered
						leave(p)
					}
				}
			})
			tr := newTransport(t, Options{})
			wantBody(t, tr, url, "ok")
			close(answered)
			awaitInput(t, idleConn(tr))
			wantBody(t, tr, url, "ok")
			if got := tr.Stats(); got.Dials != 2 || got.Reuses != 0 || got.Open != 1 {
				t.Errorf("stats = %+v; want two dials", got)
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

// idleConn returns the one idle connection.
func idleConn(tr *Transport) net.Conn {
	tr.lean.idle.mu.Lock()
	defer tr.lean.idle.mu.Unlock()
	return tr.lean.idle.conns[0].tcp.(*counted).Conn
}

// awaitInput waits until there is something to read from conn, its end included.
func awaitInput(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
		return !errors.Is(err, syscall.EAGAIN)
	}); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Time{})
}
