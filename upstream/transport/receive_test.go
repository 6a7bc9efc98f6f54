//go:build linux || darwin

package transport

import (
	"net"
	"syscall"
	"testing"
)

func TestReceiveBufferIsSet(t *testing.T) {
	url := serve(t, func(p *peer) { p.gone() })
	for asked, most := range map[int]int{4096: 8192, 16384: 32768} {
		conn, err := (&net.Dialer{Control: announce(asked)}).Dial("tcp", url[len("http://"):])
		if err != nil {
			t.Fatal(err)
		}
		if got := receiveBufferOf(t, conn); got < asked || got > most {
			t.Errorf("asked for %d, got %d", asked, got)
		}
		_ = conn.Close()
	}
}

// receiveBufferOf is a connection's SO_RCVBUF.
func receiveBufferOf(t testing.TB, conn net.Conn) (size int) {
	t.Helper()
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		size, failed = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return size
}
