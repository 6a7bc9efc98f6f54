package transport

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"time"
)

// Mode says which protocol is spoken.
type Mode int

const (
	// Auto speaks HTTP/1.1 to http URLs and lets servers of https URLs choose
	// (ALPN, RFC 7301). A server that chooses HTTP/1.1 costs one more handshake,
	// once: the receive buffer must be set before connecting, and HTTP/2
	// connections do not want it.
	Auto Mode = iota
	// HTTP1 speaks HTTP/1.1 only.
	HTTP1
	// HTTP2 speaks HTTP/2 only; to http URLs without asking first (RFC 9113
	// section 3.3).
	HTTP2
)

// Options are a [Transport]'s limits. The zero value is usable; values of zero
// or less stand for the defaults.
type Options struct {
	Mode Mode

	// ConnectTimeout bounds name lookup, TCP and TLS handshakes together.
	// Default 10 s.
	ConnectTimeout time.Duration

	// ReceiveWindow is the TCP window of HTTP/1.1 connections in bytes (RFC 9293
	// section 3.8), set before they connect because the first one is announced
	// then. It bounds what a provider can send into a stream that nobody reads,
	// and the throughput over long distances: one window per round trip. Linux
	// offers up to 1.8 times as much once segments are large. With TLS it is twice
	// as large, and one record, 16 KiB at most, comes on top (RFC 8446 section
	// 5.1). Default 6144. HTTP/2 connections are read at all times and bounded by
	// StreamWindow.
	ReceiveWindow int

	// ReadBuffer is the buffer that an HTTP/1.1 connection holds while open, in
	// bytes. It also bounds the trailer and the length of a chunk's first line.
	// Default 512: the bytes of a read come in a larger page that is borrowed.
	ReadBuffer int

	// StreamWindow is the flow-control window of each HTTP/2 stream in bytes
	// (RFC 9113 section 5.2). The connection's window is left large: a small one
	// lets one stalled stream block its neighbours. Default 16384.
	StreamWindow int

	// MaxHeader bounds a response's header in bytes, interim responses included.
	// Default 65536.
	MaxHeader int

	// MaxIdle and MaxIdlePerHost bound the idle connections. At MaxIdle the one
	// that has been idle longest is closed. Defaults 256 and 64.
	MaxIdle        int
	MaxIdlePerHost int

	// IdleTimeout is how long an idle connection is kept. Default 30 s, below
	// what servers usually allow, so that they seldom close one just as a request
	// is on its way.
	IdleTimeout time.Duration

	// PingTimeout is how long an HTTP/2 connection may be silent before it is
	// pinged, and how long the answer may take before it is closed. Default 15 s.
	PingTimeout time.Duration

	// TLS is the base of the TLS configuration; its NextProtos are ignored.
	// Nil stands for the defaults of crypto/tls.
	TLS *tls.Config

	// Proxy chooses a request's proxy. Nil stands for
	// [http.ProxyFromEnvironment]. Proxied calls are made by net/http's
	// Transport, which takes two goroutines and two buffers more per HTTP/1.1
	// connection, and in mode Auto over HTTP/1.1.
	Proxy func(*http.Request) (*url.URL, error)
}

func (o Options) withDefaults() Options {
	o.ConnectTimeout = positive(o.ConnectTimeout, 10*time.Second)
	o.ReceiveWindow = positive(o.ReceiveWindow, 6144)
	o.ReadBuffer = positive(o.ReadBuffer, 512)
	o.StreamWindow = positive(o.StreamWindow, 16384)
	o.MaxHeader = positive(o.MaxHeader, 65536)
	o.MaxIdle = positive(o.MaxIdle, 256)
	o.MaxIdlePerHost = positive(o.MaxIdlePerHost, 64)
	o.IdleTimeout = positive(o.IdleTimeout, 30*time.Second)
	o.PingTimeout = positive(o.PingTimeout, 15*time.Second)
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	o.TLS = o.TLS.Clone()
	if o.TLS.ClientSessionCache == nil {
		o.TLS.ClientSessionCache = tls.NewLRUClientSessionCache(sessions)
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	return o
}

// sessions bounds the TLS sessions kept for resumption.
const sessions = 64

func positive[T int | time.Duration](value, otherwise T) T {
	if value > 0 {
		return value
	}
	return otherwise
}
