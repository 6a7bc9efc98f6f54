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

// alive cannot look here without taking bytes, so no connection is used twice:
// a request into one that the server has closed could not be sent again.
func alive(net.Conn) bool { return false }

// rawOf gives access to a connection's socket: here there is none.
func rawOf(net.Conn) syscall.RawConn { return nil }

// readSome is never called.
func readSome(uintptr, []byte) (n int, again bool, err error) { return 0, false, nil }
