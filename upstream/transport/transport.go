// Package transport carries requests to model providers over HTTP/1.1 and
// HTTP/2 with small, bounded receive windows, so that a stream nobody reads
// makes the provider wait instead of filling buffers on the way.
//
// HTTP/1.1 is spoken by a lean round tripper: the caller's goroutine dials,
// writes and reads, no goroutine stands by an open stream or an idle
// connection. The decoding of headers is net/http's, that of chunks is not: it
// has to give what it has. HTTP/2 is net/http's Transport with a bounded window
// per stream.
//
// What is sent at most once stays so: a request with a body is never sent again
// by this package after a byte of it may have left. See [ErrConnect] and
// [ErrUnprocessed] for the failures after which the caller may send it again.
package transport

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
)

// Transport is an [http.RoundTripper] for calls to providers. It follows no
// redirects, keeps no cookies, and neither asks for nor undoes compression. A
// request's body must have its ContentLength set and be ready in memory
// ([http.NewRequest] with a [bytes.Reader] does both).
//
// Cancelling a request's context closes its HTTP/1.1 connection, or resets its
// HTTP/2 stream, at once, until the response's body was read to its end or
// closed. Closing a body before its end does the same; nothing is drained. Only
// an attempt to connect that net/http's Transport has begun goes on in the
// background, for [Options.ConnectTimeout] at most.
//
// [http.Response.Request] is the request without its body, so that a stream
// that runs for minutes does not hold the prompt in memory.
//
// All methods may be called from several goroutines.
type Transport struct {
	options  Options
	counters counters
	closed   atomic.Bool

	lean    *lean
	h2      *http.Transport
	proxied *http.Transport // HTTP/1.1 through a proxy
	plain   hosts           // hosts that chose HTTP/1.1 when offered both
}

// New returns a Transport with o's limits, defaults in place of zero values. It
// opens no connection and starts no goroutine.
func New(o Options) *Transport {
	t := &Transport{options: o.withDefaults()}
	t.lean = newLean(&t.options, &t.counters)
	t.h2 = t.newHTTP2()
	t.proxied = t.newProxied()
	return t
}

// RoundTrip sends req and returns the response once its header has arrived. It
// sets no limit on how long that takes: the caller's context does.
// It returns the context's error when that was the reason, an error that
// matches [ErrConnect] when nothing of the request was sent, and anything else
// when the provider may have seen it.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.check(req); err != nil {
		closeBody(req)
		return nil, err
	}
	proxy, err := t.options.Proxy(req)
	if err != nil {
		closeBody(req)
		// The cause is left out: it quotes the setting, password included.
		return nil, fmt.Errorf("%w: the proxy setting is not valid", ErrConnect)
	}
	switch {
	case t.options.Mode == HTTP2:
		return t.standard(t.h2, req)
	case proxy != nil:
		return t.standard(t.proxied, req)
	case t.options.Mode == HTTP1 || req.URL.Scheme == "http":
		return t.lean.roundTrip(req)
	default:
		return t.negotiate(req)
	}
}

// negotiate lets the server of an https URL choose the protocol. The choice of
// HTTP/1.1 is remembered for the host.
func (t *Transport) negotiate(req *http.Request) (*http.Response, error) {
	to := targetOf(req.URL)
	if !t.plain.has(to.addr) {
		resp, err := t.standard(t.h2, req)
		if !errors.Is(err, errChoseHTTP1) {
			return resp, err
		}
		if req.GetBody != nil {
			// The failed attempt has closed the body, though it read none of it.
			body, err := req.GetBody()
			if err != nil {
				return nil, fmt.Errorf("transport: opening the request's body again: %w", err)
			}
			req = req.WithContext(req.Context())
			req.Body = body
		}
	}
	resp, err := t.lean.roundTrip(req)
	if errors.Is(err, ErrConnect) {
		// A server that has given up HTTP/1.1 would be refused for ever.
		t.plain.forget(to.addr)
	}
	return resp, err
}

// check refuses what neither protocol could send.
func (t *Transport) check(req *http.Request) error {
	switch {
	case t.closed.Load():
		return ErrClosed
	case req.URL == nil || req.URL.Host == "" || req.Header == nil:
		return fmt.Errorf("%w: no host or no header", ErrRequest)
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("%w: the scheme is neither http nor https", ErrRequest)
	case hasBody(req) && req.ContentLength <= 0:
		return fmt.Errorf("%w: a body without its length", ErrRequest)
	}
	return nil
}

// CloseIdleConnections closes the connections that carry no call.
func (t *Transport) CloseIdleConnections() {
	t.lean.idle.clear()
	t.h2.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}

// Close refuses new calls with [ErrClosed] and closes idle connections. Calls
// that are running end as they would have. Their HTTP/1.1 connections end with
// them; those of HTTP/2 do so [Options.IdleTimeout] after their last call.
func (t *Transport) Close() {
	t.closed.Store(true)
	t.lean.idle.close()
	t.CloseIdleConnections()
}

func hasBody(req *http.Request) bool {
	return req.Body != nil && req.Body != http.NoBody
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// withoutBody is what a response refers to as its request.
func withoutBody(req *http.Request) *http.Request {
	sent := req.WithContext(req.Context())
	sent.Body, sent.GetBody = nil, nil
	return sent
}
