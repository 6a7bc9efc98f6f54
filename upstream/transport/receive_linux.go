package transport

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// segment is the largest segment that a server may send, in bytes: that of
// Ethernet. On loopback they have 64 KiB otherwise, and a sender waits until a
// window has room for a whole one: a small window would be shut most of the
// time.
const segment = 1460

// announce returns a [net.Dialer.Control] that has size bytes announced as the
// first window, in the handshake: one that was announced is never taken back.
//
// SO_BUF_LOCK is released for the time of the handshake. With it, Linux takes
// size for the most that there will ever be, and agrees on windows without a
// scale (RFC 7323): never above 64 KiB, however the buffer grows, and while it
// is small, whole segments or nothing. Linux before 5.14 does not know the
// option, and has such windows.
func announce(size int) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = errors.Join(
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, segment),
			)
			_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK, 0)
		})
		return errors.Join(err, failed)
	}
}

// holdWindow keeps the windows of a connection that has just been opened from
// growing: it locks the buffer again. It must not be made smaller than it was:
// what does not fit any more would be dropped, and sent again after 40 ms or 200.
func holdWindow(conn net.Conn, size int) error {
	raw := rawOf(conn)
	if raw == nil {
		return nil
	}
	var failed error
	err := raw.Control(func(fd uintptr) { failed = setWindow(fd, size) })
	return errors.Join(err, failed)
}

// setWindow sets the receive buffer of an open connection, and the windows with
// it: Linux doubles it for its own bookkeeping, and offers between the half and
// nearly all of that, depending on how large the segments are that come in. The
// clamp alone would not hold: Linux resets it to what the buffer allows.
func setWindow(fd uintptr, size int) error {
	err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, size)
	return err
}
