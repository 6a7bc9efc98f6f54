package main

import (
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// The admin listener serves a scraper, probes and now and then a person. What
// else comes there must not take the gateway's file descriptors.
const (
	adminConns  = 64
	adminHeader = 16 << 10 // bytes

	adminHeaderTimeout = 5 * time.Second
	adminReadTimeout   = 10 * time.Second
	adminWriteTimeout  = 30 * time.Second // a profile has its own time on top
	adminIdleTimeout   = 30 * time.Second
)

func newAdmin(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, MaxHeaderBytes: adminHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: adminHeaderTimeout, ReadTimeout: adminReadTimeout,
		WriteTimeout: adminWriteTimeout, IdleTimeout: adminIdleTimeout,
	}
}

// limited hands out so many connections at once; further ones wait in the
// kernel's backlog.
type limited struct {
	net.Listener
	slots chan struct{}
	done  chan struct{}
	close sync.Once
}

func newLimited(l net.Listener, conns int) *limited {
	return &limited{Listener: l, slots: make(chan struct{}, conns), done: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitedConn{conn, sync.OnceFunc(func() { <-l.slots })}, nil
}

// Close implements net.Listener. It also ends an Accept that waits for a slot.
func (l *limited) Close() error {
	l.close.Do(func() { close(l.done) })
	return l.Listener.Close()
}

// limitedConn gives its slot back when it is closed first.
type limitedConn struct {
	net.Conn
	release func()
}

func (c *limitedConn) Close() error {
	defer c.release()
	return c.Conn.Close()
}
