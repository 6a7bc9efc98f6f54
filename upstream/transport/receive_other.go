//go:build !linux && !darwin

package transport

import (
	"net"
	"syscall"
)

// controlReceiveBuffer sets nothing: limitReceiveBuffer does, once connected.
func controlReceiveBuffer(int) func(network, address string, raw syscall.RawConn) error {
	return nil
}

// limitReceiveBuffer sets the receive buffer of a connection that is open
// already, which leaves the first window at the system's default.
func limitReceiveBuffer(conn net.Conn, size int) error {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return tcp.SetReadBuffer(size)
	}
	return nil
}

// resizeReceiveBuffer is never called: there is no access to sockets here.
func resizeReceiveBuffer(uintptr, int) error { return nil }
