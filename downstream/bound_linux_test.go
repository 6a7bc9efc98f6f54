package downstream

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A connection that an earlier stream has widened is narrow again for the next.
func TestNarrowAfterWide(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = peer.Close() }()
	own, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()

	c := &clientConn{Conn: own}
	for i, step := range []struct {
		do   func()
		want int
	}{{c.narrow, unsent}, {c.narrow, unsent}, {c.widen, wideUnsent}, {c.narrow, unsent}} {
		step.do()
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var got int
		var failed error
		err = raw.Control(func(fd uintptr) {
			got, failed = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT)
		})
		if err != nil || failed != nil || got != step.want {
			t.Errorf("step %d: the kernel may hold %d bytes unsent (%v, %v), want %d", i, got, err, failed, step.want)
		}
	}
}
