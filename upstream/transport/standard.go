package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
)

// newHTTP2 returns net/http's Transport for HTTP/2 (RFC 9113).
func (t *Transport) newHTTP2() *http.Transport {
	o := &t.options
	offered := []string{"h2"}
	refusal := errNoHTTP2
	if o.Mode == Auto {
		offered = append(offered, "http/1.1")
		refusal = errChoseHTTP1
	}
	// The receive buffer is the system's: these connections are read whether or
	// not anyone reads their streams, and a small one would slow all of them.
	d := newDialer(o, 0, &t.counters, offered...)
	rt := t.newStandard(d)
	rt.Protocols.SetHTTP2(true)
	rt.Protocols.SetUnencryptedHTTP2(true)
	rt.DialTLSContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, d.timeout)
		defer cancel()
		conn, err := d.tcp(ctx, "tcp", addr)
		if err != nil {
			return nil, err
		}
		secured, err := d.secure(ctx, conn, host)
		if err != nil {
			return nil, err
		}
		if secured.ConnectionState().NegotiatedProtocol == "h2" {
			return secured, nil
		}
		_ = conn.Close()
		if o.Mode == Auto {
			t.plain.add(addr)
		}
		return nil, refusal
	}
	return rt
}

// newProxied returns net/http's Transport for HTTP/1.1 through a proxy.
func (t *Transport) newProxied() *http.Transport {
	rt := t.newStandard(newDialer(&t.options, t.options.ReceiveWindow, &t.counters, "http/1.1"))
	rt.Protocols.SetHTTP1(true)
	return rt
}

func (t *Transport) newStandard(d *dialer) *http.Transport {
	o := &t.options
	return &http.Transport{
		Proxy: o.Proxy,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, d.timeout)
			defer cancel()
			return d.tcp(ctx, network, addr)
		},
		TLSClientConfig:        d.tls.Clone(), // net/http changes its own
		TLSHandshakeTimeout:    o.ConnectTimeout,
		DisableCompression:     true,
		MaxIdleConns:           o.MaxIdle,
		MaxIdleConnsPerHost:    o.MaxIdlePerHost,
		IdleConnTimeout:        o.IdleTimeout,
		MaxResponseHeaderBytes: int64(o.MaxHeader),
		ReadBufferSize:         o.ReadBuffer,
		Protocols:              new(http.Protocols),
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: o.StreamWindow,
			MaxReadFrameSize:          16384,
			SendPingTimeout:           o.PingTimeout,
			PingTimeout:               o.PingTimeout,
			WriteByteTimeout:          2 * o.PingTimeout,
		},
	}
}

// standard makes the call with rt and says what its failure means.
func (t *Transport) standard(rt *http.Transport, req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(got httptrace.GotConnInfo) {
			connected.Store(true)
			if got.Reused {
				t.counters.reuses.Add(1)
			}
		},
	})
	out := req.WithContext(ctx)
	// With GetBody, net/http sends a request again after failures that do not
	// prove that the first one was not acted upon.
	out.GetBody = nil
	resp, err := rt.RoundTrip(out)
	switch {
	case err == nil:
		resp.Request = withoutBody(req)
		return resp, nil
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case errors.Is(err, errChoseHTTP1):
		return nil, err
	case !connected.Load():
		return nil, fmt.Errorf("%w: %w", ErrConnect, err)
	case unprocessed(err):
		return nil, fmt.Errorf("%w: %w", ErrUnprocessed, err)
	default:
		return nil, fmt.Errorf("transport: %w", err)
	}
}

// unprocessed recognises the failures that net/http would have retried had the
// body been at hand, by their words, for there is nothing else. Should those
// change, the failure counts as one after sending: the safe side.
func unprocessed(err error) bool {
	text := err.Error()
	return strings.Contains(text, "cannot retry err [") &&
		(strings.Contains(text, "GOAWAY") || strings.Contains(text, "REFUSED_STREAM"))
}
