package loadtest

import (
	"net"
	"testing"
	"time"
)

// A client that has vanished takes nothing, and its machine does not say so:
// what is sent to it stays with the sender.
func TestDropPackets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := net.Dialer{Control: boundSocket}
	near, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	if _, err := far.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 16)
	if n, err := near.Read(buf); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	dropPackets(near)
	if _, err := far.Write([]byte("b")); err != nil {
		t.Fatal(err) // its kernel takes it, and waits
	}
	_ = near.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := near.Read(buf); n != 0 || !isTimeout(err) {
		t.Errorf("%d bytes came through, %v", n, err)
	}
}
