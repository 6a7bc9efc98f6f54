package transport

import (
	"errors"
	"net"
	"syscall"
)

// segment is the largest segment that a server may send, in bytes: that of
// Ethernet, so that a small window has room for it. On loopback they have 16 KiB
// otherwise.
const segment = 1460

// announce returns a [net.Dialer.Control] that sets SO_RCVBUF to size bytes
// before the socket connects: the first window is announced in the handshake,
// and one that was announced is never taken back.
func announce(size int) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = errors.Join(
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size),
				syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, segment),
			)
		})
		return errors.Join(err, failed)
	}
}

// holdWindow has nothing left to do once connected.
func holdWindow(net.Conn, int) error { return nil }

// setWindow sets the receive buffer of an open connection.
func setWindow(fd uintptr, size int) error {
	return syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size)
}
