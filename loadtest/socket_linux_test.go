package loadtest

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A client that has vanished takes nothing, and its machine does not say so:
// what is sent to it stays with the sender. Nor does it where a poller had it.
func TestDropPackets(t *testing.T) {
	for name, poll := range map[string]bool{"Go's": false, "a poller's": true} {
		near, far := pair(t, net.Dialer{Control: boundSocket})
		var c *polled
		if poll {
			c = adopt(&line{conn: &conn{Conn: near, raw: near}})
		}
		if _, err := far.Write([]byte("a")); err != nil {
			t.Fatal(err)
		}
		in := newInlet()
		read := func(wait time.Duration) (n int, nothing bool) {
			if c == nil {
				_ = near.SetReadDeadline(time.Now().Add(wait))
				n, err := near.Read(in.buf)
				return n, err != nil && isTimeout(err)
			}
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLIN}}, int(wait/time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			n, _, err := in.receive(c.fd)
			return n, err == unix.EAGAIN
		}
		if n, _ := read(time.Minute); n != 1 {
			t.Fatalf("%s: %d bytes", name, n)
		}
		if c == nil {
			dropPackets(near)
		} else {
			dropPackets(c)
		}
		if _, err := far.Write([]byte("b")); err != nil {
			t.Fatal(err) // its kernel takes it, and waits
		}
		if n, nothing := read(50 * time.Millisecond); n != 0 || !nothing {
			t.Errorf("%s: %d bytes came through", name, n)
		}
		if c != nil {
			_ = c.Close()
		}
	}
}
