package downstream

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// incoming is a listener with connections to come, and errors.
type incoming struct {
	queue chan accepted
	done  chan struct{}
}

func newIncoming() *incoming {
	return &incoming{queue: make(chan accepted, 10), done: make(chan struct{})}
}

func (l *incoming) Accept() (net.Conn, error) {
	select {
	case a := <-l.queue:
		return a.conn, a.err
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *incoming) Close() error   { close(l.done); return nil }
func (l *incoming) Addr() net.Addr { return &net.TCPAddr{} }

func (l *incoming) dial() (client net.Conn) {
	near, far := net.Pipe()
	l.queue <- accepted{conn: far}
	return near
}

// accepting accepts everything that a listener gives.
func accepting(l *listener) (conns chan net.Conn, failed chan error) {
	conns, failed = make(chan net.Conn, 10), make(chan error, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				failed <- err
				if errors.As(err, new(passing)) {
					continue
				}
				return
			}
			conns <- conn
		}
	}()
	return conns, failed
}

// No more connections than allowed are open at once; one that is closed,
// however often, makes room for one.
func TestListenerLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIncoming()
		l := newListener(in, 2, time.Second, time.Minute)
		conns, failed := accepting(l)
		for range 5 {
			in.dial()
		}
		synctest.Wait()
		if len(conns) != 2 || l.open() != 2 {
			t.Fatalf("%d connections accepted, %d open", len(conns), l.open())
		}
		first := <-conns
		_ = first.Close()
		if err := first.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the second Close gave %v", err)
		}
		synctest.Wait()
		if len(conns) != 2 || l.open() != 2 || len(in.queue) != 2 {
			t.Fatalf("%d more accepted, %d open, %d wait", len(conns)-1, l.open(), len(in.queue))
		}
		_ = l.Close()
		_ = l.Close()
		if err := <-failed; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept gave %v", err)
		}
		for range 2 {
			_ = (<-conns).Close()
		}
		synctest.Wait()
		if l.open() != 0 {
			t.Errorf("%d open", l.open())
		}
	})
}

type passing struct{ error }

// An error that passes, such as too many open files, does not end the service.
func TestListenerErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIncoming()
		l := newListener(in, 1, time.Second, time.Minute)
		conns, failed := accepting(l)
		for range 3 { // more than there are places: a failure takes none
			in.queue <- accepted{err: passing{errors.New("no files")}}
		}
		in.dial()
		conn := <-conns
		if len(failed) != 3 {
			t.Errorf("%d failures reported", len(failed))
		}
		_ = conn.Close()
		final := errors.New("gone")
		in.queue <- accepted{err: final}
		for range 3 {
			<-failed
		}
		if err := <-failed; !errors.Is(err, final) {
			t.Errorf("Accept gave %v", err)
		}
		_ = l.Close()
	})
}

// A connection that is accepted just as the listener closes is closed too.
func TestListenerCloseWithOneInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newIncoming()
		l := newListener(in, 1, time.Second, time.Minute)
		client := in.dial()
		synctest.Wait() // nobody accepts
		_ = l.Close()
		if _, err := client.Read(make([]byte, 1)); err == nil {
			t.Error("the connection is left open")
		}
		synctest.Wait()
		if l.open() != 0 {
			t.Errorf("%d open", l.open())
		}
	})
}
