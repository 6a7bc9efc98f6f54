package loadtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller reads for many clients in one goroutine. A goroutine of its own costs
// a client two more system calls and a wake-up for each token, which is twice
// what all the rest of it costs: the load would take the machine from what it
// measures.
type poller struct {
	epoll int
	wake  [2]int // a pipe: ends the loop
	clock int    // a socket: has the kernel note times, which it begins with only a while after it was asked to
	done  chan struct{}

	mu      sync.Mutex // guards the following
	clients map[int32]*polled

	buf, control []byte // the loop's own
	busy         bool   // there was more than one read could take
}

// polled is a client's connection, in the hands of a poller: net.Conn as far as
// a client needs it.
type polled struct {
	net.Conn // nil
	life     *life
	plain    *plain
	heard    time.Time
	ended    time.Time // the end was told
	over     chan struct{}
	added    []time.Duration // of the events at hand

	mu sync.Mutex // guards the following
	fd int        // -1: closed
}

// Close ends the connection. The poller notices, and lets go of it.
func (c *polled) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd >= 0 {
		_ = unix.Shutdown(c.fd, unix.SHUT_RDWR) // gone already is fine
	}
	return nil
}

func newPoller() (*poller, error) {
	p := &poller{done: make(chan struct{}), clients: map[int32]*polled{}}
	var err error
	if p.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("loadtest: epoll: %w", err)
	}
	if err := unix.Pipe2(p.wake[:], unix.O_CLOEXEC); err != nil {
		_ = unix.Close(p.epoll)
		return nil, fmt.Errorf("loadtest: pipe: %w", err)
	}
	if err := p.add(p.wake[0]); err != nil {
		return nil, err
	}
	if p.clock, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("loadtest: socket: %w", err)
	}
	_ = unix.SetsockoptInt(p.clock, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // see serve
	go p.loop()
	return p, nil
}

func (p *poller) add(fd int) error {
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("loadtest: epoll: %w", err)
	}
	return nil
}

// close ends the loop, when no client is left.
func (p *poller) close() {
	_ = unix.Close(p.wake[1])
	<-p.done
	_ = unix.Close(p.clock)
	_ = unix.Close(p.wake[0])
	_ = unix.Close(p.epoll)
}

// serve reads a client's answer to its end, and returns then. false: it is not
// of the kind that can be handed over, or there is no more room.
func (p *poller) serve(l *life) bool {
	pl, ok := l.c.(*plain)
	if !ok || l.h.act != nil || pl.conn.drip > 0 {
		return false
	}
	tcp, ok := pl.conn.Conn.(*net.TCPConn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return false
	}
	fd := -1
	if err := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil || fd < 0 {
		return false
	}
	// Where it is not to be had, tokens count from when they are read.
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	c := &polled{life: l, plain: pl, heard: time.Now(), over: make(chan struct{}), fd: fd}
	pl.mu.Lock()
	pl.conn.Conn, pl.conn.raw = c, c
	dead := pl.dead
	pl.mu.Unlock()
	_ = tcp.Close() // Go's own poller lets go of it; the connection is the copy's now
	if dead {
		_ = c.Close()
	}
	over := c.events(c.heard) // what came with the head
	if !over {
		p.mu.Lock()
		p.clients[int32(fd)] = c
		p.mu.Unlock()
		over = p.add(fd) != nil
	}
	if over {
		p.drop(c)
	}
	<-c.over
	return true
}

func (p *poller) drop(c *polled) {
	c.mu.Lock()
	fd := c.fd
	c.fd = -1
	c.mu.Unlock()
	p.mu.Lock()
	delete(p.clients, int32(fd))
	p.mu.Unlock()
	_ = unix.Close(fd) // also leaves the epoll set
	close(c.over)
}

// gather is how long the poller lets tokens gather: to wake up for each one costs
// more than to read it. Latencies don't suffer: the kernel notes when they came.
const gather = 5 * time.Millisecond

// pollBuffer is how much is read at once, in bytes.
const pollBuffer = 32 << 10

func (p *poller) loop() {
	defer close(p.done)
	ready := make([]unix.EpollEvent, 256)
	p.buf, p.control = make([]byte, pollBuffer), make([]byte, 64)
	swept := time.Now()
	for {
		p.busy = false
		n, err := unix.EpollWait(p.epoll, ready, int(glance/time.Millisecond))
		if err != nil && !errors.Is(err, unix.EINTR) {
			p.sweep(time.Time{})
			return
		}
		for _, e := range ready[:max(n, 0)] {
			if e.Fd == int32(p.wake[0]) {
				return
			}
			p.mu.Lock()
			c := p.clients[e.Fd]
			p.mu.Unlock()
			if c != nil && p.drain(c, e.Events&^unix.EPOLLIN != 0) {
				p.drop(c)
			}
		}
		if n < len(ready) && !p.busy {
			time.Sleep(gather)
		}
		if now := time.Now(); now.Sub(swept) > glance {
			swept = now
			p.sweep(now)
		}
	}
}

