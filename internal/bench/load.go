//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// load is many clients in one thread. It waits on all sockets at once, so that
// a client costs little more than the read that it can't do without, and the
// machine is left to what is measured.
type load struct {
	address netip.AddrPort
	request []byte
	clients int
	spread  time.Duration // over which the clients start
	repeat  bool          // ask again, on the same connection, when an answer is whole
	sink    func(client int, piece []byte)
	open    []byte // of a WebSocket: the message that asks for a stream
	idle    bool   // a WebSocket is made, and nothing more

	// What happened so far. Read at any time.
	events, answers, failed, answered, bytes atomic.Int64
	failure                                  atomic.Pointer[error] // the latest one

	epoll   int
	sockets []atomic.Pointer[socket] // one for each client, once it is connected
	buffer  []byte
}

// socket is one client. The thread that starts it hands it over to the loop.
type socket struct {
	fd int
	response
	sink   func([]byte)
	frames *frames // where it is a WebSocket
}

// readBuffer is what one client reads at once: large, so that reading is never
// what limits the throughput.
const readBuffer = 256 << 10

// start connects the clients, and returns when all have been started. stop ends
// it all and returns when every socket is closed.
func (l *load) start(ctx context.Context) (stop func(), err error) {
	if l.epoll, err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l.buffer = make([]byte, readBuffer)
	l.sockets = make([]atomic.Pointer[socket], l.clients)
	var over atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.loop(&over)
	}()
	stop = func() {
		over.Store(true)
		<-done
		for i := range l.sockets {
			if s := l.sockets[i].Load(); s != nil && s.fd >= 0 {
				_ = syscall.Close(s.fd)
			}
		}
		_ = syscall.Close(l.epoll)
	}
	begin := time.Now()
	for i := range l.clients {
		due := begin.Add(l.spread * time.Duration(i) / time.Duration(l.clients))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		if err := ctx.Err(); err != nil {
			stop()
			return nil, err
		}
		s := &socket{}
		if l.sink != nil {
			s.sink = func(p []byte) { l.sink(i, p) }
		}
		if l.open != nil || l.idle {
			s.frames = &frames{open: l.open}
		}
		if err := l.connect(i, s); err != nil {
			stop()
			return nil, err
		}
	}
	return stop, nil
}

// patience is how long clients may take on a machine that is busy elsewhere
// until a run counts as failed.
const patience = 30 * time.Second

// settle waits until every client has been answered, at least its head, and
// then for a while.
func (l *load) settle(ctx context.Context, d time.Duration) error {
	err := until(ctx, func() bool { return l.answered.Load()+l.failed.Load() >= int64(l.clients) })
	if err != nil {
		return l.say(fmt.Errorf("bench: %d of %d clients were answered: %w", l.answered.Load(), l.clients, err))
	}
	return sleep(ctx, d)
}

// last lets the clients go on for a while, and longer if nothing has come then.
func (l *load) last(ctx context.Context, d time.Duration) error {
	before := l.events.Load() + l.answers.Load()
	if err := sleep(ctx, d); err != nil {
		return err
	}
	err := until(ctx, func() bool { return l.events.Load()+l.answers.Load() > before })
	if err != nil {
		return l.say(fmt.Errorf("bench: nothing came: %w", err))
	}
	return nil
}

// until waits for something to be true.
func until(ctx context.Context, is func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !is() {
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// say adds the latest failure of a client to an error.
func (l *load) say(err error) error {
	if f := l.failure.Load(); f != nil {
		return fmt.Errorf("%w; last failure: %w", err, *f)
	}
	return err
}

// connect opens the client's connection and sends its first request.
func (l *load) connect(i int, s *socket) error {
	fd, err := dial(l.address, 0)
	if err != nil {
		return err
	}
	s.fd = fd
	l.sockets[i].Store(s)
	if err := write(fd, l.request); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(i)}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

func (l *load) loop(over *atomic.Bool) {
	ready := make([]syscall.EpollEvent, 256)
	for !over.Load() {
		n, err := syscall.EpollWait(l.epoll, ready, 20)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			l.fail(err)
			return
		}
		for _, e := range ready[:max(n, 0)] {
			s := l.sockets[e.Fd].Load()
			if err := l.read(s); err != nil {
				l.again(int(e.Fd), s, err)
			}
		}
	}
}

// read takes what has come for one client. The socket blocks, but it is known
// to have something.
func (l *load) read(s *socket) error {
	n, err := syscall.Read(s.fd, l.buffer)
	if err != nil {
		if errors.Is(err, syscall.EINTR) {
			return nil
		}
		return fmt.Errorf("read: %w", err)
	}
	if n == 0 {
		return errors.New("bench: connection closed before the answer was whole")
	}
	if s.frames != nil {
		return l.hear(s, l.buffer[:n])
	}
	events, bytes, begun := s.events, s.body, s.begun()
	_, done, err := s.feed(l.buffer[:n], s.sink)
	l.events.Add(s.events - events)
	l.bytes.Add(s.body - bytes)
	if !begun && (done || s.begun()) {
		l.answered.Add(1)
	}
	switch {
	case err != nil:
		return err
	case done:
		l.answers.Add(1)
		if l.repeat {
			return l.ask(s)
		}
	}
	return nil
}

// hear takes what has come on a WebSocket, and answers it.
func (l *load) hear(s *socket, p []byte) error {
	f := s.frames
	events, bytes, answered := f.events, f.bytes, l.settled(f)
	reply, done, err := f.feed(p, time.Now())
	l.events.Add(f.events - events)
	l.bytes.Add(f.bytes - bytes)
	if !answered && l.settled(f) {
		l.answered.Add(1)
	}
	if done {
		l.answers.Add(1)
	}
	if err != nil || len(reply) == 0 {
		return err
	}
	return write(s.fd, reply)
}

// settled says whether a WebSocket's client has the first of what it asked for.
func (l *load) settled(f *frames) bool { return f.opened || l.idle && f.made }

var errReconnect = errors.New("bench: server closes the connection")

func (l *load) ask(s *socket) error {
	if s.closed {
		return errReconnect
	}
	return write(s.fd, l.request)
}

// again replaces a connection that is over. In a run of long streams it only
// counts.
func (l *load) again(i int, s *socket, err error) {
	_ = syscall.Close(s.fd) // also leaves the epoll set
	s.fd = -1
	if !errors.Is(err, errReconnect) {
		l.fail(err)
	}
	if !l.repeat {
		return
	}
	s.response = response{events: s.events, body: s.body}
	if err := l.connect(i, s); err != nil {
		l.fail(err)
	}
}

func (l *load) fail(err error) {
	l.failed.Add(1)
	l.failure.Store(&err)
}
