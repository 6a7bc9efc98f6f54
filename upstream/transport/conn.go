package transport

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// conn is one HTTP/1.1 connection. One call uses it at a time; only close may
// be called beside it.
type conn struct {
	to     target
	stream net.Conn // with TLS where there is any
	tcp    net.Conn
	in     *bufio.Reader

	// Of the call under way.
	allowance int   // bytes the header may still take; -1 is without limit
	tooLarge  bool  // the allowance was used up
	readErr   error // of the connection itself, io.EOF included
	writeErr  error

	idleSince time.Time // guarded by the idle pool
}

func newConn(to target, stream net.Conn, readBuffer int) *conn {
	c := &conn{to: to, stream: stream, tcp: stream}
	if secured, ok := stream.(*tls.Conn); ok {
		c.tcp = secured.NetConn()
	}
	c.in = bufio.NewReaderSize(c, readBuffer)
	return c
}

// Read fills the buffered reader. It counts a header's bytes where they come
// in, because net/http's parser takes headers of any size.
func (c *conn) Read(p []byte) (int, error) {
	if c.allowance == 0 {
		c.tooLarge = true
		return 0, ErrHeaderTooLarge
	}
	if c.allowance > 0 && len(p) > c.allowance {
		p = p[:c.allowance]
	}
	n, err := c.stream.Read(p)
	if c.allowance > 0 {
		c.allowance -= n
	}
	if err != nil {
		c.readErr = err
	}
	return n, err
}

// Write notes the failure of the connection, to be told from one of the body.
func (c *conn) Write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	if err != nil {
		c.writeErr = err
	}
	return n, err
}

// send writes the whole request and closes its body.
func (c *conn) send(req *http.Request) error {
	w := writers.Get().(*bufio.Writer)
	w.Reset(c)
	err := req.Write(w)
	if err == nil {
		err = w.Flush()
	}
	w.Reset(nil)
	writers.Put(w)
	return err
}

// writers are borrowed while a request is being written. Their size makes few
// system calls of a long prompt.
var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 16384) }}

// spotless reports whether the call that has just ended left nothing behind.
func (c *conn) spotless() bool {
	return c.readErr == nil && c.writeErr == nil && c.in.Buffered() == 0
}

// quiet reports whether the server has left an idle connection alone.
func (c *conn) quiet() bool {
	inner := c.tcp
	if wrapped, ok := inner.(*counted); ok {
		inner = wrapped.Conn
	}
	return alive(inner)
}

// close ends the connection at once. TLS's parting alert is left out: sending
// it can block for seconds behind a peer that does not read.
func (c *conn) close() { _ = c.tcp.Close() }