// sweep lets go of clients to which nothing comes; at no time, of all.
func (p *poller) sweep(now time.Time) {
	p.mu.Lock()
	var late []*polled
	for _, c := range p.clients {
		silent := now.Sub(c.heard) > c.plain.silence
		after := !c.ended.IsZero() && now.Sub(c.ended) > c.life.g.options.Limits.Cancel
		if now.IsZero() || silent || after {
			late = append(late, c)
		}
	}
	p.mu.Unlock()
	for _, c := range late {
		c.finish(os.ErrDeadlineExceeded)
		p.drop(c)
	}
}

// drain takes what has come, and says whether the answer is over. A read that
// leaves room has taken all there was, and what comes after it is another
// event; but not the end of the connection, if that was there already.
func (p *poller) drain(c *polled, closed bool) (over bool) {
	for {
		n, over := p.read(c)
		if over || n < 0 || n < len(p.buf) && !closed {
			return over
		}
		p.busy = p.busy || n == len(p.buf)
	}
}

// read reads once; fewer than 0 bytes: there are none.
func (p *poller) read(c *polled) (n int, over bool) {
	n, noted, err := p.receive(c.fd)
	pl := c.plain
	now := time.Now()
	switch {
	case errors.Is(err, unix.EINTR):
		return len(p.buf), false // once more
	case errors.Is(err, unix.EAGAIN):
		return -1, false
	case err != nil:
		pl.over = err
	case n == 0:
		pl.over = pl.http.end()
	default:
		c.heard = now
		pl.conn.bytes += int64(n)
		pl.over = pl.http.feed(p.buf[:n], pl.scan.feed)
	}
	return n, c.events(stamp(p.control[:noted], now))
}

// receive is recvmsg(2), for a socket that does not block: the scheduler need
// not know of it, as it would have to of unix.Recvmsg.
func (p *poller) receive(fd int) (n, noted int, err error) {
	v := unix.Iovec{Base: &p.buf[0]}
	v.SetLen(len(p.buf))
	m := unix.Msghdr{Iov: &v, Control: &p.control[0]}
	m.SetIovlen(1)
	m.SetControllen(len(p.control))
	r, _, failed := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m)), unix.MSG_DONTWAIT)
	if failed != 0 {
		return 0, 0, failed
	}
	return int(r), int(m.Controllen), nil
}

// stamp is when the kernel received what was read last (socket(7),
// SO_TIMESTAMPNS), or else now.
func stamp(control []byte, now time.Time) time.Time {
	const header = 16 // of struct cmsghdr, where pointers have 64 bits
	if len(control) < header+16 || unsafe.Sizeof(uintptr(0)) != 8 ||
		binary.NativeEndian.Uint32(control[8:]) != unix.SOL_SOCKET || binary.NativeEndian.Uint32(control[12:]) != unix.SO_TIMESTAMPNS {
		return now
	}
	at := time.Unix(int64(binary.NativeEndian.Uint64(control[header:])), int64(binary.NativeEndian.Uint64(control[header+8:])))
	// In the terms of the clock that does not jump.
	if age := now.Sub(at); age > 0 && age < time.Minute {
		return now.Add(-age)
	}
	return now
}

// events takes the events that are at hand, which came at that time.
func (c *polled) events(at time.Time) (over bool) {
	pl, l := c.plain, c.life
	c.added = c.added[:0]
	n := 0
	for b, ok := pl.at(); ok; b, ok = pl.at() {
		e, err := pl.event(&b)
		if err != nil {
			c.tell(err, at)
			continue
		}
		if !c.ended.IsZero() {
			l.s.Got(e.Event, at)
			continue
		}
		n++
		if added, known := l.take(&e, at); known {
			c.added = append(c.added, added)
		}
	}
	if n > 0 {
		l.t.batch(n, c.added)
		l.g.tokens.Add(int64(n))
	}
	if pl.over == nil && pl.http.at == inEnd {
		pl.over = io.EOF
	}
	if pl.over == nil {
		return false
	}
	c.finish(pl.over)
	return true
}

// finish tells the end, unless it was told.
func (c *polled) finish(err error) {
	if err := c.plain.last(err); err != io.EOF {
		c.tell(err, time.Now())
	}
}

// tell notes the end for the application; what comes after it is too much.
func (c *polled) tell(err error, at time.Time) {
	var end *ending
	if !errors.As(err, &end) {
		return
	}
	c.ended = at
	c.plain.mu.Lock()
	dead := c.plain.dead
	c.plain.mu.Unlock()
	if !dead { // else it is this side that broke it off
		c.life.s.Ended(end.End, c.ended)
	}
}
