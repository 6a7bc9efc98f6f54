package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"
)

// target is where a connection leads, and so what it can be reused for.
type target struct {
	scheme string
	host   string // for TLS: without port
	addr   string // host:port
}

func targetOf(u *url.URL) target {
	host := u.Hostname()
	switch {
	case u.Port() != "":
		return target{u.Scheme, host, u.Host}
	case u.Scheme == "https":
		return target{u.Scheme, host, net.JoinHostPort(host, "443")}
	}
	return target{u.Scheme, host, net.JoinHostPort(host, "80")}
}

// dialer opens counted connections.
type dialer struct {
	net      net.Dialer
	tls      *tls.Config
	timeout  time.Duration
	window   int // of the first bytes on; 0 leaves it to the system
	counters *counters
}

func newDialer(o *Options, window int, counters *counters, protocols ...string) *dialer {
	d := &dialer{tls: o.TLS.Clone(), timeout: o.ConnectTimeout, window: window, counters: counters}
	d.tls.NextProtos = protocols
	// A provider whose machine vanished is noticed after a minute, not after
	// the two hours that systems default to.
	d.net.KeepAliveConfig = net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3,
	}
	return d
}

// tcp connects to addr. It is the caller's to bound in time.
func (d *dialer) tcp(ctx context.Context, network, addr string) (net.Conn, error) {
	d.counters.dials.Add(1)
	own := d.net
	if d.window > 0 {
		own.Control = announce(d.window)
	}
	conn, err := own.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if d.window > 0 {
		if err := holdWindow(conn, d.window); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	d.counters.open.Add(1)
	return &counted{Conn: conn, counters: d.counters}, nil
}

// dial connects to to, with TLS where its scheme says so.
func (d *dialer) dial(ctx context.Context, to target) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	conn, err := d.tcp(limited, "tcp", to.addr)
	if err == nil && to.scheme == "https" {
		conn, err = d.secure(limited, conn, to.host)
		if err == nil && d.window > 0 {
			widen(conn, recordFactor*d.window)
		}
	}
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	default:
		return nil, fmt.Errorf("%w: %w", ErrConnect, err)
	}
}

// recordFactor is how much larger the window is with TLS: a record has up to
// 16 KiB, and who speaks TLS is mostly far away, where a window is all that
// comes in a round trip.
const recordFactor = 2

// widen sets an open connection's window to size bytes.
func widen(conn net.Conn, size int) {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if raw := rawOf(inner(conn)); raw != nil {
		_ = raw.Control(func(fd uintptr) { _ = setWindow(fd, size) })
	}
}

func (d *dialer) secure(ctx context.Context, conn net.Conn, host string) (*tls.Conn, error) {
	config := d.tls.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// counted is a TCP connection that is taken off the count once when closed.
type counted struct {
	net.Conn
	counters *counters
	closed   atomic.Bool
}

func (c *counted) Close() error {
	if c.closed.CompareAndSwap(false, true) {
		c.counters.open.Add(-1)
	}
	return c.Conn.Close()
}
