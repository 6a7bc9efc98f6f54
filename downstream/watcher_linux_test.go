package downstream

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience ends a test that hangs. No test passes or fails by it otherwise.
const patience = 20 * time.Second

// watching is a watched connection and its other end.
type watching struct {
	id     watchID
	conn   *clientConn
	client *net.TCPConn
	told   chan struct{}
	times  atomic.Int32
}

type pairs struct {
	t *testing.T
	l net.Listener
	w *watcher
}

func newPairs(t *testing.T) *pairs {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWatcher()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); w.close() })
	return &pairs{t, l, w}
}

// make makes a connection that is not armed yet.
func (p *pairs) make() *watching {
	p.t.Helper()
	client, err := net.Dial("tcp", p.l.Addr().String())
	if err != nil {
		p.t.Fatal(err)
	}
	conn, err := p.l.Accept()
	if err != nil {
		p.t.Fatal(err)
	}
	x := &watching{conn: &clientConn{Conn: conn}, client: client.(*net.TCPConn), told: make(chan struct{}, 1)}
	p.t.Cleanup(func() { _, _ = client.Close(), conn.Close() })
	x.id = p.w.add(func() {
		x.times.Add(1)
		x.told <- struct{}{}
	})
	return x
}

func (x *watching) wantTold(t *testing.T) {
	t.Helper()
	select {
	case <-x.told:
	case <-time.After(patience):
		t.Fatal("a client that has gone was not noticed")
	}
}

// flushed returns when everything before it has been handled: events are
// handled in the order in which they happen.
func (p *pairs) flushed() {
	p.t.Helper()
	last := p.make()
	p.w.arm(last.id, last.conn)
	_ = last.client.Close()
	last.wantTold(p.t)
}

func TestWatcherNotices(t *testing.T) {
	p := newPairs(t)
	for name, leave := range map[string]func(*net.TCPConn){
		"close":      func(c *net.TCPConn) { _ = c.Close() },
		"reset":      func(c *net.TCPConn) { _, _ = c.SetLinger(0), c.Close() },
		"half-close": func(c *net.TCPConn) { _ = c.CloseWrite() },
		"bytes, then close": func(c *net.TCPConn) {
			_, _ = c.Write([]byte("GET /"))
			_ = c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := p.make()
			p.w.arm(x.id, x.conn)
			leave(x.client)
			x.wantTold(t)
			before := p.make() // gone before it is watched
			leave(before.client)
			p.w.arm(before.id, before.conn)
			before.wantTold(t)
		})
	}
}

// Bytes alone are the next request, not a client that leaves.
func TestWatcherIgnoresBytes(t *testing.T) {
	p := newPairs(t)
	x := p.make()
	p.w.arm(x.id, x.conn)
	if _, err := x.client.Write([]byte("GET / HTTP/1.1\r\n")); err != nil {
		t.Fatal(err)
	}
	p.flushed()
	if x.times.Load() != 0 {
		t.Error("a client that sent something counts as gone")
	}
	_ = x.client.Close()
	x.wantTold(t)
}

// Many at once: those that leave are told of, once each, and no others.
func TestWatcherMany(t *testing.T) {
	p := newPairs(t)
	var all []*watching
	for range 150 { // more than are handled at once
		x := p.make()
		p.w.arm(x.id, x.conn)
		all = append(all, x)
	}
	for i, x := range all {
		if i%3 == 0 {
			_ = x.client.Close()
		}
	}
	for i, x := range all {
		if i%3 == 0 {
			x.wantTold(t)
		}
	}
	p.flushed()
	for i, x := range all {
		want := int32(0)
		if i%3 == 0 {
			want = 1
		}
		if n := x.times.Load(); n != want {
			t.Errorf("connection %d: told %d times, want %d", i, n, want)
		}
		p.w.remove(x.id, x.conn)
	}
	if n := len(p.w.by); n != 0 {
		t.Errorf("%d connections are remembered", n)
	}
}

// What was removed is not told of, and may be watched again under another
// name, as a connection that carries one call after the other is.
func TestWatcherRemoves(t *testing.T) {
	p := newPairs(t)
	x := p.make()
	for range 3 {
		p.w.arm(x.id, x.conn)
		p.w.remove(x.id, x.conn)
		p.w.remove(x.id, x.conn)
		again := make(chan struct{}, 1)
		x.id = p.w.add(func() { again <- struct{}{} })
		x.told = again
	}
	p.w.arm(x.id, x.conn)
	_ = x.client.Close()
	x.wantTold(t)
	if x.times.Load() != 0 {
		t.Error("told under a name that was removed")
	}
	y := p.make()
	p.w.arm(y.id, y.conn)
	p.w.remove(y.id, y.conn)
	_ = y.client.Close()
	p.flushed()
	if y.times.Load() != 0 {
		t.Error("told after it was removed")
	}
	_ = y.conn.Conn.Close()
	p.w.arm(y.id, y.conn) // a closed connection does no harm
	p.w.remove(y.id, y.conn)
}

// Leaving and removing at the same moment: at most one call, and no harm to
// what is watched beside.
func TestWatcherRace(t *testing.T) {
	p := newPairs(t)
	steady := p.make()
	p.w.arm(steady.id, steady.conn)
	var all sync.WaitGroup
	for range 60 {
		x := p.make()
		all.Go(func() { p.w.arm(x.id, x.conn); p.w.remove(x.id, x.conn); _ = x.conn.Conn.Close() })
		all.Go(func() { _ = x.client.Close() })
		all.Go(func() {
			if n := x.times.Load(); n > 1 {
				t.Errorf("told %d times", n)
			}
		})
	}
	all.Wait()
	p.flushed()
	if steady.times.Load() != 0 {
		t.Error("a connection that is still there counts as gone")
	}
	_ = steady.client.Close()
	steady.wantTold(t)
}
