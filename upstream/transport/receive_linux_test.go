package transport

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// rcvbufLock is SOCK_RCVBUF_LOCK (linux/socket.h).
const rcvbufLock = 2

// The system leaves a receive buffer as it was set, once connected: one that it
// tunes itself has megabytes.
func TestReceiveBufferIsLocked(t *testing.T) {
	tr := newTransport(t, Options{ReceiveWindow: 4096})
	resp := open(t, t.Context(), tr, serveStill(t, begun))
	defer func() { _ = resp.Body.Close() }()
	raw := rawOf(inner(resp.Body.(*body).conn.tcp))
	var locks int
	var failed error
	err := raw.Control(func(fd uintptr) {
		locks, failed = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BUF_LOCK)
	})
	if err != nil || failed != nil && !errors.Is(failed, unix.ENOPROTOOPT) {
		t.Fatal(err, failed)
	}
	if failed == nil && locks&rcvbufLock == 0 {
		t.Error("the buffer is not locked")
	}
}
