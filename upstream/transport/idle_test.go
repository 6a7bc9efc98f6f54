package transport

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestIdleConnectionIsUsedAgain(t *testing.T) {
	tr := newTransport(t, Options{})
	url := serve(t, repeat(streamed+"2\r\nab\r\n0\r\n\r\n"))
	for range 5 {
		wantBody(t, tr, url, "ab")
	}
	if got := tr.Stats(); got != (Stats{Open: 1, Idle: 1, Dials: 1, Reuses: 4}) {
		t.Errorf("stats = %+v", got)
	}
	tr.CloseIdleConnections()
	if got := tr.Stats(); got.Open != 0 || got.Idle != 0 {
		t.Errorf("stats = %+v; want none open", got)
	}
}

// A request that may have arrived is not sent again, on a reused connection
// neither.
func TestReusedConnectionFailsOnce(t *testing.T) {
	var requests atomic.Int32
	url := serve(t, func(p *peer) {
		for p.request() != nil {
			if requests.Add(1) == 2 {
				return
			}
			p.say(ok)
		}
	})
	tr := newTransport(t, Options{})
	wantBody(t, tr, url, "ok")
	req := post(t, context.Background(), url, "{}")
	req.Header.Set("Idempotency-Key", "net/http would send it again for this")
	if _, err := tr.RoundTrip(req); err == nil {
		t.Error("no error")
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestIdleLimits(t *testing.T) {
	p := &idle{max: 3, maxPerHost: 2, timeout: time.Hour}
	defer p.close()
	a, b, c := target{addr: "a"}, target{addr: "b"}, target{addr: "c"}
	var conns []*pipe
	for _, to := range []target{a, a, a, b, c} {
		conn := newPipe(to)
		conns = append(conns, conn)
		p.put(conn.conn)
	}
	// The third of a is over its host's share; the first makes room for c.
	for i, want := range []bool{true, false, true, false, false} {
		if got := conns[i].closed.Load(); got != want {
			t.Errorf("connection %d closed: %v", i, got)
		}
	}
	if p.len() != 3 {
		t.Errorf("%d idle; want 3", p.len())
	}
	if got := p.take(a); got != conns[1].conn {
		t.Error("took another connection than the one that is left")
	}
	if p.take(a) != nil {
		t.Error("took a connection that was not there")
	}
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &idle{max: 9, maxPerHost: 9, timeout: 30 * time.Second}
		early, late := newPipe(target{}), newPipe(target{})
		p.put(early.conn)
		time.Sleep(20 * time.Second)
		p.put(late.conn)
		for _, step := range []struct {
			wait        time.Duration
			early, late bool
		}{{9 * time.Second, false, false}, {2 * time.Second, true, false}, {20 * time.Second, true, true}} {
			time.Sleep(step.wait)
			synctest.Wait()
			if early.closed.Load() != step.early || late.closed.Load() != step.late {
				t.Errorf("closed: %v, %v; want %v, %v", early.closed.Load(), late.closed.Load(), step.early, step.late)
			}
		}
		// The timer stops with nothing to wait for and starts again.
		again := newPipe(target{})
		p.put(again.conn)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if !again.closed.Load() || p.len() != 0 {
			t.Error("a connection outlived the timeout")
		}
	})
}

// pipe is a connection that leads nowhere and knows whether it was closed.
type pipe struct {
	net.Conn
	conn   *conn
	closed atomic.Bool
}

func newPipe(to target) *pipe {
	p := &pipe{}
	p.conn = newConn(to, p, 16)
	return p
}

func (p *pipe) Close() error {
	p.closed.Store(true)
	return nil
}
