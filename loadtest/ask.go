package loadtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"tidegate/internal/http1"
)

// heads are read through buffers of their own: when one has come, they are
// somebody else's.
var heads = sync.Pool{New: func() any { return new([4 << 10]byte) }}

// events asks for an event stream, and returns when it has begun.
func (l *line) events(ctx context.Context, method, path, extra string, content []byte, b *body) error {
	*b = body{}
	request := l.request(method, path, "Accept: text/event-stream\r\n"+extra, content)
	if _, err := l.ask(ctx, request, &b.http, b.scan.feed); err != nil {
		return err
	}
	if b.http.Status != 200 || !b.http.Events {
		return &refusedError{status: b.http.Status}
	}
	return nil
}

// request is an HTTP request, whole; content nil is none.
func (l *line) request(method, path, extra string, content []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\r\nHost: %s\r\n%s", method, l.target.path, path, l.target.host, extra)
	_ = l.header().Write(&b) // a buffer takes everything
	if content != nil {
		fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(content))
	}
	b.WriteString("\r\n")
	b.Write(content)
	return b.Bytes()
}

// ask makes a connection, sends a request over it, and reads until the head of
// its answer has come. What came with it goes to sink, as far as it is the
// answer's, and is returned beyond that.
func (l *line) ask(ctx context.Context, request []byte, r *http1.Response, sink func([]byte) error) (rest []byte, err error) {
	c, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	buf := heads.Get().(*[4 << 10]byte)
	defer heads.Put(buf)
	for r.Status == 0 {
		n, err := c.Read(buf[:])
		switch {
		case n > 0:
			if rest, err = r.Feed(buf[:n], sink); err != nil {
				return nil, err
			}
		case errors.Is(err, io.EOF):
			return nil, r.End()
		case err != nil:
			return nil, err
		}
	}
	return bytes.Clone(rest), nil
}
