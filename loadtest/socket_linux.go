package loadtest

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// smallBuffer is SO_RCVBUF of a client whose machine takes next to nothing
// ahead of it, in bytes; the kernel doubles it.
const smallBuffer = 4096

func boundSocket(_, _ string, raw syscall.RawConn) error {
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, smallBuffer)
	}); err != nil {
		return err
	}
	return failed
}

// controllable is a connection that is not one of Go's.
type controllable interface{ control(f func(fd uintptr)) }

// dropPackets has the kernel drop every packet that comes for a connection, as
// if the machine were gone: nothing is acknowledged, not even by TCP.
func dropPackets(c net.Conn) {
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	// Where it is not allowed, the connection is held and not read any more,
	// which is nearly the same.
	attach := func(fd uintptr) {
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &drop[0]})
	}
	switch c := c.(type) {
	case controllable:
		c.control(attach)
	case *net.TCPConn:
		if raw, err := c.SyscallConn(); err == nil {
			_ = raw.Control(attach)
		}
	}
}
