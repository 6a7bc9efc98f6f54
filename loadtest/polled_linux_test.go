package loadtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

// A target that does not read holds up nobody: what the kernel does not take is
// kept, up to a bound, and goes out in order when there is room.
func TestPolledWrites(t *testing.T) {
	near, far := pair(t, net.Dialer{})
	c := adopt(&line{conn: &conn{Conn: near, raw: near}})
	if c == nil {
		t.Fatal("a TCP connection was not adopted")
	}
	defer c.Close()
	var sent []byte
	piece := bytes.Repeat([]byte("0123456789"), 3000)
	var err error
	for n := 0; err == nil; n++ {
		copy(piece, []byte{byte(n), byte(n >> 8)})
		if _, err = c.Write(piece); err == nil {
			sent = append(sent, piece...)
		}
	}
	if !errors.Is(err, syscall.ENOBUFS) {
		t.Fatal(err)
	}
	got := make([]byte, len(sent))
	for from := 0; from < len(got); {
		n, err := far.Read(got[from:])
		if err != nil {
			t.Fatal(err)
		}
		from += n
		c.unblocked()
	}
	if !bytes.Equal(got, sent) {
		t.Error("it came otherwise than it was sent")
	}
	c.Close()
	if _, err := far.Read(got); err != io.EOF {
		t.Error(err)
	}
}
