package transport

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

const (
	// maxInterim bounds the 1xx responses before a final one (RFC 9110 section
	// 15.2), so that a server cannot keep a call busy with them for ever.
	maxInterim = 8

	// earlyWait is how long a server that has stopped taking the request gets to
	// say why.
	earlyWait = time.Second
)

// lean speaks HTTP/1.1 (RFC 9112) on the caller's goroutine.
type lean struct {
	dialer     *dialer
	idle       *idle
	counters   *counters
	readBuffer int
	maxHeader  int
}

func newLean(o *Options, counters *counters) *lean {
	return &lean{
		dialer:     newDialer(o, o.ReceiveWindow, counters, "http/1.1"),
		idle:       &idle{max: o.MaxIdle, maxPerHost: o.MaxIdlePerHost, timeout: o.IdleTimeout},
		counters:   counters,
		readBuffer: o.ReadBuffer,
		maxHeader:  o.MaxHeader,
	}
}

func (l *lean) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	c, err := l.connect(ctx, targetOf(req.URL))
	if err != nil {
		closeBody(req)
		return nil, err
	}
	// Closing the connection is the one thing that wakes a blocked read or write
	// without a goroutine that waits for it.
	stop := context.AfterFunc(ctx, c.close)
	resp, err := l.exchange(c, req)
	if err != nil {
		stop()
		c.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	b := &body{src: resp.Body, conn: c, ctx: ctx, stop: stop, idle: l.idle}
	b.reusable = !resp.Close && !req.Close
	if slices.Contains(resp.TransferEncoding, "chunked") {
		b.chunks = &chunked{c: c}
		b.src = b.chunks
	}
	if resp.Body == http.NoBody {
		b.finish(io.EOF)
	} else {
		resp.Body = b
	}
	return resp, nil
}

func (l *lean) connect(ctx context.Context, to target) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if c := l.idle.get(to); c != nil {
		l.counters.reuses.Add(1)
		return c, nil
	}
	stream, err := l.dialer.dial(ctx, to)
	if err != nil {
		return nil, err
	}
	return newConn(to, stream, l.readBuffer), nil
}

// exchange writes req and reads the header of its response, one after the other:
// a server that answers before it has read the request, and neither reads on nor
// closes, is heard only when the request fits into the buffers on the way.
func (l *lean) exchange(c *conn, req *http.Request) (*http.Response, error) {
	c.allowance = l.maxHeader
	c.acks.begin()
	if err := c.send(req); err != nil {
		if c.writeErr == nil {
			return nil, fmt.Errorf("%w: %w", ErrRequest, err)
		}
		return l.early(c, req, err)
	}
	return l.receive(c, req)
}

// early reads the response of a server that closed while the request was still
// being written: usually a refusal that says more than the failed write.
func (l *lean) early(c *conn, req *http.Request, failed error) (*http.Response, error) {
	_ = c.stream.SetReadDeadline(time.Now().Add(earlyWait))
	resp, err := l.receive(c, req)
	if err != nil {
		return nil, fmt.Errorf("transport: sending the request: %w", failed)
	}
	_ = c.stream.SetReadDeadline(time.Time{})
	return resp, nil
}

// receive reads the header of the final response.
func (l *lean) receive(c *conn, req *http.Request) (*http.Response, error) {
	sent := withoutBody(req)
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(c.in, sent)
		switch {
		case err != nil:
			return nil, c.explain()
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, fmt.Errorf("%w: switches to a protocol that nobody asked for", ErrMalformed)
		case resp.StatusCode >= 200:
			c.allowance = -1
			return resp, nil
		}
	}
	return nil, fmt.Errorf("%w: more than %d interim responses", ErrMalformed, maxInterim)
}

// explain tells a connection that broke from a response that is none.
func (c *conn) explain() error {
	switch {
	case c.tooLarge:
		return ErrHeaderTooLarge
	case c.readErr == io.EOF:
		return fmt.Errorf("transport: waiting for the response: %w", io.ErrUnexpectedEOF)
	case c.readErr != nil:
		return fmt.Errorf("transport: waiting for the response: %w", c.readErr)
	default:
		return ErrMalformed
	}
}
