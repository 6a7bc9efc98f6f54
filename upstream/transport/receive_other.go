//go:build !linux && !darwin

package transport

import (
	"net"
	"syscall"
)

// firstWindow is the system's: nothing can be set before connecting.
func firstWindow(_, size int) int { return size }

// controlReceiveBuffer sets nothing: limitReceiveBuffer does, once connected.
func controlReceiveBuffer(int) func(network, address string, raw syscall.RawConn) error {
	return nil
}

// limitReceiveBuffer sets the receive buffer of a connection that is open
// already, which leaves the first window at the system's default.
func limitReceiveBuffer(conn net.Conn, _, size int) error {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return tcp.SetReadBuffer(size)
	}
	return nil
}

// holdWindow and resizeReceiveBuffer are never called: there is no access to
// sockets here.
func holdWindow(uintptr, int)          {}
func resizeReceiveBuffer(uintptr, int) {}
