package downstream

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// listener hands connections to net/http: new ones, as many at once as it
// may, and those whose stream has ended and that can carry another request.
type listener struct {
	net.Listener
	slots         chan struct{} // one for each connection, and for the next one to come
	conns         atomic.Int64
	back          chan net.Conn
	fresh         chan accepted
	done          chan struct{}
	close         sync.Once
	headerTimeout time.Duration
	idleTimeout   time.Duration

	mu      sync.Mutex
	waiting map[*clientConn]struct{} // for another request; nil once closed
}

type accepted struct {
	conn net.Conn
	err  error
}

func newListener(l net.Listener, conns int, headerTimeout, idleTimeout time.Duration) *listener {
	own := &listener{
		Listener: l, slots: make(chan struct{}, conns),
		back: make(chan net.Conn), fresh: make(chan accepted), done: make(chan struct{}),
		headerTimeout: headerTimeout, idleTimeout: idleTimeout,
		waiting: map[*clientConn]struct{}{},
	}
	go own.accept()
	return own
}

// accept takes new connections while there is a slot; the others wait in the
// kernel's backlog. Errors are for net/http, which closes a listener with which
// it does not go on.
func (l *listener) accept() {
	for {
		select {
		case l.slots <- struct{}{}:
		case <-l.done:
			return
		}
		conn, err := l.Listener.Accept()
		if err != nil {
			<-l.slots
		} else {
			l.conns.Add(1)
			conn = &clientConn{Conn: conn, l: l}
		}
		select {
		case l.fresh <- accepted{conn, err}:
		case <-l.done:
			if conn != nil {
				_ = conn.Close()
			}
			return
		}
	}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case a := <-l.fresh:
		return a.conn, a.err
	case conn := <-l.back:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *listener) Close() error {
	err := error(nil)
	l.close.Do(func() {
		close(l.done)
		err = l.Listener.Close()
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.waiting {
			_ = c.Close()
		}
		l.waiting = nil
	})
	return err
}

func (l *listener) open() int { return int(l.conns.Load()) }

// clientConn is a client's connection. It answers a request whose header does
// not arrive in time, which net/http closes without a word.
type clientConn struct {
	net.Conn
	l      *listener
	ahead  []byte      // read already, and of the next request
	asking atomic.Bool // something was read since something was written
	late   atomic.Bool // the last read ran into its deadline
	served atomic.Bool // a handler has the request, and nothing was written since
	closed atomic.Bool
	unsent int // what the kernel may hold unsent, as set; 0: not yet. The stream's own
	watched
}

// Read implements net.Conn.
func (c *clientConn) Read(p []byte) (int, error) {
	if len(c.ahead) > 0 {
		n := copy(p, c.ahead)
		c.ahead = c.ahead[n:]
		c.asking.Store(true)
		return n, nil
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.asking.Store(true)
	}
	if err != nil {
		c.late.Store(c.asking.Load() && errors.Is(err, os.ErrDeadlineExceeded))
	}
	return n, err
}

// Write implements net.Conn.
func (c *clientConn) Write(p []byte) (int, error) {
	late := c.late.Load()
	c.answering()
	if f := c.l.unreadable(p, late); f != nil {
		return len(p), c.say(f)
	}
	return c.Conn.Write(p)
}

// answering says that the request was understood: what follows is no late
// header.
func (c *clientConn) answering() {
	c.asking.Store(false)
	c.late.Store(false)
	c.served.Store(false)
}

// connKey is where a request's context has its *clientConn.
type connKey struct{}

// serving says that a handler has the request of ctx. Should it give up before
// it has written anything, the connection is closed without a word.
func serving(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*clientConn); ok {
		c.served.Store(true)
	}
}

// SyscallConn implements syscall.Conn.
func (c *clientConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// reset makes Close cut the connection instead of ending it: the kernel keeps
// nothing for a client that does not read.
func (c *clientConn) reset() {
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
}

// Close implements net.Conn.
func (c *clientConn) Close() error {
	if c.closed.Swap(true) {
		return net.ErrClosed
	}
	if c.late.Load() && !c.served.Load() {
		_ = c.say(c.l.tooLate())
	}
	err := c.Conn.Close()
	c.l.conns.Add(-1)
	<-c.l.slots
	return err
}
