package main

import (
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// The listeners, as the log and the metrics call them.
const (
	clients = "clients"
	admins  = "admin"
)

const (
	acceptPause    = 5 * time.Millisecond // after the first error in a row; then twice as long each time
	acceptPauseMax = time.Second
	acceptTold     = 10 * time.Second // between two lines of the log
)

// enduring is a listener that outlasts what the system refuses for a while,
// which is file descriptors more often than not. Its owner would keep quiet
// about it, and serve nobody meanwhile, those that are connected included.
type enduring struct {
	net.Listener
	name  string
	count *atomic.Int64
	log   *slog.Logger
	done  chan struct{}
	close sync.Once

	told   time.Time // when the log was, of Accept's goroutine as is
	untold int       // errors since
}

func newEnduring(l net.Listener, name string, count *atomic.Int64, log *slog.Logger) *enduring {
	return &enduring{Listener: l, name: name, count: count, log: log, done: make(chan struct{})}
}

// Accept implements net.Listener. One goroutine calls it.
func (l *enduring) Accept() (net.Conn, error) {
	for pause := acceptPause; ; pause = min(2*pause, acceptPauseMax) {
		conn, err := l.Listener.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) || !passing(err) {
			return conn, err
		}
		l.count.Add(1)
		l.untold++
		if now := time.Now(); now.Sub(l.told) >= acceptTold {
			l.log.Warn("connections cannot be accepted", "listener", l.name, "error", err.Error(), "times", l.untold)
			l.told, l.untold = now, 0
		}
		select {
		case <-time.After(pause):
		case <-l.done:
			return nil, net.ErrClosed
		}
	}
}

// passing says whether an error may not be there the next time.
func passing(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Close implements net.Listener. It also ends an Accept that waits.
func (l *enduring) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}
