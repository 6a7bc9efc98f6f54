//go:build !linux && !darwin

package transport

import (
	"net"
	"syscall"
)

// announce sets nothing: holdWindow does, once connected.
func announce(int) func(network, address string, raw syscall.RawConn) error {
	return nil
}

// holdWindow sets the receive buffer of a connection that is open already,
// which leaves the first window at the system's default.
func holdWindow(conn net.Conn, size int) error {
	if tcp, ok := conn.(*net.TCPConn); ok {
		return tcp.SetReadBuffer(size)
	}
	return nil
}

// setWindow is never called: there is no access to sockets here.
func setWindow(uintptr, int) error { return nil }
