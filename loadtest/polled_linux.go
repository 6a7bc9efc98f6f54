package loadtest

import (
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// polled is a connection that a poller reads: net.Conn as far as a client needs
// it.
type polled struct {
	net.Conn // nil
	fd       int
	conn     *conn

	reader reader
	heard  time.Time
	reads  int
	over   chan struct{} // closed when the poller has given it back

	mu     sync.Mutex // guards the following
	lent   bool       // the poller has it
	shut   bool       // to be closed
	closed bool
	unsent []byte // written, and not taken by the kernel
}

// maxUnsent bounds what is written to a target that does not read, in bytes.
const maxUnsent = 64 << 10

// adopt makes a connection one that a poller can read. nil: it is not of that
// kind, or not yet.
func adopt(l *line) *polled {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.conn.Conn.(*polled); ok {
		return c
	}
	tcp, ok := l.conn.Conn.(*net.TCPConn)
	if !ok || l.conn.drip > 0 {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	if err := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil || fd < 0 {
		return nil
	}
	_ = tcp.Close() // Go's own poller lets go of it; the connection is the copy's now
	// Where it is not to be had, tokens count from when they are read.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	c := &polled{fd: fd, conn: l.conn}
	c.quiet()
	l.conn.Conn, l.conn.raw = c, c
	return c
}

// quiet has the kernel say for several packets at once that they have come, as
// it does where an answer is likely to say it: a packet for every token costs
// half of reading it. It forgets that when it was late, or had one twice.
func (c *polled) quiet() { _ = unix.SetsockoptInt(c.fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0) }

// lend gives the connection to a poller, unless it is closed.
func (c *polled) lend() (fd int, open bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lent = !c.closed
	return c.fd, c.lent
}

func (c *polled) giveBack(ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lent = false
	if ended || c.shut {
		c.closeLocked()
	}
}

// Close ends the connection. A poller that has it notices, and gives it back.
func (c *polled) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lent {
		c.shut = true
		_ = unix.Shutdown(c.fd, unix.SHUT_RDWR) // gone already is fine
		return nil
	}
	c.closeLocked()
	return nil
}

func (c *polled) closeLocked() {
	if !c.closed {
		c.closed = true
		_ = unix.Close(c.fd)
	}
}

// Write implements net.Conn. It does not wait: what the kernel does not take
// is kept, within bounds, until it does.
func (c *polled) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.shut {
		return 0, net.ErrClosed
	}
	if len(c.unsent) > 0 {
		if len(c.unsent)+len(p) > maxUnsent {
			return 0, syscall.ENOBUFS
		}
		c.unsent = append(c.unsent, p...)
		return len(p), nil
	}
	n, err := send(c.fd, p)
	if err != nil {
		return 0, err
	}
	c.unsent = append(c.unsent, p[n:]...)
	return len(p), nil
}

// unblocked sends what was left, now that there is room.
func (c *polled) unblocked() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.unsent) == 0 || c.closed {
		return
	}
	n, err := send(c.fd, c.unsent)
	if c.unsent = c.unsent[n:]; err != nil || len(c.unsent) == 0 {
		c.unsent = nil
	}
}

// control implements controllable.
func (c *polled) control(f func(fd uintptr)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		f(uintptr(c.fd))
	}
}
