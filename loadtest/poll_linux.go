package loadtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	pause time.Duration // see gather

	mu      sync.Mutex // guards the following
	clients []*polled  // by descriptor

	inlet
	busy bool // more has come than was read, or is about to: the loop's own
}

func newPoller(pace float64) (*poller, error) {
	p := &poller{done: make(chan struct{}), inlet: newInlet(), pause: gather(pace)}
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
	_ = unix.SetsockoptInt(p.clock, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) // see adopt
	go p.loop()
	return p, nil
}

// add has the loop woken when something has come, or there is room to send.
func (p *poller) add(fd int) error {
	const events = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events & 0xffffffff, Fd: int32(fd)}); err != nil {
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

// follow reads a connection for its client, and returns when that is over.
// What the poller can't read, as TLS, is read here.
func (p *poller) follow(l *line, r reader) {
	over := r.came(nil, nil, time.Now())
	for buf := []byte(nil); !over; {
		if c := adopt(l); c != nil {
			p.serve(c, r)
			return
		}
		if buf == nil {
			buf = make([]byte, 4<<10)
		}
		over = l.pull(r, buf)
	}
}

// serve has the loop read a connection, and waits until that is over.
func (p *poller) serve(c *polled, r reader) {
	c.reader, c.heard, c.over = r, time.Now(), make(chan struct{})
	if fd, open := c.lend(); open {
		p.mu.Lock()
		for len(p.clients) <= fd {
			p.clients = append(p.clients, nil)
		}
		p.clients[fd] = c
		p.mu.Unlock()
		if err := p.add(fd); err != nil {
			r.came(nil, err, time.Now())
			p.drop(c, true)
		}
		<-c.over
		return
	}
	r.came(nil, os.ErrClosed, time.Now())
}

// drop gives a connection back.
func (p *poller) drop(c *polled, ended bool) {
	p.mu.Lock()
	p.clients[c.fd] = nil
	p.mu.Unlock()
	_ = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, c.fd, nil) // as long as it is open it is there
	c.giveBack(ended)
	close(c.over)
}

func (p *poller) loop() {
	defer close(p.done)
	ready := make([]unix.EpollEvent, 512)
	swept := time.Now()
	for {
		p.busy = false
		n := p.ready(ready)
		if n < 0 {
			p.sweep(time.Time{})
			return
		}
		for _, e := range ready[:n] {
			if e.Fd == int32(p.wake[0]) {
				return
			}
			p.mu.Lock()
			c := p.clients[e.Fd]
			p.mu.Unlock()
			if c == nil {
				continue
			}
			if e.Events&unix.EPOLLOUT != 0 {
				c.unblocked()
			}
			if over, ended := p.drain(c, e.Events&^(unix.EPOLLIN|unix.EPOLLOUT) != 0); over {
				p.drop(c, ended)
			}
		}
		if n < len(ready) && !p.busy {
			nap(p.pause)
		}
		if now := time.Now(); now.Sub(swept) > glance {
			swept = now
			p.sweep(now)
		}
	}
}

// ready returns how many connections something has come for; -1 is an error.
// To ask without waiting is not a matter for Go's scheduler, which takes as
// long for it as the kernel does.
func (p *poller) ready(into []unix.EpollEvent) int {
	n, _, failed := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.epoll), uintptr(unsafe.Pointer(&into[0])), uintptr(len(into)), 0, 0, 0)
	if failed == 0 && n > 0 {
		return int(n)
	}
	some, err := unix.EpollWait(p.epoll, into, int(glance/time.Millisecond))
	if err != nil && !errors.Is(err, unix.EINTR) {
		return -1
	}
	return max(some, 0)
}

// sweep gives back connections over which nothing comes; at no time, all. The
// others' clients may have something to say that does not wait for the next
// event.
func (p *poller) sweep(now time.Time) {
	p.mu.Lock()
	all := slices.DeleteFunc(slices.Clone(p.clients), func(c *polled) bool { return c == nil })
	p.mu.Unlock()
	for _, c := range all {
		switch {
		case now.IsZero() || now.Sub(c.heard) > c.conn.silence:
			c.reader.came(nil, os.ErrDeadlineExceeded, time.Now())
			p.drop(c, true)
		case c.reader.came(nil, nil, now):
			p.drop(c, false)
		}
	}
}

// drain takes what has come, and says whether to read on, and whether the
// connection has ended. A read that leaves room has taken all there was, and
// what comes after it is another event; but not the end of the connection, if
// that was there already.
func (p *poller) drain(c *polled, closed bool) (over, ended bool) {
	for {
		n, noted, err := p.receive(c.fd)
		now := time.Now()
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return false, false
		case err != nil:
			c.reader.came(nil, err, now)
			return true, true
		case n == 0:
			c.reader.came(nil, io.EOF, now)
			return true, true
		}
		c.heard = now
		c.conn.bytes += int64(n)
		if c.reads++; c.reads%16 == 0 {
			c.quiet()
		}
		if c.reader.came(p.buf[:n], nil, stamp(p.control[:noted], now)) {
			return true, false
		}
		if n < len(p.buf) && !closed {
			return false, false
		}
		p.busy = true
	}
}
