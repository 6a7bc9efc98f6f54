//go:build !linux

package loadtest

import (
	"net"
	"syscall"
)

// boundSocket does nothing: how much a client's machine takes ahead of it is
// the system's choice.
func boundSocket(_, _ string, _ syscall.RawConn) error { return nil }

// dropPackets does nothing: a client that has vanished does not read.
func dropPackets(net.Conn) {}
