package downstream

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// waiter waits with epoll. One goroutine watches all connections; one each,
// waiting in a read, would cost 2 to 3 KiB a stream, and a client that sends a
// byte and then leaves would go unnoticed.
type waiter struct {
	file *os.File // the epoll descriptor, itself waited for by Go's poller
	done chan struct{}
}

// watched is what a connection needs for being watched: here nothing.
type watched struct{}

func (w *watcher) begin() error {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // else os.File would block a thread
		_ = unix.Close(fd)
		return os.NewSyscallError("fcntl", err)
	}
	w.waiter = waiter{file: os.NewFile(uintptr(fd), "epoll"), done: make(chan struct{})}
	raw, err := w.file.SyscallConn()
	if err != nil {
		_ = w.file.Close()
		return err
	}
	go func() {
		defer close(w.done)
		var events [64]unix.EpollEvent
		_ = raw.Read(func(fd uintptr) bool { return w.poll(int(fd), events[:]) })
	}()
	return nil
}

func (w *watcher) close() {
	_ = w.file.Close()
	<-w.done
}

// arm watches conn. A connection that can't be watched is noticed to be gone
// when it is next written to.
func (w *watcher) arm(id watchID, conn *clientConn) { _ = w.armFor(unix.EPOLLRDHUP, id, conn) }

// armRead is arm for a connection on which nobody reads: gone is called as soon
// as there is anything to read, the end included. It reports whether that can
// be done. A connection may be armed again, with another id.
func (w *watcher) armRead(id watchID, conn *clientConn) bool {
	return w.armFor(unix.EPOLLIN|unix.EPOLLRDHUP, id, conn) == nil
}

func (w *watcher) armFor(what uint32, id watchID, conn *clientConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	ev := unix.EpollEvent{Events: what | unix.EPOLLONESHOT, Fd: int32(id), Pad: int32(id >> 32)}
	var armed error
	err = raw.Control(func(fd uintptr) {
		if armed = w.control(unix.EPOLL_CTL_ADD, int(fd), &ev); errors.Is(armed, unix.EEXIST) {
			armed = w.control(unix.EPOLL_CTL_MOD, int(fd), &ev)
		}
	})
	return errors.Join(err, armed)
}

func (w *watcher) disarm(conn *clientConn) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) { _ = w.control(unix.EPOLL_CTL_DEL, int(fd), nil) })
}

func (w *waiter) control(op, fd int, ev *unix.EpollEvent) error {
	raw, err := w.file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(epfd uintptr) { failed = unix.EpollCtl(int(epfd), op, fd, ev) })
	if err != nil {
		return err
	}
	return failed
}

// poll handles what has happened. It returns true when the watcher is done.
func (w *watcher) poll(epfd int, events []unix.EpollEvent) bool {
	for {
		n, err := unix.EpollWait(epfd, events, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return true
		}
		if n == 0 {
			return false
		}
		for _, ev := range events[:n] {
			w.tell(watchID(uint32(ev.Fd)) | watchID(uint32(ev.Pad))<<32)
		}
	}
}
