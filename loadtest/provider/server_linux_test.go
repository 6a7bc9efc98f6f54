package provider

import (
	"net"
	"syscall"
	"testing"
)

// The bound has to be on the socket itself: what a blocked write has taken
// cannot be told from outside without waiting.
func TestSendBufferIsSet(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = inner.Close() }()
	caller, err := net.Dial("tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = caller.Close() }()
	c, err := listener{inner, 8192}.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var size int
	var sockErr error
	if err := raw.Control(func(fd uintptr) {
		size, sockErr = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF)
	}); err != nil || sockErr != nil {
		t.Fatal(err, sockErr)
	}
	if size != 2*8192 {
		t.Errorf("SO_SNDBUF is %d, want twice 8192", size)
	}
}
