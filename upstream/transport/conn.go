package transport

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// conn is one HTTP/1.1 connection. One call uses it at a time; only close may
// be called beside it.
type conn struct {
	to     target
	stream net.Conn // with TLS where there is any
	tcp    net.Conn
	in     *bufio.Reader

	// Without TLS, bytes are read into a page that is borrowed only while there
	// are any: a connection that waits holds no buffer but in.
	raw   syscall.RawConn
	try   func(fd uintptr) bool
	page  *page
	ready []byte // of the page: not taken yet
	got   int
	fail  error
	late  error // what wait or more has run into
	full  bool  // the newest read filled its page: there may be more

	waited bool // the read under way had to wait
	acks   acks

	wide bool // pages are large

	// Of the call under way.
	allowance int   // bytes the header may still take; -1 is without limit
	tooLarge  bool  // the allowance was used up
	readErr   error // of the connection itself, io.EOF included
	writeErr  error

	idleSince time.Time // guarded by the idle pool
}

func newConn(to target, stream net.Conn, readBuffer int) *conn {
	c := &conn{to: to, stream: stream, tcp: stream, acks: newAcks()}
	if secured, ok := stream.(*tls.Conn); ok {
		c.tcp = secured.NetConn()
	}
	c.in = bufio.NewReaderSize(c, readBuffer)
	if c.tcp == stream {
		c.raw, c.try = rawOf(inner(stream)), c.once
	}
	return c
}

// page is what is read from a connection at once. What a stream that waits for
// its client has read beyond what it could pass on stays in one: so it is small
// unless the stream carries bulk.
type page struct {
	space []byte
	wide  bool
}

const (
	pageSize = 4 << 10
	widePage = 64 << 10
)

var (
	pages     = sync.Pool{New: func() any { return &page{space: make([]byte, pageSize)} }}
	widePages = sync.Pool{New: func() any { return &page{make([]byte, widePage), true} }}
)

func borrowPage(wide bool) *page {
	if wide {
		return widePages.Get().(*page)
	}
	return pages.Get().(*page)
}

// pull waits until there is something to read, and reads it into a page.
func (c *conn) pull() error {
	c.got, c.fail, c.waited = 0, nil, false
	if err := c.raw.Read(c.try); err != nil {
		return err
	}
	switch {
	case c.fail != nil:
		return c.fail
	case c.got == 0:
		return io.EOF
	}
	c.take()
	return nil
}

// more says whether there is something to read behind the buffer, and looks
// where there may well be: events that come together are passed on together.
func (c *conn) more() bool {
	if len(c.ready) > 0 || !c.full || c.late != nil || c.readErr != nil {
		return len(c.ready) > 0
	}
	again := false
	err := c.raw.Read(func(fd uintptr) bool {
		again = !c.once(fd)
		return true
	})
	switch {
	case err != nil:
		c.late = err
	case again:
		c.full = false
	case c.fail != nil:
		c.late = c.fail
	case c.got == 0:
		c.late = io.EOF
	default:
		c.take()
		return true
	}
	return false
}

// take makes what was read ready.
func (c *conn) take() {
	c.ready = c.page.space[:c.got]
	c.full = c.got == len(c.page.space)
}

// once reads what is there. False: nothing is, and the page is given back for
// the time of the wait.
func (c *conn) once(fd uintptr) bool {
	if c.page == nil {
		c.page = borrowPage(c.wide)
	}
	n, again, err := readSome(fd, c.page.space)
	if c.waited && n > 0 {
		if choice := c.acks.came(time.Now(), n); choice != asBefore {
			delayAcks(fd, choice == ackLate)
		}
	}
	c.got, c.fail, c.waited = n, err, again
	if again || n == 0 {
		c.dropPage()
	}
	return !again
}

func (c *conn) dropPage() {
	if c.page == nil {
		return
	}
	if c.page.wide {
		widePages.Put(c.page)
	} else {
		pages.Put(c.page)
	}
	c.page, c.ready = nil, nil
}

// read reads from the page where there can be one.
func (c *conn) read(p []byte) (int, error) {
	if c.raw == nil {
		return c.stream.Read(p)
	}
	if len(c.ready) == 0 {
		if err := c.pull(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.ready)
	if c.ready = c.ready[n:]; len(c.ready) == 0 {
		c.dropPage()
	}
	return n, nil
}

// has says whether something has come in that is not read yet.
func (c *conn) has() bool { return c.in.Buffered()+len(c.ready) > 0 }

// wait waits until Read need not.
func (c *conn) wait() {
	if c.raw == nil || c.has() || c.late != nil || c.readErr != nil {
		return
	}
	if err := c.pull(); err != nil {
		c.late = err
	}
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
	n, err := 0, c.late
	if err == nil {
		n, err = c.read(p)
	}
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
var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, 32<<10) }}

// spotless reports whether the call that has just ended left nothing behind.
func (c *conn) spotless() bool {
	return c.readErr == nil && c.writeErr == nil && c.in.Buffered() == 0 && len(c.ready) == 0
}

// quiet reports whether the server has left an idle connection alone.
func (c *conn) quiet() bool {
	return alive(inner(c.tcp))
}

// inner is the connection that a counted one wraps.
func inner(conn net.Conn) net.Conn {
	if wrapped, ok := conn.(*counted); ok {
		return wrapped.Conn
	}
	return conn
}

// close ends the connection at once. TLS's parting alert is left out: sending
// it can block for seconds behind a peer that does not read.
func (c *conn) close() { _ = c.tcp.Close() }
