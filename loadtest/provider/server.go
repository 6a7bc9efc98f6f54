package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// ErrNotLoopback is wrapped by Start's error for an address that others can
// reach: a provider that breaks on demand is not for them.
var ErrNotLoopback = errors.New("provider: listens on loopback only")

// Limits of a connection.
const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// Server is a provider that listens. HTTP/1.1 and HTTP/2 without TLS (with
// prior knowledge, RFC 9113 section 3.3) are served on the same port.
type Server struct {
	*Provider

	address string
	http    *http.Server
	cancel  context.CancelCauseFunc
	served  chan struct{} // closed when the accept loop has ended
	once    sync.Once
}

// Start makes a provider and listens. The caller closes it.
func Start(o Options) (*Server, error) {
	p, err := New(o)
	if err != nil {
		return nil, err
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if err := loopback(o.Listen); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("provider: %w", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &Server{Provider: p, address: l.Addr().String(), cancel: cancel, served: make(chan struct{})}
	s.http = &http.Server{
		Handler:           p,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       ConnContext,
		ConnState:         s.count,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         new(http.Protocols),
		ErrorLog:          log.New(io.Discard, "", 0), // faults are meant
	}
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	go func() {
		defer close(s.served)
		// Always an error, and after Close the expected one. Should accept
		// fail before, callers see it: nothing answers.
		_ = s.http.Serve(listener{l, o.SendBuffer})
	}()
	return s, nil
}

func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("provider: %w", err)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("%w: not on %q", ErrNotLoopback, address)
	}
	return nil
}

// Addr is the address listened on, "127.0.0.1:port".
func (s *Server) Addr() string { return s.address }

// URL is the root, "http://127.0.0.1:port". An SDK's base URL is this and
// "/v1".
func (s *Server) URL() string { return "http://" + s.address }

// Close ends all calls and connections and returns when every handler has.
// It may be called more than once.
func (s *Server) Close() {
	s.once.Do(func() {
		s.cancel(errClosed)
		// What it would report is the listener's second close.
		_ = s.http.Close()
		<-s.served
		// Again, for a connection that was accepted while the first looked.
		_ = s.http.Close()
	})
	// No error: the background context does not end.
	_, _ = s.Wait(context.Background(), func(st Stats) bool { return st.Active == 0 && st.Open == 0 })
}

func (s *Server) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.ledger.update(func() { s.ledger.totals.Connections++; s.ledger.totals.Open++ })
	case http.StateClosed, http.StateHijacked:
		s.ledger.update(func() { s.ledger.totals.Open-- })
	}
}

// listener bounds the send buffer of what it accepts.
type listener struct {
	net.Listener
	sendBuffer int
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.sendBuffer == 0 {
		return c, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(l.sendBuffer); err != nil {
			// Without the bound a test would measure the wrong thing.
			_ = c.Close()
		}
	}
	return c, nil
}
