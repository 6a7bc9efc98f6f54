package transport

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// rcvbufLock is SOCK_RCVBUF_LOCK (linux/socket.h).
const rcvbufLock = 2

// openBulk opens a stream of which the server sends n bytes at once.
func openBulk(t *testing.T, n int) *http.Response {
	t.Helper()
	url := serve(t, func(p *peer) {
		p.request()
		p.say(streamed + fmt.Sprintf("%x\r\n%s\r\n", n, strings.Repeat("x", n)))
		p.gone()
	})
	return open(t, t.Context(), newTransport(t, Options{ReceiveBuffer: 4096, FirstWindow: 24 << 10}), url)
}

// The buffer that bounds the windows is there as soon as the first one is used
// up, and large until then, for what was offered has to fit.
func TestOpening(t *testing.T) {
	resp := openBulk(t, 40_000)
	defer func() { _ = resp.Body.Close() }()
	tcp := inner(resp.Body.(*body).conn.tcp)
	for read, step := 0, 1000; read < 40_000; read += step {
		over := resp.Body.(*body).conn.opening.left == 0
		if got := receiveBufferOf(t, tcp); over && got > 2*4096 || !over && got < 24<<10 {
			t.Fatalf("after %d bytes: over %v, a buffer of %d", read, over, got)
		}
		if over && read < 16<<10 || !over && read >= 24<<10 {
			t.Fatalf("after %d bytes: over %v", read, over)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, step)); err != nil {
			t.Fatal(err)
		}
	}
}

// The system leaves a receive buffer as it was set, once connected: one that it
// tunes itself has megabytes.
func TestReceiveBufferIsLocked(t *testing.T) {
	for _, first := range []int{1, 24 << 10} {
		tr := newTransport(t, Options{ReceiveBuffer: 4096, FirstWindow: first})
		resp := open(t, t.Context(), tr, serveStill(t, begun))
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
			t.Errorf("first window %d: the buffer is not locked", first)
		}
		_ = resp.Body.Close()
	}
}

// A stream that was widened before its first window is over stays wide.
func TestOpeningOfAWideStream(t *testing.T) {
	const n, wide = 40_000, 128 << 10
	resp := openBulk(t, n)
	defer func() { _ = resp.Body.Close() }()
	b := resp.Body.(*body)
	for read := range n / 1000 {
		if read == 5 {
			b.Widen(wide)
		}
		if _, err := io.ReadFull(b, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
	}
	if got := receiveBufferOf(t, inner(b.conn.tcp)); got < wide {
		t.Errorf("a buffer of %d", got)
	}
}
