//go:build linux || darwin

package transport

import (
	"errors"
	"net"
	"syscall"
)

// controlReceiveBuffer returns a [net.Dialer.Control] that sets SO_RCVBUF to
// size bytes before the socket connects: the first window is announced in the
// handshake, and one that was announced is never taken back.
func controlReceiveBuffer(size int) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) {
			failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size)
		})
		return errors.Join(err, failed)
	}
}

// limitReceiveBuffer has nothing left to do once connected.
func limitReceiveBuffer(net.Conn, int) error { return nil }

// alive reports whether an idle connection is open and has nothing to read. A
// server that has closed it, or has said something unasked, has made it useless
// for the next request. It does not block.
func alive(conn net.Conn) bool {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && quiet
}
