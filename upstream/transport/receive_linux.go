package transport

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// segment is the largest segment that a server may send, in bytes: as much as
// the smallest receive buffer is meant to hold. On loopback they have 64 KiB
// otherwise, and a sender waits until a window has room for a whole one: a
// small window would be shut most of the time. Those of Ethernet are smaller
// anyhow.
const segment = 4096

// firstWindow is how large the first window of a connection may be whose later
// ones are those of a receive buffer of size bytes. See [opening].
func firstWindow(wanted, size int) int { return max(wanted, size) }

// controlReceiveBuffer returns a [net.Dialer.Control] that sets SO_RCVBUF to
// size bytes before the socket connects: the first window is announced in the
// handshake, and one that was announced is never taken back.
//
// SO_BUF_LOCK is released for the time of the handshake. With it, Linux takes
// size for the most that there will ever be, and agrees on windows without a
// scale (RFC 7323): never above 64 KiB, however the buffer grows, and while it
// is small, whole segments or nothing. Linux before 5.14 does not know the
// option, and has such windows.
func controlReceiveBuffer(size int) func(network, address string, raw syscall.RawConn) error {
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

// limitReceiveBuffer keeps the windows of a connection that has just been
// opened from growing beyond size bytes, or, while a larger first one lasts,
// much beyond that. Linux takes half of a buffer for its own bookkeeping until
// it has seen that large segments need far less, and offers the rest then: two
// thirds of a buffer hold what all of it seemed to be needed for.
func limitReceiveBuffer(conn net.Conn, first, size int) error {
	raw := rawOf(conn)
	if raw == nil {
		return nil
	}
	buffer := size
	if first > size {
		buffer = first * 2 / 3
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		// this locks the buffer again
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
		holdWindow(fd, size)
	})
	return errors.Join(err, failed)
}

// holdWindow makes further windows at most size bytes, for a while: the system
// reckons the limit anew when segments change their size.
func holdWindow(fd uintptr, size int) {
	_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP, size)
}

// resizeReceiveBuffer sets the receive buffer of an open connection, and the
// windows with it.
func resizeReceiveBuffer(fd uintptr, size int) {
	_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	holdWindow(fd, size)
}
