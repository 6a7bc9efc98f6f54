package downstream

import (
	"net"

	"golang.org/x/sys/unix"
)

// limitUnsent makes the kernel take no more while it holds size bytes that it
// has not sent (tcp(7), TCP_NOTSENT_LOWAT).
func limitUnsent(t *net.TCPConn, size int) {
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, size)
	})
}
