//go:build !linux && !darwin

package transport

import (
	"net"
	"syscall"
)

// alive cannot look here without taking bytes, so no connection is used twice:
// a request into one that the server has closed could not be sent again.
func alive(net.Conn) bool { return false }

// rawOf gives access to a connection's socket: here there is none.
func rawOf(net.Conn) syscall.RawConn { return nil }

// readSome is never called.
func readSome(uintptr, []byte) (n int, again bool, err error) { return 0, false, nil }
